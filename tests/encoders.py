"""A sentence encoder small enough to be written here, byte by byte: a real ONNX model.

Its words are those of `MEANINGS`; words of one row mean the same, all others mean nothing.
"""

import json
import struct
from pathlib import Path

MEANINGS = (("car", "automobile"), ("fruit", "banana"), ("slow", "sluggish"), ("red", "scarlet"))
_FLOAT, _INT64 = 1, 7


def write(folder: Path, meanings: tuple[tuple[str, ...], ...] = MEANINGS) -> Path:
    """The folder, with the model and its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["[PAD]", "[UNK]", *(word for row in meanings for word in row)]
    table = [[0.0] * len(meanings)] * 2
    for at, row in enumerate(meanings):
        table += [[float(at == other) for other in range(len(meanings))]] * len(row)
    tokenizer: dict[str, object] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "unk_token": "[UNK]",
                  "vocab": {word: number for number, word in enumerate(words)}},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "model.onnx").write_bytes(_model(table))
    return folder


def _model(table: list[list[float]]) -> bytes:
    """A model that looks each token's vector up. The numbers are the fields of onnx.proto."""
    raw = b"".join(struct.pack(f"<{len(row)}f", *row) for row in table)
    dims = _number(1, len(table)) + _number(1, len(table[0]))
    tensor = dims + _number(2, _FLOAT) + _text(8, "table") + _bytes(9, raw)
    look_up = _text(1, "table") + _text(1, "input_ids") + _text(2, "out") + _text(4, "Gather")
    graph = (
        _bytes(1, look_up)
        + _text(2, "words")
        + _bytes(5, tensor)
        + _bytes(11, _value("input_ids", _INT64, 2))
        + _bytes(12, _value("out", _FLOAT, 3))
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 17))


def _value(name: str, kind: int, dimensions: int) -> bytes:
    shape = b"".join(_bytes(1, _text(2, f"{name}{at}")) for at in range(dimensions))
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])

"""Encoders: sentence models from a folder that the user names, run by ONNX Runtime.

Nothing is ever fetched, and nothing heavy is loaded before an encoder is asked for.
"""

from __future__ import annotations

import functools
import glob
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
EXTRA = "pip install 'git-mnemo[semantic]'"

_LONGEST = 256
"""Tokens of a text that its vector is made of; sentence models are trained on no longer ones."""
_BATCH = 8
_DEPTHS = ("", "*", "*/*")
_ERRORS_ONLY = 3


class Unusable(NamedTuple):
    """Why there is no encoder: a sentence without its period."""

    why: str


class Files(NamedTuple):
    """An encoder on disk; `state` is what changes when one of the files does."""

    model: str
    tokenizer: str
    state: tuple[tuple[int, int], ...]


class Encoder:
    """Makes vectors of texts. `fingerprint` is that of its files, `width` a vector's length."""

    def __init__(self, files: Files) -> None:
        import numpy
        import onnxruntime
        import tokenizers

        self._numpy = numpy
        self._tokenizer = tokenizers.Tokenizer.from_file(files.tokenizer)
        padding = self._tokenizer.padding or {}
        same = {name: padding[name] for name in ("pad_id", "pad_token") if name in padding}
        self._tokenizer.enable_padding(**same)
        self._tokenizer.enable_truncation(_LONGEST)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(
            files.model, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [one.name for one in self._session.get_inputs()]
        self.fingerprint = _fingerprint(files)
        self.width = int(self.encode(["a"]).shape[1])

    def encode(self, texts: Sequence[str]) -> Any:
        """An array with a row for each text: the mean of its tokens' vectors, of length one."""
        rows: list[Any] = [None] * len(texts)
        by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for first in range(0, len(texts), _BATCH):
            taken = by_length[first : first + _BATCH]
            for at, row in zip(taken, self._encode([texts[at] for at in taken]), strict=True):
                rows[at] = row
        return self._numpy.stack(rows)

    def _encode(self, texts: list[str]) -> Any:
        numpy = self._numpy
        encoded = self._tokenizer.encode_batch(texts)
        mask = numpy.array([one.attention_mask for one in encoded], numpy.int64)
        known = {
            "input_ids": numpy.array([one.ids for one in encoded], numpy.int64),
            "attention_mask": mask,
            "token_type_ids": numpy.array([one.type_ids for one in encoded], numpy.int64),
        }
        out = self._session.run(None, {name: known[name] for name in self._inputs})[0]
        out = out.astype(numpy.float32)
        if out.ndim == 3:  # a vector for each token, and not for the sentence
            out = (out * mask[:, :, None]).sum(axis=1)
        lengths = numpy.linalg.norm(out, axis=1, keepdims=True)
        return out / numpy.maximum(lengths, 1e-12)


def load(named: str, top: str | None) -> Encoder | Unusable:
    """The encoder in the folder or installed package that is named; a folder is seen from `top`.

    A process opens it once, until its files change.
    """
    files = _find(named, top)
    return files if isinstance(files, Unusable) else _open(files)


@functools.lru_cache(maxsize=1)
def _open(files: Files) -> Encoder | Unusable:
    try:
        return Encoder(files)
    except ImportError as error:
        return Unusable(f"the package {error.name or error} is missing: {EXTRA}")
    # Both libraries raise kinds of their own, right under Exception.
    except Exception as error:  # noqa: BLE001
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return Unusable(f"{files.model} cannot be used: {first}")


def _find(named: str, top: str | None) -> Files | Unusable:
    folder = os.path.join(top or "", os.path.expanduser(named))
    if not os.path.isdir(folder):
        installed = _package(named)
        if installed is None:
            return Unusable(f"{named!r} is no folder and no installed package")
        folder = installed
    for depth in _DEPTHS:
        for tokenizer in sorted(glob.glob(os.path.join(glob.escape(folder), depth, TOKENIZER))):
            beside = os.path.dirname(tokenizer)
            for model in (os.path.join(beside, MODEL), os.path.join(beside, "onnx", MODEL)):
                if os.path.isfile(model):
                    return Files(model, tokenizer, (_state(model), _state(tokenizer)))
    return Unusable(f"{folder} holds no {MODEL} with a {TOKENIZER}")


def _package(name: str) -> str | None:
    """The folder of an installed package, none of whose code is run."""
    module = name.replace("-", "_")
    found = importlib.util.find_spec(module) if module.isidentifier() else None
    return next(iter(found.submodule_search_locations or ()), None) if found else None


def _state(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns


def _fingerprint(files: Files) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path in (files.model, files.tokenizer):
        with open(path, "rb") as stream:
            digest.update(hashlib.file_digest(stream, "blake2b").digest())
    return digest.hexdigest()

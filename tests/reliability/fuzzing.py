"""The decoders once more, led by the code that an input reaches: by atheris, where it is."""

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support import ROOT

SECONDS = 2
"""For each decoder."""

MOST_BYTES = 4096


def run() -> str:
    """What came of it, in a sentence. An input that surprises a decoder is an AssertionError."""
    if importlib.util.find_spec("atheris") is None:
        return (
            "Those led by coverage were left out: atheris is not installed (`pip install atheris`)."
        )
    from tests.decoders import DECODERS

    runs = 0
    for name, (_, right) in DECODERS.items():
        with tempfile.TemporaryDirectory() as folder:
            for number, data in enumerate(right):
                Path(folder, str(number)).write_bytes(data)
            words = [sys.executable, "-m", "tests.reliability.fuzzing", name, folder]
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr[-3000:]}"
        said = (line for line in done.stderr.splitlines() if line.startswith("Done "))
        runs += int(next(said, "Done 0 runs").split()[1])
    return f"Led by coverage, for {SECONDS} s each: {runs:,} inputs, none of them a surprise."


def main(name: str, folder: str) -> None:
    """Feed one decoder until the time is over, beginning with the inputs in a folder."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["git_mnemo"]):  # so it is imported here and not before
        from tests.decoders import feed
    limits = [f"-max_total_time={SECONDS}", f"-max_len={MOST_BYTES}", "-verbosity=1"]
    places = [f"-artifact_prefix={folder}/", folder]
    atheris.Setup([sys.argv[0], *limits, *places], lambda data: feed(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

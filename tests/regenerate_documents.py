"""Write the outputs of today into the ```console blocks: `python -m tests.regenerate_documents`.

With paths as arguments, into those documents alone. Read the difference before keeping it.
"""

import sys
from pathlib import Path

from tests.support import ROOT
from tests.transcripts import documents, rewritten


def main(paths: list[str]) -> None:
    for path in map(Path, paths) if paths else documents():
        before = path.read_text()
        after = rewritten(before)
        if after != before:
            path.write_text(after)
            print(f"wrote {path.resolve().relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])

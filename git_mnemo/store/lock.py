"""One lock between processes, released by the system when its holder dies."""

from __future__ import annotations

import os

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Held:
    """The lock file at a path (made where missing), held for the length of a `with`."""

    def __init__(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def __enter__(self) -> None:
        if fcntl is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            return
        import msvcrt

        msvcrt.locking(self._descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

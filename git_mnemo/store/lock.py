"""One lock between processes, released by the system when its holder dies."""

from __future__ import annotations

import os
import time

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


_POLL = 0.005


class Held:
    """The lock file at a path (made where missing), held for the length of a `with`.

    With `patience`, in seconds: only if it can be had, and so soon; else what is done goes without.
    """

    def __init__(self, path: str, patience: float | None = None) -> None:
        self._patience = patience
        self._descriptor: int | None = None
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            if patience is None:
                raise

    def __enter__(self) -> None:
        if self._patience is None:
            self._take(wait=True)
            return
        deadline = time.monotonic() + self._patience
        while self._is_held_elsewhere() and time.monotonic() < deadline:
            time.sleep(_POLL)

    def _is_held_elsewhere(self) -> bool:
        """Try to take it. Where there are no locks at all, it is nobody's."""
        try:
            if self._descriptor is not None:
                self._take(wait=False)
        except (BlockingIOError, PermissionError):  # the other is Windows'
            return True
        except OSError:
            return False
        return False

    def _take(self, *, wait: bool) -> None:
        assert self._descriptor is not None
        if fcntl is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            return
        import msvcrt

        how = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK  # type: ignore[attr-defined,unused-ignore]
        msvcrt.locking(self._descriptor, how, 1)  # type: ignore[attr-defined,unused-ignore]

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

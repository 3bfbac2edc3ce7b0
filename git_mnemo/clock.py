"""The time, read in one place; from there on it travels as an argument."""

from __future__ import annotations

import os
import time


def now() -> int:
    """The time in unix seconds; `GIT_MNEMO_NOW` sets it, for transcripts that must not change."""
    fixed = os.environ.get("GIT_MNEMO_NOW", "")
    return (
        int(fixed) if fixed.isascii() and fixed.isdigit() and len(fixed) < 12 else int(time.time())
    )

"""Waiting for a git, but not for long."""

from __future__ import annotations

import os
import select
import time

from git_mnemo.store.git import Ran, Started, ran


def finish_by(started: Started, deadline: float) -> Ran | None:
    """The answer of a started git; None, and that git is killed, when it is not there in time.

    `deadline` is a moment of `time.monotonic`.
    """
    if started.process is not None:
        answer = started.process.finish_by(deadline)
        return None if answer is None else ran(*answer)
    parts: dict[int, list[bytes]] = {started.out: [], started.err: []}
    waiting = set(parts)
    ear = select.poll()  # not `select`, which has no room for descriptors above 1023
    for descriptor in parts:
        ear.register(descriptor, select.POLLIN)
    while waiting:
        left = deadline - time.monotonic()
        ready = ear.poll(left * 1000) if left > 0 else []
        if not ready:
            os.kill(started.pid, 9)
            break
        for descriptor, _ in ready:
            part = os.read(descriptor, 65536)
            parts[descriptor].append(part)
            if not part:
                waiting.discard(descriptor)
                ear.unregister(descriptor)
    for descriptor in parts:
        os.close(descriptor)
    _, status = os.waitpid(started.pid, 0)
    if waiting:
        return None
    out, err = (b"".join(parts[descriptor]) for descriptor in (started.out, started.err))
    return ran(os.waitstatus_to_exitcode(status), out, err)

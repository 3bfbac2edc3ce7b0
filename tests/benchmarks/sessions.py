"""Sessions made for a measurement: chains of ten that wait to be promoted."""

import time
from itertools import count
from pathlib import Path

from git_mnemo import project
from git_mnemo.claim import Draft, record
from git_mnemo.project import Choice
from tests.benchmarks.projects import CHAIN
from tests.benchmarks.scratch import mnemo, opened, stamp

_numbers = count(int(time.time()) % 1_000_000 * 1000)


class Promoter:
    """One repository that takes promotions, in this process or in one of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._repository = opened(path)
        self._session = ""

    def begin(self) -> None:
        """A new session with one chain of ten claims, which becomes the one to promote."""
        number = next(_numbers)
        self._session = f"s_{number & 0xFFFFFFFF:08x}"
        drafts = [
            Draft(
                f"Claim {number}.{position} of a session.", title=f"Chain {number}", line=position
            )
            for position in range(1, CHAIN + 1)
        ]
        record(self._repository, stamp(self._repository), self._session, drafts)

    def verb(self) -> None:
        """Promote it here."""
        chosen = Choice(all=True)
        project.promote(self._repository, stamp(self._repository), self._session, chosen)

    def process(self) -> None:
        """Promote it by `git mnemo promote`."""
        mnemo(self.path, "promote", "--all", "--session", self._session)

    def claim(self) -> None:
        """One `git mnemo claim` into it."""
        mnemo(self.path, "claim", "--session", self._session, f"Claim {next(_numbers)}.")

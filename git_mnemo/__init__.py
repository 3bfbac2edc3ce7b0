"""git mnemo: the reasoning of coding agents, kept in the repository it is about.

`git_mnemo.open(path)` is the Python API; see `git_mnemo.api`.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.api import NEW as NEW
    from git_mnemo.api import Claim as Claim
    from git_mnemo.api import Memory as Memory
    from git_mnemo.api import MnemoError as MnemoError
    from git_mnemo.api import open as open

__all__ = ["NEW", "Claim", "Memory", "MnemoError", "open"]


def __getattr__(name: str) -> object:
    """The names of the API, which is loaded when one is asked for: a claim needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from git_mnemo import api

    return getattr(api, name)

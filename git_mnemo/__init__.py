"""git mnemo: the reasoning of coding agents, kept in the repository it is about."""

__version__ = "0.1.0"

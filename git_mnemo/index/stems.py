"""Stems: what the tokenizer of the index makes of the words of a question."""

from collections.abc import Sequence

from git_mnemo.index import tables
from git_mnemo.words import Term


class Stems:
    """A tokenizer to ask, as the index has it."""

    def __init__(self) -> None:
        self._database = tables.in_memory()
        for statement in (
            f"CREATE VIRTUAL TABLE asked USING fts5 (text, {tables.TOKENIZER})",
            "CREATE VIRTUAL TABLE asked_word USING fts5vocab (asked, instance)",
        ):
            self._database.execute(statement)

    def of(self, terms: Sequence[Term]) -> list[list[str]]:
        """The words of each term, in order, as the tokenizer writes them."""
        stems: list[list[str]] = [[] for _ in terms]
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO asked (rowid, text) VALUES (?, ?)",
            [(number, term.text) for number, term in enumerate(terms)],
        )
        for word, number in self._database.execute(
            "SELECT term, doc FROM asked_word ORDER BY doc, offset"
        ):
            stems[number].append(word)
        self._database.execute("ROLLBACK")
        return stems

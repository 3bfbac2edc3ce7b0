"""What importing answers."""

from git_mnemo.importing import Imported
from git_mnemo.message import printable
from git_mnemo.render.claims import Json
from git_mnemo.render.text import many
from git_mnemo.sources import Source


def imported_json(done: list[Imported], source: Source, dry_run: bool) -> Json:
    """What came in, and the ref that holds it; `refs` where there are several."""
    first = done[0]
    answer: Json = {
        "nodes": sum(one.nodes for one in done),
        "chains": sum(one.chains for one in done),
        "skipped": sum(one.skipped for one in done),
        "warnings": [*source.warnings, *(text for one in done for text in one.warnings)],
        "format": source.format,
        "ref": first.ref,
        "old": first.old,
        "new": first.new,
        "dry_run": dry_run,
    }
    if len(done) > 1:
        answer["refs"] = [
            {"ref": one.ref, "old": one.old, "new": one.new, "nodes": one.nodes} for one in done
        ]
    return answer


def imported_text(one: Imported, dry_run: bool) -> str:
    """One line."""
    what = "would import" if dry_run else "imported"
    rest = f"; {one.skipped:,} skipped" if one.skipped else ""
    into = f" into {one.ref}" if one.nodes else ""
    return f"{what} {many(one.nodes, 'node')} in {many(one.chains, 'chain')}{into}{rest}"


def warning_text(text: str) -> str:
    """One warning."""
    return f"warning: {printable(text)}"

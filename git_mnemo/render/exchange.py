"""What importing answers."""

from git_mnemo.importing import Imported
from git_mnemo.message import printable
from git_mnemo.render.claims import Json
from git_mnemo.render.text import many


def imported_json(one: Imported, dry_run: bool) -> Json:
    """What came in, and the ref that holds it."""
    return {
        "nodes": one.nodes,
        "chains": one.chains,
        "skipped": one.skipped,
        "warnings": one.warnings,
        "ref": one.ref,
        "old": one.old,
        "new": one.new,
        "dry_run": dry_run,
    }


def imported_text(one: Imported, dry_run: bool) -> str:
    """One line."""
    what = "would import" if dry_run else "imported"
    rest = f"; {one.skipped:,} skipped" if one.skipped else ""
    into = f" into {one.ref}" if one.nodes else ""
    return f"{what} {many(one.nodes, 'node')} in {many(one.chains, 'chain')}{into}{rest}"


def warning_text(text: str) -> str:
    """One warning."""
    return f"warning: {printable(text)}"

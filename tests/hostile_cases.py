"""The corpus: each case spoils a good tree in one way, and says what the refusal must name."""

from collections.abc import Callable

from git_mnemo import chain, node
from git_mnemo.node import MAX_BYTES
from tests import plain
from tests.hostile import FILE, FOLDER, LINK, MODULE, PROGRAM, Change, Nested, Spoilt

AB, TWELVE = ("ab" * (plain.WIDTH // 2), "12" * (plain.WIDTH // 2))
EMPTY = plain.EMPTY_BLOB
PLACE = "has no place in a memory"

Name = Callable[[str], str]


def entry(name: Name, mode: str = FILE) -> Change:
    """One more file in the good chain, its name made of its own address."""

    def change(spoilt: Spoilt) -> None:
        oid = spoilt.leaf("A hostile claim.")
        spoilt.folder[name(oid)] = (mode, oid)

    return change


def at(*names: str, mode: str = FILE) -> Change:
    """A file at a path; a last name that ends in `-` is completed with its own address."""

    def change(spoilt: Spoilt) -> None:
        oid = spoilt.blob(b"kept for later\n")
        last = names[-1] + oid if names[-1].endswith("-") else names[-1]
        spoilt.at(*names[:-1])[last] = (mode, oid)

    return change


def empty(*names: str) -> Change:
    """An empty folder."""
    return lambda spoilt: spoilt.at(*names)


def in_month(month: str, day: str) -> Change:
    """A chain of the right shape but for its month and day folder."""

    def change(spoilt: Spoilt) -> None:
        oid = spoilt.blob(node.encode(node.build("chain", "Another day", key="k")))
        id_ = chain.chain_id("20261123", oid)
        id_ = f"ch_{month.replace('-', '')}{day}_{id_[12:]}"
        spoilt.at(month, day, oid[:2], id_)[f"0000-{oid}"] = (FILE, oid)

    return change


def moved(to: Callable[[tuple[str, ...], str], tuple[str, ...]]) -> Change:
    """A chain of the right shape, but for the folder it stands in; `to` gives it all."""

    def change(spoilt: Spoilt) -> None:
        oid = spoilt.blob(node.encode(node.build("chain", "Elsewhere", key="k")))
        right = chain.folders(chain.chain_id("20261123", oid))
        spoilt.at(*to(right, oid))[f"0000-{oid}"] = (FILE, oid)

    return change


def instead(depth: int, mode: str = FILE) -> Change:
    """A file where the folder at a depth of the good chain's path belongs, for a new path."""

    def change(spoilt: Spoilt) -> None:
        oid = spoilt.leaf("A file.")
        path = ("2026-12", "01", "ab", "ch_20261201_ab00000000000000")[:depth]
        spoilt.at(*path[:-1])[path[-1]] = (mode, oid)

    return change


def other_object(spoilt: Spoilt) -> None:
    """The second entry's name over another blob."""
    spoilt.folder[spoilt.names[1]] = (FILE, spoilt.leaf("Something else."))


def mode_of_entry(mode: str) -> Change:
    """The good entry with another mode: replaced, and of the wrong kind."""

    def change(spoilt: Spoilt) -> None:
        name = spoilt.names[1]
        spoilt.folder[name] = (mode, spoilt.addresses[1])

    return change


def folder_as_entry(spoilt: Spoilt) -> None:
    below: Nested = {"x": (FILE, spoilt.leaf("Deeper."))}
    oid = spoilt.tree(below)
    spoilt.folder[f"0009-{oid}"] = (FOLDER, oid)


def tree_as_blob(spoilt: Spoilt) -> None:
    oid = spoilt.tree({"x": (FILE, spoilt.leaf("Deeper."))})
    spoilt.folder[f"0009-{oid}"] = (FILE, oid)


def blob_as_folder(spoilt: Spoilt) -> None:
    spoilt.root["later"] = (FOLDER, spoilt.leaf("No tree."))


def submodule(spoilt: Spoilt) -> None:
    spoilt.folder[f"0009-{AB}"] = (MODULE, AB)


def padded_folder(spoilt: Spoilt) -> None:
    spoilt.root["later"] = ("040000", spoilt.tree({}))


def oversized(*names: str) -> Change:
    def change(spoilt: Spoilt) -> None:
        oid = spoilt.blob(b"x" * (MAX_BYTES + 1))
        (spoilt.at(*names) if names else spoilt.folder)[f"0009-{oid}"] = (FILE, oid)

    return change


def title_elsewhere(spoilt: Spoilt) -> None:
    spoilt.folder["0007-" + spoilt.addresses[0]] = (FILE, spoilt.addresses[0])


def second_start(spoilt: Spoilt) -> None:
    oid = spoilt.leaf("Not what the id is made of.")
    spoilt.folder[f"0000-{oid}"] = (FILE, oid)


def untitled(spoilt: Spoilt) -> None:
    oid = spoilt.leaf("Nobody opened this.")
    id_ = chain.chain_id("20261123", AB)
    spoilt.at(*chain.folders(id_))[f"0001-{oid}"] = (FILE, oid)


def tombstone(name: Name, data: bytes = b"", mode: str = FILE) -> Change:
    def change(spoilt: Spoilt) -> None:
        spoilt.at("purged")[name(TWELVE)] = (mode, spoilt.blob(data))

    return change


def without(what: str) -> Change:
    """Less than there was."""

    def change(spoilt: Spoilt) -> None:
        if what == "entry":
            del spoilt.folder[spoilt.names[2]]
        elif what == "chain":
            spoilt.opened("Something new")
            fan = spoilt.at(*spoilt.path[:3])
            del fan[spoilt.path[3]]
            if not fan:
                del spoilt.at(*spoilt.path[:2])[spoilt.path[2]]
        else:
            spoilt.root.clear()

    return change


def folder_for_chain(spoilt: Spoilt) -> None:
    spoilt.at(*spoilt.path[:3])[spoilt.path[3]] = (FILE, spoilt.leaf("Gone."))


CASES: dict[str, tuple[Change, str]] = {
    # modes, and what stands where
    "executable": (entry("0009-{}".format, PROGRAM), r"0009-\w+' \(mode 100755\) " + PLACE),
    "symlink": (entry("0009-{}".format, LINK), r"0009-\w+' \(mode 120000\) " + PLACE),
    "gitlink": (submodule, r"0009-abab\w+' \(mode 160000\) " + PLACE),
    "group-writable": (entry("0009-{}".format, "100664"), r"\(mode 100664\) " + PLACE),
    "padded-mode": (entry("0009-{}".format, "0100644"), r"\(mode 0100644\) |zeroPadded"),
    "padded-folder": (padded_folder, r"'later' \(mode 040000\) |zeroPadded"),
    "old-entry-executable": (mode_of_entry(PROGRAM), r"was there before|\(mode 100755\)"),
    "old-entry-symlink": (mode_of_entry(LINK), r"was there before|\(mode 120000\)"),
    "folder-as-entry": (folder_as_entry, r"0009-\w+' \(mode 40000\) " + PLACE),
    "tree-as-blob": (tree_as_blob, r"0009-\w+' is a tree of|not a blob|is a tree"),
    "blob-as-folder": (blob_as_folder, r"not a tree|is a blob|pack-objects died"),
    "file-as-month": (instead(1), r"'2026-12' \(mode 100644\) " + PLACE),
    "file-as-day": (instead(2), r"'2026-12/01' \(mode 100644\) " + PLACE),
    "file-as-fan": (instead(3), r"'2026-12/01/ab' \(mode 100644\) " + PLACE),
    "file-as-chain": (instead(4), r"/ch_20261201_ab0+' \(mode 100644\) " + PLACE),
    "link-as-chain": (instead(4, LINK), r"/ch_20261201_ab0+' \(mode 120000\) " + PLACE),
    # names and the objects they name
    "name-over-another-object": (other_object, r"/0001-\w+' "),
    "address-of-nothing": (entry(lambda oid: "0009-" + "0" * plain.WIDTH), r"/0009-0{40,64}' "),
    "short-address": (entry(lambda oid: f"0009-{oid[:39]}"), r"/0009-\w{39}' "),
    "long-address": (entry(lambda oid: f"0009-{oid}{oid[:24]}"), r"/0009-\w{64,}' "),
    "upper-case-address": (entry(lambda oid: f"0009-{oid.upper()}x"), PLACE),
    "no-address": (entry(lambda oid: "0009-"), r"/0009-' "),
    "no-position": (entry(lambda oid: oid), PLACE),
    "more-after-the-address": (entry("0009-{}.txt".format), r"\.txt' "),
    # positions
    "position-of-three-digits": (entry("009-{}".format), r"/009-"),
    "position-with-leading-zero": (entry("00009-{}".format), r"/00009-"),
    "position-of-seven-digits": (entry("1000000-{}".format), r"/1000000-"),
    "seven-digits-with-zeros": (entry("0000009-{}".format), r"/0000009-"),
    "negative-position": (entry("-009-{}".format), r"/-009-"),
    "signed-position": (entry("+0009-{}".format), r"/\+0009-"),
    "position-with-blank": (entry(" 009-{}".format), r"/ 009-"),
    "position-in-hex": (entry("00ab-{}".format), r"/00ab-"),
    "position-in-other-digits": (entry("٠٠٠٩-{}".format), PLACE),
    "another-node-at-zero": (second_start, r"/0000-"),
    "title-at-another-position": (title_elsewhere, r"/0007-"),
    # days and folders
    "month-thirteen": (in_month("2026-13", "01"), r"'2026-13' \(mode 40000\) " + PLACE),
    "month-zero": (in_month("2026-00", "01"), r"'2026-00' "),
    "thirtieth-of-february": (in_month("2026-02", "30"), r"'2026-02/30' "),
    "day-zero": (in_month("2026-11", "00"), r"'2026-11/00' "),
    "leap-day-of-no-leap-year": (in_month("2100-02", "29"), r"'2100-02/29' "),
    "year-zero": (in_month("0000-01", "01"), r"'0000-01' "),
    "year-of-five-digits": (in_month("12026-11", "23"), r"'12026-11' "),
    "month-of-one-digit": (in_month("2026-1", "23"), r"'2026-1' "),
    "id-of-another-day": (
        moved(lambda right, oid: (*right[:1], "22", *right[2:])),
        r"'2026-11/22/",
    ),
    "fan-out-disagrees": (
        moved(lambda right, oid: (*right[:2], "zz" if oid[:2] == "00" else "00", right[3])),
        r"2026-11/23/(00|zz)",
    ),
    "fan-out-of-three": (moved(lambda right, oid: (*right[:2], oid[:3], right[3])), PLACE),
    "fan-out-in-upper-case": (moved(lambda right, oid: (*right[:2], "AB", right[3])), r"/AB' "),
    "chain-id-cut-short": (moved(lambda right, oid: (*right[:3], right[3][:-1])), PLACE),
    "chain-id-of-another-kind": (
        moved(lambda right, oid: (*right[:3], "cx" + right[3][2:])),
        r"/cx_",
    ),
    "chain-without-folders": (moved(lambda right, oid: (right[0], right[3])), PLACE),
    "chain-too-deep": (moved(lambda right, oid: (*right, right[3])), PLACE),
    # the root
    "file-at-the-root": (at("README.md"), r"'README.md' \(mode 100644\) " + PLACE),
    "entry-at-the-root": (at("x-"), r"'x-\w{40,64}' "),
    "root-folder-in-upper-case": (at("Docs", "x-"), r"'Docs' "),
    "root-folder-with-underscore": (at("my_folder", "x-"), r"'my_folder' "),
    "root-folder-of-33": (at("a" * 33, "x-"), r"'a{33}' "),
    "root-folder-not-ascii": (at("größe", "x-"), PLACE),
    "root-folder-begins-with-hyphen": (at("-x", "x-"), r"'-x' "),
    "root-folder-with-a-dot": (at(".mnemo", "x-"), r"'.mnemo' "),
    # reserved folders
    "reserved-too-deep": (at("later", "a", "b", "c", "x-"), r"'later/a/b/c' "),
    "reserved-folder-in-upper-case": (at("later", "A", "x-"), r"'later/A' "),
    "reserved-folder-of-33": (at("later", "a" * 33, "x-"), r"'later/a{33}' "),
    "reserved-name-without-address": (at("later", "notes"), r"'later/notes' "),
    "reserved-name-of-another": (at("later", "x-" + EMPTY), "'later/x-" + EMPTY[:7]),
    "reserved-executable": (at("later", "x-", mode=PROGRAM), r"\(mode 100755\) " + PLACE),
    "reserved-symlink": (at("later", "x-", mode=LINK), r"\(mode 120000\) " + PLACE),
    "reserved-oversized": (oversized("later"), r"later/0009-\w+' is a blob of 65,537 bytes"),
    # empty folders
    "empty-chain": (empty("2026-11", "23", "ab", "ch_20261123_ab00000000000000"), "is an empty"),
    "empty-fan": (empty("2026-11", "23", "ab"), r"'2026-11/23/ab' is an empty folder"),
    "empty-day": (empty("2026-11", "24"), r"'2026-11/24' is an empty folder"),
    "empty-month": (empty("2026-12"), r"'2026-12' is an empty folder"),
    "empty-reserved": (empty("later"), r"'later' is an empty folder"),
    "empty-below-reserved": (empty("later", "a"), r"'later/a' is an empty folder"),
    "empty-purged": (empty("purged"), r"'purged' is an empty folder"),
    # nodes, titles, tombstones
    "oversized": (oversized(), r"/0009-\w+' is a blob of 65,537 bytes, and no node"),
    "without-title": (untitled, r"/ch_20261123_abab\w+' has no title"),
    "tombstone-with-content": (tombstone(str, b"why\n"), r"'purged/1212"),
    "tombstone-of-short-name": (tombstone(lambda oid: oid[:39]), r"'purged/1212"),
    "tombstone-executable": (tombstone(str, mode=PROGRAM), r"'purged/1212\w+' \(.*100755\)"),
    "tombstone-of-no-hex": (tombstone(lambda oid: "x" * plain.WIDTH), r"'purged/xxxx"),
    "folder-among-tombstones": (at("purged", "ab", "x-"), r"'purged/ab' \(.*40000\)"),
    "purged-is-a-file": (at("purged"), r"'purged' \(.*100644\)"),
    # growth
    "entry-lost": (without("entry"), r"/0002-\w+' was there before, and a memory only grows"),
    "chain-lost": (without("chain"), r"/0000-\w+' was there before"),
    "everything-lost": (without("all"), r"/0000-\w+' was there before"),
    "file-for-a-chain": (folder_for_chain, r"/ch_\w+(/0000-\w+)?' (was there|\(mode)"),
    # names that mean something elsewhere; git itself refuses some of them on the way in
    "dot-dot": (at("later", "..", "x-"), r"hasDotdot|'later/\.\.' "),
    "dot": (at("later", ".", "x-"), r"hasDot|'later/\.' "),
    "dot-git": (at("later", ".git", "x-"), r"hasDotgit|\.git' "),
    "dot-git-in-capitals": (at(".GIT", "x-"), r"hasDotgit|\.GIT' "),
    "dot-git-for-windows": (at("git~1", "x-"), r"hasDotgit|git~1' "),
    "dot-git-for-a-mac": (at(".g\u200cit", "x-"), r"hasDotgit|'"),
    "slash": (at("later/x", "x-"), r"fullPathname|'later/x' "),
    "no-name": (at("", "x-"), r"emptyName|'' |pack-objects died"),
    "backslash": (at("later", "..\\x", "x-"), r"later/\.\.\\+x' |hasDotdot"),
    "newline": (entry("0009\n-{}".format), PLACE),
    "escape": (entry("0009\x1b[2J-{}".format), PLACE),
    "right-to-left": (at("\u202elater", "x-"), PLACE),
    "no-utf-8": (entry("0009\udcff-{}".format), PLACE),
}

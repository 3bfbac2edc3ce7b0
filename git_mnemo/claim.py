"""Claiming: from what an agent says to nodes in a chain of its session."""

from __future__ import annotations

from git_mnemo import anchor as anchors
from git_mnemo import guarding, node
from git_mnemo.chain import Member
from git_mnemo.errors import MnemoError
from git_mnemo.node import COMPRESS, LEAF, RETRACT, STASH, SUPERSEDE, Node
from git_mnemo.record import NamedTuple
from git_mnemo.store import layout
from git_mnemo.writing import Writing, into_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from git_mnemo.anchor import Anchor
    from git_mnemo.message import Stamp
    from git_mnemo.repository import Repository


class Draft(NamedTuple):
    """One claim as it was asked for; ids as typed, whole or short, `#3` for line 3 of a batch.

    `title` opens a chain of that title, or goes on with the one that this title opened before in
    the same batch; `node` puts a node that exists into a chain instead of a text.
    """

    text: str = ""
    type: str = LEAF
    domain: str | None = None
    inputs: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    chain: str | None = None
    title: str | None = None
    new_chain: bool = False
    scratch: bool = False
    node: str | None = None
    line: int | None = None


class Recorded(NamedTuple):
    """What became of one draft. `created` is false where the node stood there already; `revives`
    is the hidden node whose text this one says again; `redacted` names the secrets taken
    out of `text`, as it was recorded."""

    session: str
    chain: str
    address: str
    position: int
    type: str
    created: bool
    revives: str | None
    commit: str | None
    redacted: tuple[str, ...] = ()
    text: str = ""


def record(
    repository: Repository, stamp: Stamp, wanted: str | None, drafts: Sequence[Draft]
) -> list[Recorded]:
    """Write all drafts into one session with one ref move, or none of them."""
    done, tip = into_session(
        repository, stamp, wanted, "claim", lambda writing: _Batch(writing).record(drafts)
    )
    return [one._replace(commit=tip if one.created else None) for one in done]


class _Batch:
    """The drafts of one command, in order, each seeing what those before it added."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._titles: dict[str, str] = {}
        self._lines: dict[str, str] = {}

    def record(self, drafts: Sequence[Draft]) -> list[Recorded]:
        done = []
        for draft in drafts:
            try:
                done.append(self._one(draft))
            except MnemoError as error:
                if draft.line is not None:
                    error.details.setdefault("line", draft.line)
                raise
            if draft.line is not None:
                self._lines[f"#{draft.line}"] = done[-1].address
        return done

    def _one(self, asked: Draft) -> Recorded:
        draft, redacted = _cleaned(self._writing.repository, asked)
        return self._clean_one(draft)._replace(redacted=redacted, text=draft.text)

    def _clean_one(self, draft: Draft) -> Recorded:
        inputs = [self._input(text) for text in draft.inputs]
        if draft.node is not None:
            return self._existing(draft)
        asked = _node(self._writing, draft, inputs)
        address = _address(self._writing, asked)
        said = _said(self._writing, asked, address)
        if isinstance(said, Member):
            found = self._writing.view.type_of(said.address)
            return self._recorded(said, found or draft.type, created=False)
        if said == asked:
            return self._place(draft, said, address, inputs, None)
        revives = address if draft.type != RETRACT else None
        return self._place(draft, said, _address(self._writing, said), inputs, revives)

    def _input(self, text: str) -> str:
        if not text.startswith("#"):
            return self._writing.bring(text)
        if text not in self._lines:
            raise MnemoError(
                "not-found",
                f"{text} names no line before this one.",
                "git mnemo claim --batch < claims.jsonl",
            )
        return self._lines[text]

    def _place(
        self, draft: Draft, said: Node, address: str, inputs: list[str], revives: str | None
    ) -> Recorded:
        chain_id = self._chain(draft, said, inputs)
        there = self._writing.place(chain_id, address)
        if there is None:
            self._writing.write(said)
            entry = self._writing.append(chain_id, address)
        else:
            entry = there
        if draft.scratch:
            self._shelve(chain_id)
        member = Member(chain_id, *entry)
        return self._recorded(member, said.type, created=there is None, revives=revives)

    def _existing(self, draft: Draft) -> Recorded:
        assert draft.node is not None
        address = self._writing.bring(draft.node)
        found = layout.node_at(self._writing.store, address)
        if found is None or found.type not in node.CLAIMS:
            raise MnemoError(
                "refused", f"{address} is no claim: only claims are put into other chains."
            )
        return self._place(draft, found, address, list(found.inputs), None)

    def _chain(self, draft: Draft, said: Node, inputs: list[str]) -> str:
        if draft.chain is not None:
            return self._writing.chain(draft.chain)
        if draft.title is not None or draft.new_chain or draft.scratch:
            return self._titled(draft, said)
        if draft.type != LEAF and draft.node is None:
            return _chain_of(self._writing, inputs[0])
        current = self._writing.current_chain()
        return current or self._writing.open_chain(node.title_of(said.text), said.domain)

    def _titled(self, draft: Draft, said: Node) -> str:
        title = draft.title if draft.title is not None else node.title_of(said.text)
        if draft.line is None or draft.title is None:
            return self._writing.open_chain(title, said.domain)
        if title not in self._titles:
            self._titles[title] = self._writing.open_chain(title, said.domain)
        return self._titles[title]

    def _shelve(self, chain_id: str) -> None:
        title = self._writing.entries(chain_id)[0].address
        stash = self._writing.write(node.build(STASH, "stashed", inputs=[title]))
        self._writing.append(chain_id, stash)

    def _recorded(
        self, member: Member, type_: str, *, created: bool, revives: str | None = None
    ) -> Recorded:
        return Recorded(
            self._writing.session, *_flat(member), type_, created, revives, None
        )  # fmt: skip


def _cleaned(repository: Repository, draft: Draft) -> tuple[Draft, tuple[str, ...]]:
    """The draft without secrets, and what was taken out of it."""
    for anchor in draft.anchors:
        guarding.check(repository, anchor.path, "the path")
    text = guarding.clean(repository, draft.text)
    title = guarding.clean(repository, draft.title or "")
    cleaned = draft._replace(text=text.text, title=draft.title and title.text)
    return cleaned, text.redacted + title.redacted


def _flat(member: Member) -> tuple[str, str, int]:
    return member.chain, member.address, member.position


def _node(writing: Writing, draft: Draft, inputs: list[str]) -> Node:
    domain = draft.domain
    if domain is None and draft.type != LEAF and inputs:
        first = (
            layout.node_at(writing.store, inputs[0]) if inputs[0] not in writing.purged else None
        )
        domain = first.domain if first is not None else None
    return node.build(
        draft.type,
        draft.text,
        domain=node.DEFAULT_DOMAIN if domain is None else domain,
        inputs=inputs,
        anchors=_anchors(writing, draft, inputs),
    )


def _anchors(writing: Writing, draft: Draft, inputs: list[str]) -> list[Anchor]:
    """The anchors the draft names, and those it inherits: what sums up or replaces claims is about
    the code that they are about. A supersede that names its own inherits none."""
    heirs = draft.type == COMPRESS or (draft.type == SUPERSEDE and not draft.anchors)
    known = (
        layout.node_at(writing.store, address)
        for address in inputs
        if heirs and address not in writing.purged
    )
    return anchors.inherited(draft.anchors, (one.anchors for one in known if one is not None))


def _address(writing: Writing, new: Node) -> str:
    return writing.store.address(node.encode(new))


def _said(writing: Writing, asked: Node, address: str) -> Node | Member:
    """The node that makes `asked` visible now, or the place where it stands visibly already.

    New text needs no look at the view: what is no object here cannot be hidden here.
    """
    if not writing.store.exists(address) or not writing.view.has(address):
        return asked
    if asked.type == RETRACT:
        return _retract_again(writing, asked)
    if not writing.view.hiding.hidden(address):
        return asked
    visible = writing.view.saying(asked.domain, asked.text)
    if visible and all(writing.view.hiding.hidden(input_) for input_ in _replaced(asked)):
        return writing.view.places(visible[0])[0]
    return _revive(writing, asked)


def _replaced(asked: Node) -> tuple[str, ...]:
    """What the draft is to hide: a leaf only rests on its inputs."""
    return () if asked.type == LEAF else asked.inputs


def _revive(writing: Writing, asked: Node) -> Node:
    """A supersede that says the text of a hidden node again, on top of all that hides it.

    What the hidden node replaced is replaced by this one, too.
    """
    view, again = writing.view, asked
    while True:
        address = _address(writing, again)
        if not view.has(address) or not view.hiding.hidden(address):
            return again
        above = [
            hider for hider, type_ in view.hiding.above(address) if type_ in (SUPERSEDE, RETRACT)
        ]
        again = node.build(
            SUPERSEDE,
            asked.text,
            domain=asked.domain,
            inputs=[*_replaced(asked), *(above or [address])],
            anchors=asked.anchors,
        )


def _retract_again(writing: Writing, asked: Node) -> Node:
    """A retract that stands: one withdrawn before withdraws what withdrew it, too."""
    view, again = writing.view, asked
    while True:
        address = _address(writing, again)
        if not view.has(address) or not view.hiding.withdrawn(address):
            return again
        against = (
            user
            for user, type_ in view.users(address)
            if type_ == RETRACT and not view.hiding.withdrawn(user)
        )
        again = node.build(
            RETRACT, asked.text, domain=asked.domain, inputs=[*again.inputs, *against]
        )


def _chain_of(writing: Writing, address: str) -> str:
    """The chain that an answer to this node goes to: where the node stands, unshelved if it can."""
    places = writing.view.places(address)
    if not places:  # a purged input stands nowhere
        return writing.current_chain() or writing.open_chain("about a purged node", "context")
    chains = [member.chain for member in places]
    current = writing.current_chain()
    if current in chains:
        return current
    return next((id_ for id_ in chains if not writing.stashed(id_)), chains[0])

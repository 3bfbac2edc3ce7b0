"""Hiding: small views by name, any view against the definition said slowly."""

from hypothesis import given
from hypothesis import strategies as st

from git_mnemo import node
from git_mnemo.hiding import NEVER_HIDDEN, Hider, Hiding

View = dict[str, tuple[str, list[str]]]
"""Of each node of a view its type and inputs; a node stands after those it names."""


def over(view: View) -> Hiding:
    def users(address: str) -> list[Hider]:
        return [(name, kind) for name, (kind, inputs) in view.items() if address in inputs]

    return Hiding(users, lambda address: view[address][0] if address in view else None)


def spelled(words: str) -> View:
    """`a:leaf s:supersede:a,b`"""
    view: View = {}
    for word in words.split():
        name, kind, *inputs = word.split(":")
        view[name] = (kind, inputs[0].split(",") if inputs else [])
    return view


def hidden(words: str) -> str:
    view = spelled(words)
    return " ".join(filter(over(view).hidden, view))


def above(words: str, name: str) -> list[str]:
    return [address for address, _ in over(spelled(words)).above(name)]


@st.composite
def views(draw: st.DrawFn) -> View:
    view: View = {}
    for number in range(draw(st.integers(0, 9))):
        inputs = draw(st.lists(st.sampled_from([*view, "elsewhere"]), max_size=3, unique=True))
        view[f"n{number}"] = (draw(st.sampled_from(sorted(node.TYPES))), inputs)
    return view


# -- any view ----------------------------------------------------------------------------------


def slowly_withdrawn(view: View, name: str) -> bool:
    return any(
        kind == "retract" and name in inputs and not slowly_withdrawn(view, user)
        for user, (kind, inputs) in view.items()
    )


def slowly_hiding(view: View, name: str) -> list[str]:
    """The hiders of a node of the view."""
    mine = view[name][0]
    if mine in ("chain", "stash", "resume"):
        return []
    return sorted(
        user
        for user, (kind, inputs) in view.items()
        if name in inputs
        and (kind in ("retract", "supersede", "compress") or kind == mine == "commit")
        and not slowly_withdrawn(view, user)
    )


@given(views(), st.randoms())
def test_any_view_is_as_defined_in_whatever_order_it_is_asked(view: View, random: object) -> None:
    hiding = over(view)
    names = list(view)
    random.shuffle(names)  # type: ignore[attr-defined]
    for name in names:
        hiders = slowly_hiding(view, name)
        assert hiding.withdrawn(name) is slowly_withdrawn(view, name)
        assert [user for user, _ in hiding.hiders(name)] == hiders
        assert all(kind == view[user][0] for user, kind in hiding.hiders(name))
        assert hiding.hidden(name) is bool(hiders)


@given(views())
def test_above_a_hidden_node_something_is_visible(view: View) -> None:
    hiding = over(view)
    for name in view:
        over_it = hiding.above(name)
        assert bool(over_it) is hiding.hidden(name)
        assert not any(hiding.hidden(user) for user, _ in over_it)
        assert over_it == sorted(set(over_it))


@given(views())
def test_a_withdrawn_node_is_hidden_but_for_those_that_never_are(view: View) -> None:
    hiding = over(view)
    for name, (kind, _) in view.items():
        if kind in NEVER_HIDDEN:
            assert not hiding.hidden(name)
        elif hiding.withdrawn(name):
            assert hiding.hidden(name)


def test_thousands_of_retracts_in_turn_are_followed() -> None:
    view: View = {"0": ("leaf", [])} | {
        str(number): ("retract", [str(number - 1)]) for number in range(1, 3001)
    }
    users = {inputs[0]: (name, kind) for name, (kind, inputs) in view.items() if inputs}
    hiding = Hiding(lambda name: [users[name]] if name in users else [], lambda name: view[name][0])
    assert not hiding.withdrawn("0")
    assert hiding.withdrawn("1")


# -- by name -----------------------------------------------------------------------------------


def test_a_retract_and_what_undoes_it() -> None:
    assert hidden("a:leaf r:retract:a") == "a"
    assert hidden("a:leaf r:retract:a q:retract:r") == "r"
    assert hidden("a:leaf r:retract:a q:retract:r p:retract:q") == "a q"


def test_retracting_a_supersede_brings_back_what_it_replaced() -> None:
    assert hidden("a:leaf s:supersede:a") == "a"
    assert hidden("a:leaf s:supersede:a r:retract:s") == "s"


def test_superseding_twice_does_not_bring_back() -> None:
    assert hidden("a:leaf s:supersede:a t:supersede:s") == "a s"


def test_a_replaced_retract_goes_on_withdrawing() -> None:
    assert hidden("a:leaf r:retract:a s:supersede:r") == "a r"
    assert hidden("a:leaf r:retract:a c:compress:r") == "a r"


def test_a_commit_replaces_commits_only() -> None:
    assert hidden("c:commit d:commit:c") == "c"
    assert hidden("a:leaf d:commit:a") == ""


def test_titles_stash_and_resume_are_never_hidden() -> None:
    assert hidden("a:leaf t:chain h:stash:t m:resume:h s:supersede:a,t,h,m r:retract:t,h,m") == "a"


def test_what_is_opaque_or_elsewhere_is_not_hidden() -> None:
    view = spelled("a:leaf s:supersede:a,b")
    assert over(view).hidden("a")
    assert not over(view).hidden("b")
    assert over(view).hiders("b") == []


def test_hiders_come_with_their_types_in_the_order_of_addresses() -> None:
    hiding = over(spelled("a:leaf z:retract:a b:compress:a m:supersede:a"))
    assert hiding.hiders("a") == [("b", "compress"), ("m", "supersede"), ("z", "retract")]


def test_above_follows_the_hiders_up_to_the_visible_ones() -> None:
    assert above("a:leaf", "a") == []
    assert above("a:leaf s:supersede:a", "a") == ["s"]
    assert above("a:leaf s:supersede:a t:supersede:s", "a") == ["t"]
    assert above("a:leaf s:supersede:a t:supersede:a u:supersede:s", "a") == ["t", "u"]
    assert above("a:leaf s:supersede:a t:supersede:a u:supersede:s,t", "a") == ["u"]
    assert above("a:leaf r:retract:a c:compress:r", "a") == ["c"]
    assert above("a:leaf s:supersede:a t:supersede:s r:retract:t", "a") == ["s"]

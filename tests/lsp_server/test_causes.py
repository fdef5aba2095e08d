"""What must hold for any change, and what the scripts of `tests/truth` do not show."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.causes.history import STATES_MIN, History
from lsp_server.causes.hunk import apply
from lsp_server.causes.offers import Offers
from pairlog.document import Document
from tests.lsp_server.recording import Recorded

places = st.integers(-1, 4)
changes = st.lists(st.tuples(places, places, places, places, st.text("ab(\n\r é", max_size=6)), max_size=3)


@given(st.text("ab\n\r é"), st.lists(changes, max_size=8))
def test_any_changes_leave_the_text_that_they_make_and_a_cause(text: str, edits: list[Any]) -> None:
    it, document = Recorded(), Document(text)
    it.open(text)
    for version, edit in enumerate(edits, start=2):
        it.change(version, *edit)
        document.apply(edit)
    it.save(document.text)
    assert it.verified
    told = [event for event in it.written if event["type"] == "edit"]
    assert {event.get("evidence") for event in told} <= {"inferred", None}
    assert all(("cause" in event) == ("rule" in event) for event in told)


@given(st.text("ab\n"), st.text("ab\n"))
def test_a_hunk_is_the_smallest_replacement(old: str, new: str) -> None:
    document = Document(old)
    hunk = apply(document, (0, 0, -1, 0, new))
    assert document.text == new
    if hunk is None:
        assert old == new
    else:
        assert hunk.removed[:1] != hunk.inserted[:1]
        assert hunk.removed[-1:] != hunk.inserted[-1:] or not hunk.removed


def test_old_states_are_let_go_of() -> None:
    history = History(Document("x\n"))
    for number in range(3 * STATES_MIN):
        assert history.take_key([(0, 0, 0, 0, "ab"[number % 2])])
        if number % 40 == 39:
            _, state = history.apply([(0, 0, -1, 0, "x\n")])
            history.settle(state, 0)
    assert len(history._states) <= 2 * STATES_MIN
    assert history.step(history.now + 1, 0) is None


def test_a_completion_that_was_shown_is_known_when_it_is_taken_whole_or_in_part() -> None:
    offers = Offers()
    offers.show(1, "c1", 2, 4, "total(items)\n    return x")
    document = Document("\n\n    \n")

    def taken(*change: Any) -> str | None:
        hunk = apply(document, change)
        assert hunk is not None
        return offers.taken(1, hunk)

    assert taken(2, 4, 2, 4, "t") is None
    assert taken(2, 5, 2, 5, "otal") == "c1"
    assert taken(2, 9, 2, 9, "(items)\n    return x") == "c1"
    assert taken(0, 0, 0, 0, "total") is None
    offers.withdraw("c1")
    assert taken(2, 4, 2, 4, "total") is None


def test_what_was_reported_is_never_overruled() -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.observe({"type": "cause", "uri": "file:///home/dev/shop/cart.py", "cause": "agent", "ref": "m1"})
    it.at(1000).change(2, (0, 0, 0, 0, "    "), (0, 8, 0, 9, "    "))
    it.save("        a =     \n")
    told = [event for event in it.written if event["type"] != "save"][1:]
    assert [(event["type"], event["cause"], event["evidence"]) for event in told] == [
        ("edit", "agent", "reported")
    ]

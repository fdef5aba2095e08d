"""What is made of comparisons of two models: rows and verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from pairlog.document import sha256
from processing.trajectories.preference import Preference
from processing.trajectories.preferences import preferences
from tests.processing.test_steps import INFO
from tests.support.sessions import SESSION, SessionBuilder

BEFORE = "x = \n"
SHOWN, RIVAL = "total(items)", "total(prices)"


class Compared(SessionBuilder):
    """A document in which `shown` of model a was shown behind `x = `, in the place of `rival` of model b."""

    def __init__(
        self, shown: str = SHOWN, rival: str | None = RIVAL, session: str = SESSION, **header: Any
    ) -> None:
        super().__init__(session, **header)
        self.open(1, "shop/cart.py", BEFORE)
        self.column = 4
        self.shown = shown
        self.compare(shown, rival)

    def compare(self, shown: str, rival: str | None) -> None:
        told: dict[str, Any] = {"doc": 1, "provider": "127.0.0.1", "surface": "inline"}
        here = {**told, "position": (0, self.column), "evidence": "reported"}
        self.add("completion", id="c1", phase="requested", model="a", **here)
        self.add("completion", id="c2", phase="requested", model="b", **here)
        here = {**here, "text": shown, "latency_ms": 120, "rival": "c2", "evidence": "inferred"}
        self.add("completion", id="c1", phase="shown", model="a", **here)
        if rival is not None:
            late = {**told, "text": rival, "latency_ms": 340, "rival": "c1", "evidence": "observed"}
            self.add("completion", id="c2", phase="requested", model="b", **late)

    def write_here(self, text: str, **fields: Any) -> None:
        self.edit(1, (0, self.column, 0, self.column, text), **fields)
        self.column += len(text)

    def keys(self, text: str) -> None:
        for key in text:
            self.write_here(key)

    def back(self, count: int, **fields: Any) -> None:
        self.edit(1, (0, self.column - count, 0, self.column, ""), **fields)
        self.column -= count

    def take(self, text: str) -> None:
        self.write_here(text, cause="completion", ref="c1", evidence="reported")

    def tell(self, phase: str, text: str | None = None, evidence: str = "inferred") -> None:
        self.add("completion", id="c1", phase=phase, doc=1, text=text, evidence=evidence)

    def rows(self) -> list[Preference]:
        self.save(1)
        self.end()
        return preferences(INFO, self.lines, self.blob_of)

    def ruled(self) -> tuple[str | None, str]:
        (row,) = self.rows()
        return row.preferred, row.rule


def taken(made: Compared) -> None:
    made.take(made.shown)
    made.tell("accepted", made.shown, "reported")


def test_a_comparison_is_a_row_with_all_that_is_known_of_it() -> None:
    made = Compared()
    taken(made)
    (row,) = made.rows()
    assert asdict(row) == {
        "project": "p",
        "source": "session",
        "origin": SESSION,
        "issue": None,
        "contributor": "mine",
        "actor": "human",
        "time": "2026-11-23T09:00:00.400Z",
        "time_resolution": "ms",
        "revision": "c0ffee",
        "evidence": "reported",
        "use": "research",
        "licence": None,
        "preference": 0,
        "seq_asked": 2,
        "seq_shown": 4,
        "seq_decided": 7,
        "doc": 1,
        "path": "shop/cart.py",
        "language": "python",
        "position": [0, 4],
        "position_encoding": "utf-16",
        "provider": "127.0.0.1",
        "surface": "inline",
        "context": {"seq": 2, "sha256": sha256(BEFORE)},
        "shown": {
            "id": "c1",
            "model": "a",
            "text": SHOWN,
            "latency_ms": 120,
            "written": {"text": SHOWN, "whole": True, "exact": True, "seq": 6},
        },
        "rival": {
            "id": "c2",
            "model": "b",
            "text": RIVAL,
            "latency_ms": 340,
            "written": {"text": "total(", "whole": False, "exact": False, "seq": 6},
        },
        "decision": {"phase": "accepted", "evidence": "reported", "reason": None, "taken": SHOWN},
        "decided_ms": 300,
        "kept": 1.0,
        "preferred": "shown",
        "rule": "taken",
    }


def by_hand(made: Compared) -> None:
    made.keys(SHOWN)
    made.tell("typed_through", SHOWN)


def in_parts(made: Compared) -> None:
    made.take("total")
    made.tell("partly_accepted", "total")
    made.take("(ite")
    made.tell("partly_accepted", "(ite")
    made.keys("rable)")


def the_rival_by_hand(made: Compared) -> None:
    made.keys(RIVAL)
    made.tell("typed_through", "total(")


def the_rival_with_a_slip(made: Compared) -> None:
    made.keys("total(prixx")
    made.back(2)
    made.keys("ces)")
    made.tell("typed_through", "total(")


def the_rival_after_turning_away(made: Compared) -> None:
    made.tell("rejected", evidence="reported")
    made.keys(RIVAL)


def the_rival_from_what_was_taken(made: Compared) -> None:
    taken(made)
    made.back(6)
    made.keys("prices)")


def the_rival_from_another_suggestion(made: Compared) -> None:
    made.tell("ignored")
    made.write_here(RIVAL, cause="completion", ref="c9", evidence="reported")


def the_rival_across_a_gap_elsewhere(made: Compared) -> None:
    made.keys("total(")
    made.add("gap", reason="unsupported", count=1)
    made.keys("prices)")


def no_further_than_both(made: Compared) -> None:
    made.keys("total(quantities)")
    made.tell("typed_through", "total(")


def a_word_that_begins_as_the_rival(made: Compared) -> None:
    made.keys("total(pri")
    made.keys("mes)")


def taken_and_undone(made: Compared) -> None:
    taken(made)
    made.back(len(SHOWN), cause="undo", evidence="reported")


def left(made: Compared) -> None:
    made.tell("ignored")


def the_rival_elsewhere(made: Compared) -> None:
    made.edit(1, (1, 0, 1, 0, RIVAL))
    made.tell("ignored")


def the_rival_later(made: Compared) -> None:
    made.add("select", doc=1, selections=[(1, 0, 1, 0)])
    made.add("select", doc=1, selections=[(0, 4, 0, 4)])
    made.tell("ignored")
    made.keys(RIVAL)


def the_rival_after_minutes(made: Compared) -> None:
    made.tell("ignored", evidence="inferred")
    made.write_here("t", after_ms=130_000)
    made.keys(RIVAL[1:])


def the_rival_by_an_agent(made: Compared) -> None:
    made.tell("ignored")
    made.write_here(RIVAL, cause="agent", ref="call", evidence="reported")


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (taken, ("shown", "taken")),
        (by_hand, ("shown", "taken")),
        (in_parts, ("shown", "taken")),
        (the_rival_by_hand, ("rival", "rival_written")),
        (the_rival_with_a_slip, ("rival", "rival_written")),
        (the_rival_after_turning_away, ("rival", "rival_written")),
        (the_rival_from_what_was_taken, ("rival", "rival_written")),
        (the_rival_from_another_suggestion, ("rival", "rival_written")),
        (the_rival_across_a_gap_elsewhere, ("rival", "rival_written")),
        (no_further_than_both, (None, "too_little")),
        (a_word_that_begins_as_the_rival, (None, "open_end")),
        (taken_and_undone, (None, "not_kept")),
        (left, (None, "turned_down")),
        (the_rival_elsewhere, (None, "turned_down")),
        (the_rival_later, (None, "turned_down")),
        (the_rival_after_minutes, (None, "turned_down")),
        (the_rival_by_an_agent, (None, "turned_down")),
    ],
    ids=lambda it: it.__name__ if callable(it) else "",
)
def test_somebody_prefers_what_was_written_where_the_two_part(
    what: Callable[[Compared], None], expected: tuple[str | None, str]
) -> None:
    made = Compared()
    what(made)
    assert made.ruled() == expected


@pytest.mark.parametrize(
    ("shown", "rival", "rule"),
    [
        ("total()", "total()", "same_text"),
        ("total()", None, "text_unknown"),
        ("total(", "total(items)", "too_little"),
    ],
)
def test_nothing_is_decided_where_the_texts_do_not_part(shown: str, rival: str | None, rule: str) -> None:
    made = Compared(shown, rival)
    taken(made)
    assert made.ruled() == (None, rule)


def test_a_longer_word_is_another_word() -> None:
    made = Compared("x()", "y")
    made.keys("yellow")
    made.tell("ignored")
    assert made.ruled() == (None, "turned_down")


def test_the_texts_at_level_metadata_are_sizes_and_are_left_out() -> None:
    made = SessionBuilder(consent="metadata")
    sized: dict[str, Any] = {"model": "a", "position": (0, 4), "text": "12,1"}
    made.add("completion", id="c1", phase="shown", rival="c2", **sized)
    made.add("completion", id="c2", phase="requested", model="b", text="13,1", rival="c1")
    made.add("completion", id="c1", phase="accepted", text="12,1")
    made.add("consent", level="content", use="research", policy="p")
    made.open(1, "a.py", "")
    made.save(1)
    (row,) = preferences(INFO, made.end().lines, made.blob_of)
    assert (row.shown.text, row.rival.text, row.rival.model, row.decision, row.rule) == (
        None,
        None,
        "b",
        {"phase": "accepted", "evidence": None, "reason": None, "taken": None},
        "text_unknown",
    )


def test_a_rival_that_was_never_told_of_is_named_and_nothing_else() -> None:
    made = SessionBuilder()
    made.open(1, "a.py", "")
    made.add("completion", id="c1", phase="shown", text="x", rival="c1", doc=7)
    made.save(1)
    (row,) = preferences(INFO, made.end().lines, made.blob_of)
    assert (row.shown.model, row.rival.id, row.path, row.context, row.rule) == (
        None,
        "c1",
        None,
        None,
        "text_unknown",
    )

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import sha256
from processing.sessions.timeline import COLUMNS, Unverified, timeline
from tests.support.sessions import SessionBuilder


def test_a_row_says_what_happened_when_and_to_which_document(cart: SessionBuilder) -> None:
    frame = timeline(cart.lines, cart.blob_of)
    assert list(frame.columns) == list(COLUMNS)
    row = frame[frame["seq"] == 26].iloc[0].to_dict()
    assert row.pop("time").isoformat() == "2026-11-23T09:00:09.540000+00:00"
    assert {name: value for name, value in row.items() if name not in ("id", "phase")} == {
        "seq": 26,
        "t": 9540,
        "type": "edit",
        "doc": 1,
        "path": "shop/cart.py",
        "cause": "completion",
        "evidence": "reported",
        "ref": "c2",
        "inserted": 6,
        "deleted": 0,
    }


def test_an_attribution_tells_the_cause_of_an_earlier_line() -> None:
    made = SessionBuilder()
    made.open(1, "a", "")
    edit = made.edit(1, (0, 0, 0, 0, "x"), cause="unknown", evidence="inferred")
    made.add("attribution", of=edit, cause="paste", evidence="reported")
    made.save(1)
    row = timeline(made.lines, made.blob_of).loc[edit]
    assert (row["cause"], row["evidence"]) == ("paste", "reported")


def test_times_follow_the_wall_clock_after_a_jump() -> None:
    made = SessionBuilder()
    made.open(1, "a", "")
    made.add("clock", utc="2026-11-23T12:00:00Z")
    made.save(1, after_ms=500)
    times = timeline(made.lines, made.blob_of)["time"]
    assert times.iloc[-1].isoformat() == "2026-11-23T12:00:00.500000+00:00"


def test_a_session_whose_save_differs_is_refused() -> None:
    made = SessionBuilder()
    made.open(1, "a", "x")
    made.save(1, sha256=sha256("y"))
    with pytest.raises(Unverified, match=r"a differs from what was saved \(seq 2\)"):
        timeline(made.lines, made.blob_of)


def test_a_session_without_a_save_is_refused() -> None:
    made = SessionBuilder().end()
    with pytest.raises(Unverified, match="no save"):
        timeline(made.lines, made.blob_of)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.text("ab\r\n🎻", max_size=4)), max_size=20)
)
def test_inserted_less_deleted_is_how_the_text_grew(edits: list[tuple[int, int, str]]) -> None:
    made = SessionBuilder()
    made.open(1, "a", "first\nsecond\r\nthird")
    for line, column, text in edits:
        made.edit(1, (line, column, line, column + 2, text))
    made.save(1)
    frame = timeline(made.lines, made.blob_of)
    grown = int(frame["inserted"].sum() - frame["deleted"].sum())
    assert grown == len(made.text(1)) - len("first\nsecond\r\nthird")

from __future__ import annotations

from pairlog.line import decode
from processing.sessions.suggestions import suggestions
from tests.support.sessions import SessionBuilder


def test_a_suggestion_keeps_its_text_whatever_part_of_it_was_taken() -> None:
    made = SessionBuilder()
    made.add("completion", id="c1", phase="requested", model="m", position=(0, 4), evidence="reported")
    made.add("completion", id="c1", phase="shown", text="one two", latency_ms=7, evidence="inferred")
    made.add("completion", id="c1", phase="partly_accepted", text="one", evidence="inferred")
    made.add("completion", id="c1", phase="accepted", text=" two", evidence="reported")
    (found,) = suggestions(map(decode, made.lines))
    assert found.offered == {"model": "m", "position": [0, 4], "text": "one two", "latency_ms": 7}
    assert (found.decision, found.evidence, found.seq_first, found.seq_last) == ("accepted", "reported", 1, 4)


def test_a_question_without_an_answer_is_none_and_the_rival_of_one_that_was_shown_is_one() -> None:
    made = SessionBuilder()
    made.add("completion", id="c1", phase="requested", model="a")
    made.add("completion", id="c2", phase="requested", model="a")
    made.add("completion", id="c3", phase="requested", model="b")
    made.add("completion", id="c2", phase="shown", text="x", rival="c3")
    made.add("completion", id="c3", phase="requested", text="y", rival="c2")
    found = suggestions(map(decode, made.lines))
    assert [(it.id, it.offered["text"], it.offered["rival"], it.decision) for it in found] == [
        ("c2", "x", "c3", None),
        ("c3", "y", "c2", None),
    ]

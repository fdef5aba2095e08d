from __future__ import annotations

from typing import Any

import pytest

from pairlog.events import OBSERVABLE
from tests.lsp_server.recording import CART, Recorded

HERE: dict[str, Any] = {"uri": CART}


def observed(*observations: dict[str, Any], clock: str = "recorder") -> list[dict[str, Any]]:
    it = Recorded(clock)
    it.open("a = 1\n")
    for observation in observations:
        it.observe(observation)
    return it.written[1:]


def unsupported(detail: str) -> list[dict[str, Any]]:
    return [{"type": "gap", "reason": "unsupported", "count": 1, "detail": detail}]


@pytest.mark.parametrize(
    ("observation", "event"),
    [
        (
            {"type": "select", **HERE, "selections": [[4, 12, 4, 12]]},
            {"type": "select", "doc": 1, "selections": [[4, 12, 4, 12]]},
        ),
        ({"type": "focus", "focused": True}, {"type": "focus", "focused": True}),
        (
            {"type": "view", **HERE, "first": 0.0, "last": 40},
            {"type": "view", "doc": 1, "first": 0, "last": 40},
        ),
        (
            {
                "type": "completion",
                **HERE,
                "id": "c7",
                "phase": "shown",
                "position": [4, 12],
                "text": "\ud800",
            },
            {
                "type": "completion",
                "id": "c7",
                "phase": "shown",
                "doc": 1,
                "position": [4, 12],
                "text": "\ufffd",
                "evidence": "reported",
            },
        ),
        (
            {"type": "completion", "id": "c7", "phase": "rejected", "reason": None, "evidence": "observed"},
            {"type": "completion", "id": "c7", "phase": "rejected", "evidence": "observed"},
        ),
        (
            {"type": "test", "run": "r1", "test": "t", "outcome": "failed", "path": "/home/dev/shop/t.py"},
            {
                "type": "test",
                "run": "r1",
                "test": "t",
                "outcome": "failed",
                "path": "t.py",
                "evidence": "reported",
            },
        ),
        (
            {"type": "agent", "id": "a1", "phase": "tool_call", "paths": ["/home/dev/shop/a/b.py", "c.py"]},
            {
                "type": "agent",
                "id": "a1",
                "phase": "tool_call",
                "paths": ["a/b.py", "c.py"],
                "evidence": "reported",
            },
        ),
        (
            {"type": "diagnostics", **HERE, "counts": {"error": 1}, "added": [{"message": "no", "line": 3}]},
            {
                "type": "diagnostics",
                "doc": 1,
                "counts": {"error": 1},
                "added": [{"message": "no", "line": 3}],
            },
        ),
    ],
)
def test_an_observation_becomes_its_event(observation: dict[str, Any], event: dict[str, Any]) -> None:
    assert observed(observation) == [event]


@pytest.mark.parametrize(
    ("observation", "detail"),
    [
        ({"type": "telepathy"}, "an observation of the unknown type `telepathy`"),
        ({"type": "edit", **HERE, "changes": []}, "an observation of the unknown type `edit`"),
        ({"type": "/home/dev/secret.py"}, "an observation without a type"),
        ({}, "an observation without a type"),
        ([], "an observation that is no object"),
        ({"type": "focus"}, "focus: `focused` is missing"),
        ({"type": "focus", "focused": "yes"}, "focus: `focused` is mistyped"),
        ({"type": "select", "selections": []}, "select: `uri` is missing"),
        ({"type": "select", "uri": "file:///x", "selections": []}, "select: `uri` is no open document"),
        ({"type": "select", **HERE, "selections": [[1, 2]]}, "select: `selections` is mistyped"),
        ({"type": "run", "id": "r", "phase": "paused"}, "run: `phase` is mistyped"),
        ({"type": "run", "id": "r", "phase": "started", "ms_ago": -1}, "run: `ms_ago` is mistyped"),
        ({"type": "cause", "uri": "file:///x", "cause": "undo"}, "cause: `uri` is no open document"),
        ({"type": "cause", **HERE}, "cause: `cause` is missing"),
        ({"type": "cause", **HERE, "cause": "magic"}, "cause: `cause` is mistyped"),
        ({"type": "time", "t": 5}, 'time: this session has not `clock: "client"`'),
        ({"type": "time"}, "time: `t` is missing or mistyped"),
    ],
)
def test_what_is_not_known_is_a_gap_that_names_it(observation: Any, detail: str) -> None:
    assert observed(observation) == unsupported(detail)


def test_an_unknown_field_is_left_out_and_named_once() -> None:
    focus = {"type": "focus", "focused": True, "mood": "good"}
    event = {"type": "focus", "focused": True}
    assert observed(focus, focus) == [event, *unsupported("focus: the unknown field `mood`"), event]


def test_a_client_gives_no_document_numbers_and_no_seqs() -> None:
    details = [
        event["detail"]
        for event in observed({"type": "focus", "focused": True, "seq": 9, "t": 9, "doc": 1})
        if event["type"] == "gap"
    ]
    assert details == [f"focus: the unknown field `{name}`" for name in ("seq", "t", "doc")]


def test_a_cause_belongs_to_the_next_change_of_its_document_only() -> None:
    it = Recorded()
    it.open("")
    it.open("", "file:///home/dev/shop/other.py")
    it.observe({"type": "cause", **HERE, "cause": "completion", "ref": "c1", "rule": "tab"})
    it.change(2, (0, 0, 0, 0, "x"), uri="file:///home/dev/shop/other.py")
    it.change(2, (0, 0, 0, 0, "x"))
    it.change(3, (0, 0, 0, 0, "x"))
    told = [{key: event.get(key) for key in ("cause", "evidence", "rule", "ref")} for event in it.written[2:]]
    nothing = dict.fromkeys(("cause", "evidence", "rule", "ref"))
    reason = {"cause": "completion", "evidence": "reported", "rule": "tab", "ref": "c1"}
    assert told == [nothing, reason, nothing]


def test_a_client_that_owns_the_clock_tells_the_time_and_never_turns_it_back() -> None:
    it = Recorded("client")
    for t in (40, 7000, 6000):
        it.observe({"type": "time", "t": t})
        it.at(123456789).observe({"type": "focus", "focused": True})
    it.flush()
    assert [line.split(b",")[1] for line in it.disk.lines[1:]] == [b'"t":40', b'"t":7000', b'"t":7000']


def test_a_run_that_starts_saw_the_last_save_of_each_document() -> None:
    it = Recorded()
    it.open("a")
    it.open("b", "file:///home/dev/shop/b.py")
    it.save("a")
    it.save("b", "file:///home/dev/shop/b.py")
    it.save("a")
    it.observe({"type": "run", "id": "r1", "phase": "started", "command": "pytest -q"})
    it.observe({"type": "run", "id": "r1", "phase": "ended", "exit_code": 1})
    assert [event.get("saw") for event in it.written[-2:]] == [{"1": 5, "2": 4}, None]


def test_a_run_that_is_told_late_saw_what_was_saved_before_it_began() -> None:
    it = Recorded()
    it.open("a")
    it.at(1000).save("a")
    it.at(3000).save("a")
    it.at(3200).observe({"type": "run", "id": "r1", "phase": "started", "ms_ago": 1200})
    assert it.written[-1]["saw"] == {"1": 2}
    assert "ms_ago" not in it.written[-1]


def test_a_save_and_a_run_ask_for_the_disk() -> None:
    it = Recorded()
    it.open("a")
    assert not it.urgent
    it.observe({"type": "run", "id": "r1", "phase": "started"})
    assert it.urgent


def test_every_observable_event_has_a_reader() -> None:
    for cls in OBSERVABLE:
        (event,) = observed({"type": cls.type})
        assert event["type"] == "gap" and "is missing" in event["detail"]

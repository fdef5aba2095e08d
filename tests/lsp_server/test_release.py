from __future__ import annotations

from typing import Any

import pytest

from lsp_server.sending.release import Releaser, refusal
from pairlog.line import parse


def line(seq: int, event: str = "focus", **fields: Any) -> bytes:
    extra = "".join(f',"{name}":{value}' for name, value in fields.items())
    return f'{{"seq":{seq},"t":{seq * 10},"type":"{event}"{extra}}}'.encode()


TORN = b'{"seq":2,"t":20,"ty'


def gaps(lines: list[bytes]) -> list[dict[str, Any]]:
    """The gaps among lines, without `t` and `detail`."""
    events = [parse(it) for it in lines]
    return [
        {key: value for key, value in event.items() if key not in ("t", "detail", "type")}
        for event in events
        if event["type"] == "gap"
    ]


def test_lines_in_order_are_released_as_they_are() -> None:
    lines = [line(0, "session"), line(1), line(2, "gap", through=5), line(6)]
    releaser = Releaser(0, 0)
    assert releaser.take(lines[:2]).lines + releaser.take(lines[2:]).lines == lines
    assert releaser.expected == 7


def test_lines_that_have_left_already_are_passed_over() -> None:
    releaser = Releaser(2, 10)
    taken = releaser.take([line(0, "session"), TORN, line(1), line(2)])
    assert taken == ([line(2)], [])


def test_an_unreadable_line_is_set_aside_and_a_gap_stands_in_its_place() -> None:
    releaser = Releaser(0, 0)
    taken = releaser.take([line(0, "session"), line(1), TORN, b"\xff", line(4)])
    assert taken.aside == [TORN, b"\xff"]
    assert gaps(taken.lines) == [{"seq": 2, "reason": "refused", "count": 2, "through": 3}]
    assert [parse(it)["seq"] for it in taken.lines] == [0, 1, 2, 4]


def test_an_unreadable_line_waits_for_the_next_one_that_tells_its_seq() -> None:
    releaser = Releaser(0, 0)
    assert releaser.take([line(0, "session"), TORN]) == ([line(0, "session")], [])
    assert releaser.take([line(1)]) == ([line(1)], [TORN])


def test_missing_lines_are_a_gap_through_the_last_one() -> None:
    releaser = Releaser(0, 0)
    taken = releaser.take([line(0, "session"), line(7)])
    assert gaps(taken.lines) == [{"seq": 1, "reason": "delivery_lost", "count": 6, "through": 6}]


def test_a_dead_recorders_session_is_closed_with_a_gap_and_an_end() -> None:
    releaser = Releaser(0, 0)
    releaser.take([line(0, "session"), line(1), b"not a line"])
    closed = releaser.close(TORN)
    assert closed.aside == [b"not a line", TORN]
    events = [parse(it) for it in closed.lines]
    kinds = [(event["seq"], event["t"], event["type"], event["reason"]) for event in events]
    assert kinds == [(2, 10, "gap", "refused"), (3, 10, "gap", "interrupted"), (4, 10, "end", "interrupted")]


@pytest.mark.parametrize(
    ("refused", "docs"),
    [
        (line(7, "edit", doc=3, changes="[]"), [3]),
        (line(7, "open", doc=3), [3]),
        (line(7, "select", doc=3), []),
        (line(7), []),
    ],
)
def test_the_gap_for_a_refused_line_names_the_document_whose_text_is_lost(
    refused: bytes, docs: list[int]
) -> None:
    assert parse(refusal(refused, "too odd")) == {
        "seq": 7,
        "t": 70,
        "type": "gap",
        "reason": "refused",
        "count": 1,
        "detail": "too odd",
        "docs": docs,
    }

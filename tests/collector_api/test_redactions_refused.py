"""Which redactions are refused, by what name, and which are not."""

from __future__ import annotations

from typing import Any

import pytest

from collector_api.limits import Limits
from tests.collector_api.driver import SESSION, Collector, on_sqlite, problem
from tests.collector_api.secret import (
    SAVES,
    SPANS,
    masked_lines,
    secret_lines,
)

BAD = {
    "no object": (b"[]", "$: "),
    "no JSON": (b'{"id": "r1", "spans', "not JSON"),
    "nested deep": (b'{"id": ' + b"[" * 1_500, ""),
    "not UTF-8": (b'{"id": "\xff"}', ""),
    "no id": (b'{"spans": []}', "`id`"),
    "an empty id": (b'{"id": ""}', "$.id: "),
    "an id that is a number": (b'{"id": 1}', "$.id: "),
    "a field that is not known": (b'{"id": "r1", "span": [[1, "/text", 0, 1]]}', "`span`"),
    "a span that is short": (b'{"id": "r1", "spans": [[1, "/text", 0]]}', "$.spans[0]: "),
    "a seq that is text": (b'{"id": "r1", "spans": [["1", "/text", 0, 1]]}', "$.spans[0][0]: "),
    "a start before the string": (b'{"id": "r1", "spans": [[1, "/text", -1, 1]]}', "$.spans[0][2]: "),
    "a length that is a fraction": (b'{"id": "r1", "spans": [[1, "/text", 0, 1.5]]}', "$.spans[0][3]: "),
    "a seq beyond all": (b'{"id": "r1", "spans": [[9007199254740992, "/text", 0, 1]]}', "$.spans[0][0]: "),
    "a pointer that is none": (b'{"id": "r1", "spans": [[1, "text", 0, 1]]}', "$.spans[0][1]: "),
    "a hash that is none": (b'{"id": "r1", "saves": [[1, "ABC"]]}', "$.saves[0][1]: "),
    "blobs that are no pairs": (b'{"id": "r1", "blobs": ["0"]}', "$.blobs[0]: "),
    "spans that are null": (b'{"id": "r1", "spans": null}', "$.spans: "),
}


@on_sqlite
@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_refused_and_named(collector: Collector, mine: str, what: str) -> None:
    collector.send(mine, secret_lines())
    body, named = BAD[what]
    answer = collector.ask(mine, "POST", f"/v1/sessions/{SESSION}/redactions", content=body)
    assert problem(answer) == (422, "request")
    assert named in answer.json()["detail"]
    assert collector.row(mine)["revision"] == 0


@pytest.mark.parametrize(
    "span",
    [
        [0, "/session", 0, 5],
        [0, "/position_encoding", 0, 9],
        [0, "/started_at", 0, 9],
        [0, "/type", 0, 9],
        [1, "/why", 0, 9],
    ],
)
def test_one_that_would_leave_no_event_is_refused(collector: Collector, mine: str, span: list[Any]) -> None:
    collector.send(mine, secret_lines())
    answer = collector.redact(mine, spans=[*SPANS, span])
    assert problem(answer) == (422, "request")
    assert f"the line with seq {span[0]} is no event" in answer.json()["detail"]
    assert collector.lines(mine) == secret_lines()
    assert collector.row(mine)["revision"] == 0


def test_nobody_elses_session_is_masked(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    for name, role, refusal in (
        ("theirs", "contributor", "owner"),
        ("root", "admin", "owner"),
        ("reader", "researcher", "role"),
    ):
        token = collector.token(name, role)  # type: ignore[arg-type]
        assert problem(collector.redact(token, spans=SPANS)) == (403, refusal)
    assert problem(collector.request("POST", f"/v1/sessions/{SESSION}/redactions")) == (401, "token")
    assert collector.lines(mine) == secret_lines()


def test_a_session_that_begins_later_obeys_its_own_contributor_alone(collector: Collector, mine: str) -> None:
    theirs = collector.token("theirs")
    assert collector.redact(theirs, spans=SPANS).json() == {"revision": 0}
    collector.send(mine, secret_lines())
    assert collector.lines(mine) == secret_lines()
    assert problem(collector.redact(theirs, spans=SPANS)) == (403, "owner")
    assert collector.redact(mine, spans=SPANS, saves=SAVES).json() == {"revision": 1}
    assert collector.lines(mine) == masked_lines()


def test_an_erased_session_answers_410(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    collector.redact(mine, spans=SPANS)
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert problem(collector.redact(mine, spans=SPANS)) == (410, "erased")
    assert problem(collector.redact(mine, id="r2")) == (410, "erased")
    with collector.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM redaction").scalar_one() == 0


def test_every_limit_is_named(collector: Collector, mine: str) -> None:
    def refused(**body: Any) -> tuple[tuple[int, str], str]:
        answer = collector.redact(mine, **body)
        return problem(answer), answer.json()["limit"]

    span = [7, "/text", 0, 1]
    assert refused(spans=[span] * 21) == ((413, "limit"), "redaction_spans_max")
    assert refused(spans=[[7, "/" + "x" * 2_000, 0, 1]]) == ((413, "limit"), "redaction_bytes_max")
    for number in range(5):
        assert collector.redact(mine, id=f"n{number}", spans=[span] * 10).status_code == 200
    assert refused(id="more", spans=[span]) == ((413, "limit"), "session_spans_max")
    assert collector.redact(mine, id="n1").status_code == 200
    for number in range(2):
        assert collector.redact(mine, SESSION.replace("aa", f"a{number}")).status_code == 200
    answer = collector.redact(mine, SESSION.replace("aa", "a2"))
    assert (problem(answer), answer.json()["limit"]) == ((507, "limit"), "sessions_max")


def test_what_a_session_keeps_of_redactions_is_bounded_in_bytes_too(collector: Collector, mine: str) -> None:
    long = [[7, "/" + "x" * 1_800, 0, 1]]
    answers = [collector.redact(mine, id=f"n{number}", spans=long) for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 413]
    assert answers[3].json()["limit"] == "session_redactions_bytes_max"
    assert collector.redact(mine, id="n2", spans=long).status_code == 200


def test_a_full_room_is_no_reason_to_leave_a_secret_where_it_is(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    collector.app.state.limits = Limits(contributor_bytes_max=1)
    assert collector.redact(mine, spans=SPANS, saves=SAVES).json() == {"revision": 1}
    assert collector.lines(mine) == masked_lines()


def test_what_is_taken_back_of_sessions_that_never_come_takes_room(collector: Collector, mine: str) -> None:
    spans = [[number, "/changes/0/4" + "/" * 60, 0, 1] for number in range(10)]
    before = len(collector.redact(mine, spans=spans).content)
    counted, kept = collector.bytes_counted()
    assert counted == kept > 10 * 72 > before
    collector.app.state.limits = Limits(contributor_bytes_max=kept + 100)
    answer = collector.redact(mine, SESSION.replace("aa", "ab"), spans=spans)
    assert (problem(answer), answer.json()["limit"]) == ((507, "limit"), "contributor_bytes_max")
    answer = collector.forget(mine, 1, 2, SESSION.replace("aa", "ac"))
    assert answer.status_code == 200
    assert len(set(collector.bytes_counted())) == 1


def test_erasing_gives_back_what_the_ledger_took(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    collector.redact(mine, spans=SPANS, saves=SAVES)
    collector.forget(mine, 2, 3)
    counted, kept = collector.bytes_counted()
    assert counted == kept
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert collector.bytes_counted() == (0, 0)

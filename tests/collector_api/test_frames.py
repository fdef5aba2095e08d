"""What the sender and the collector say to each other about frames (docs/protocol.md, section 2)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from collector_api.limits import Limits
from pairlog.frame import whole_lines
from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines

GOLDEN = Path(__file__).parent.parent / "golden" / "wire" / "v1"


def golden(name: str) -> tuple[str, list[bytes]]:
    """The id and the lines of a golden session."""
    lines, _ = whole_lines((GOLDEN / f"{name}.ndjson").read_bytes())
    return json.loads(lines[0])["session"], lines


def test_a_frame_is_acknowledged_and_read_back_byte_for_byte(collector: Collector, mine: str) -> None:
    answer = collector.send(mine, session_lines())
    assert (answer.status_code, answer.json()) == (200, {"acked": 8})
    assert collector.lines(mine) == session_lines()


@pytest.mark.parametrize("name", ["minimal", "unicode", "unknown", "through"])
def test_a_golden_session_is_stored_as_it_is(collector: Collector, mine: str, name: str) -> None:
    session, lines = golden(name)
    answer = collector.send(mine, lines, session)
    assert answer.json() == {"acked": json.loads(lines[-1])["seq"]}
    assert collector.lines(mine, session) == lines


def test_a_frame_whose_acknowledgement_was_lost_can_be_sent_again(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    assert collector.send(mine, session_lines()).json() == {"acked": 8}
    assert collector.lines(mine) == session_lines()


def test_of_a_frame_that_overlaps_only_the_new_lines_are_stored(collector: Collector, mine: str) -> None:
    lines = session_lines()
    assert collector.send(mine, lines[:4]).json() == {"acked": 3}
    assert collector.send(mine, lines[2:7]).json() == {"acked": 6}
    assert collector.send(mine, lines[1:2]).json() == {"acked": 6}
    assert collector.send(mine, lines).json() == {"acked": 8}
    assert collector.lines(mine) == lines
    assert collector.ask(mine, "GET", f"/v1/sessions/{SESSION}").json()["events"] == 9


def test_lines_are_read_from_any_seq_on(collector: Collector, mine: str) -> None:
    lines = session_lines()
    for begin in range(0, 9, 3):
        collector.send(mine, lines[begin : begin + 3])
    assert [collector.lines(mine, first=seq) for seq in range(11)] == [lines[seq:] for seq in range(11)]


def test_an_acknowledgement_covers_what_a_gap_goes_through(collector: Collector, mine: str) -> None:
    session, lines = golden("through")
    assert collector.send(mine, lines[:3], session).json() == {"acked": 4}
    assert collector.send(mine, lines[1:4], session).json() == {"acked": 5}
    assert collector.lines(mine, session) == lines[:4]


def test_missing_lines_are_asked_for(collector: Collector, mine: str) -> None:
    lines = session_lines()
    collector.send(mine, lines[:3])
    answer = collector.send(mine, lines[5:])
    assert problem(answer) == (409, "hole")
    assert answer.json()["expected"] == 3
    assert collector.lines(mine) == lines[:3]


def test_a_session_that_is_not_here_is_asked_for_from_its_header_on(collector: Collector, mine: str) -> None:
    answer = collector.send(mine, session_lines()[1:])
    assert problem(answer) == (409, "hole")
    assert answer.json()["expected"] == 0


def test_a_hole_inside_a_frame_is_a_hole(collector: Collector, mine: str) -> None:
    lines = session_lines()
    answer = collector.send(mine, [*lines[:3], *lines[4:]])
    assert (problem(answer), answer.json()["expected"]) == ((409, "hole"), 3)
    assert collector.lines_or_none(mine) is None


def test_other_bytes_at_a_stored_seq_are_a_conflict(collector: Collector, mine: str) -> None:
    lines = session_lines()
    collector.send(mine, lines[:5])
    answer = collector.send(mine, [lines[3], lines[4].replace(b'"c"', b'"x"'), lines[5]])
    assert (problem(answer), answer.json()["seq"]) == ((409, "conflict"), 4)
    assert collector.lines(mine) == lines[:5]


def test_a_line_inside_a_stored_gap_is_a_conflict(collector: Collector, mine: str) -> None:
    session, lines = golden("through")
    collector.send(mine, lines[:3], session)
    answer = collector.send(mine, [b'{"seq":3,"t":9,"type":"focus","focused":true}'], session)
    assert (problem(answer), answer.json()["seq"]) == ((409, "conflict"), 3)


@pytest.mark.parametrize("at_once", [True, False], ids=["in one frame", "later"])
def test_nothing_follows_the_end(collector: Collector, mine: str, at_once: bool) -> None:
    lines = session_lines()
    late = line(len(lines), "focus", focused=True)
    if not at_once:
        collector.send(mine, lines)
    answer = collector.send(mine, [*lines, late] if at_once else [lines[-1], late])
    assert (problem(answer), answer.json()["seq"]) == ((409, "conflict"), len(lines))
    assert collector.lines_or_none(mine) == (None if at_once else lines)
    # What ended may come again.
    assert collector.send(mine, lines).status_code == 200
    assert collector.row(mine)["complete"]


BAD_LINES = {
    "a field is missing": b'{"seq":2,"t":1,"type":"edit","doc":1}',
    "a field has another type": b'{"seq":2,"t":1,"type":"edit","doc":"1","changes":[]}',
    "a word is not of its list": b'{"seq":2,"t":1,"type":"gap","reason":"bored"}',
    "a number is a boolean": b'{"seq":2,"t":true,"type":"focus","focused":true}',
    "a number is too large": b'{"seq":2,"t":1,"type":"close","doc":9223372036854775808}',
    "a seq is too large": b'{"seq":9223372036854775808,"t":1,"type":"resume"}',
    "a seq is negative": b'{"seq":-1,"t":1,"type":"resume"}',
    "NaN": b'{"seq":2,"t":1,"type":"telepathy","x":NaN}',
    "a lone surrogate": b'{"seq":2,"t":1,"type":"close","doc":1,"later":"\\ud800"}',
    "a lone surrogate of an unknown type": b'{"seq":2,"t":1,"type":"telepathy","later":"\\uDfff x"}',
    "not UTF-8": b'{"seq":2,"t":1,"type":"close","doc":1,"later":"\xff"}',
    "nested deep": b'{"seq":2,"t":1,"type":"resume","later":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "nested too deep": b'{"seq":2,"t":1,"type":"resume","later":' + b"[" * 64 + b"]" * 64 + b"}",
    "not JSON": b'{"seq":2,"t":1,"type":"resume"',
    "behind the JSON": b'{"seq":2,"t":1,"type":"resume"} {}',
    "no object": b'["seq",2]',
    "empty": b"",
    "a second header": b'{"seq":2,"t":1,"type":"session"}',
    "through lies before": b'{"seq":2,"t":1,"type":"forget","through":1}',
    "no type": b'{"seq":2,"t":1}',
    "too long": b'{"seq":2,"t":1,"type":"resume","later":"' + b"0" * 50_000 + b'"}',
    "going back": b'{"seq":1,"t":1,"type":"resume"}',
}


@pytest.mark.parametrize("what", BAD_LINES)
def test_a_bad_line_is_named_and_nothing_of_its_frame_is_kept(
    collector: Collector, mine: str, what: str
) -> None:
    lines = session_lines()
    answer = collector.send(mine, [*lines[:2], BAD_LINES[what], *lines[3:]])
    assert problem(answer) == (422, "line")
    assert answer.json()["index"] == 2
    assert answer.json()["reason"]
    assert collector.lines_or_none(mine) is None
    assert collector.send(mine, lines).json() == {"acked": 8}


def test_a_bad_line_is_named_by_its_seq_even_where_it_is_no_json(collector: Collector, mine: str) -> None:
    answer = collector.send(mine, [*session_lines()[:2], b'{"seq":2,"t":1,"type":"edit","do'])
    assert answer.json()["seq"] == 2
    answer = collector.send(mine, [*session_lines()[:2], b"\x00"])
    assert answer.json()["seq"] == 2


def test_brackets_inside_strings_are_not_depth(collector: Collector, mine: str) -> None:
    deep = json.dumps({"seq": 2, "t": 1, "type": "resume", "later": '\\"[' + "[{" * 500}).encode()
    assert collector.send(mine, [*session_lines()[:2], deep]).json() == {"acked": 2}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"wire": 2}, "wire"),
        ({"session": "0193f5a0-1c00-7000-8000-0000000000bb"}, "line"),
        ({"started_at": "yesterday"}, "line"),
        ({"started_at": "9999-12-31T23:59:59Z"}, "line"),
        ({"seq": 1}, "line"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    collector: Collector, mine: str, header: dict[str, Any], expected: str
) -> None:
    lines = session_lines()
    first = json.dumps({**json.loads(lines[0]), **header}).encode()
    assert problem(collector.send(mine, [first, *lines[1:]])) == (422, expected)
    assert collector.lines_or_none(mine) is None


def test_a_session_begins_with_its_header(collector: Collector, mine: str) -> None:
    assert problem(collector.send(mine, [b'{"seq":0,"t":1,"type":"resume"}'])) == (422, "line")


BAD_BODIES = {
    "no gzip": b"hello",
    "nothing": b"",
    "a torn member": gzip.compress(b'{"seq":0}\n' * 99)[:-9],
    "a frame without lines": gzip.compress(b""),
    "a last line without a break": gzip.compress(b'{"seq":0}'),
    "rubbish behind the member": gzip.compress(b"{}\n") + b"rubbish",
}


@pytest.mark.parametrize("what", BAD_BODIES)
def test_a_body_that_is_no_frame_is_refused_and_all_stays_well(
    collector: Collector, mine: str, what: str
) -> None:
    answer = collector.ask(mine, "POST", f"/v1/sessions/{SESSION}/frames", content=BAD_BODIES[what])
    assert problem(answer) == (422, "frame")
    assert collector.request("GET", "/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/sessions/..%2f..%2fetc%2fpasswd/frames",
        "/v1/sessions/x/frames",
        f"/v1/sessions/{SESSION.upper()}/frames",
        f"/v1/sessions/{SESSION}%00/frames",
    ],
)
def test_an_address_that_is_no_session_is_not_there(collector: Collector, mine: str, path: str) -> None:
    answer = collector.ask(mine, "POST", path, content=gzip.compress(b"{}\n"))
    assert answer.status_code == 404


def test_a_session_of_another_contributor_is_not_written(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines()[:3])
    assert problem(collector.send(collector.token("theirs"), session_lines())) == (403, "owner")
    assert problem(collector.send(collector.token("root", "admin"), session_lines())) == (403, "owner")
    assert collector.lines(mine) == session_lines()[:3]


def test_a_row_tells_what_the_lines_say(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(project="cafe", use="research"))
    row = {
        "session": SESSION,
        "project": "cafe",
        "contributor": "mine",
        "editor": "Neovim 0.7.2",
        "started_at": "2026-11-01T09:00:00.000Z",
        "ended_at": "2026-11-01T09:00:01.001Z",
        "events": 9,
        "last_seq": 8,
        "complete": True,
        "verified": True,
        "use": "research",
        "consent": "content",
        "revision": 0,
        "languages": ["python"],
        "has_tests": False,
        "has_completions": False,
        "study": None,
        "condition": None,
    }
    assert collector.ask(mine, "GET", "/v1/sessions").json() == {"sessions": [row], "next": None}
    assert collector.ask(mine, "GET", f"/v1/sessions/{SESSION}").json() == {**row, "acked": 8}


def test_a_save_that_does_not_fit_is_not_verified(collector: Collector, mine: str) -> None:
    lines = session_lines()
    lines[7] = lines[7].replace(b'"sha256":"', b'"sha256":"0')
    collector.send(mine, lines)
    (row,) = collector.ask(mine, "GET", "/v1/sessions").json()["sessions"]
    assert row["verified"] is False


def test_a_session_that_still_grows_is_not_judged(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines()[:-1])
    (row,) = collector.ask(mine, "GET", "/v1/sessions").json()["sessions"]
    assert (row["complete"], row["verified"]) == (False, None)


def test_the_narrowest_use_of_a_session_is_its_use(collector: Collector, mine: str) -> None:
    lines = session_lines(use="research")[:2]
    for seq, use in enumerate(("private", "public"), 2):
        lines.append(line(seq, "consent", level="content", use=use, policy="p"))
    collector.send(mine, lines)
    assert collector.ask(mine, "GET", f"/v1/sessions/{SESSION}").json()["use"] == "private"


def test_what_changed_is_asked_for_page_by_page(collector: Collector, mine: str) -> None:
    ids = [f"0193f5a0-1c00-7000-8000-00000000000{number}" for number in range(3)]
    for session in ids:
        collector.send(mine, session_lines(session=session)[:4], session)
    collector.send(mine, session_lines(session=ids[0]), ids[0])
    collector.app.state.limits = Limits(rows_max=2)
    first = collector.ask(mine, "GET", "/v1/sessions").json()
    second = collector.ask(mine, "GET", "/v1/sessions", params={"changed_after": first["next"]}).json()
    assert [[row["session"] for row in page["sessions"]] for page in (first, second)] == [ids[1:], ids[:1]]
    assert second["next"] is None


def test_a_nul_in_a_header_is_kept_in_the_line_and_harms_nobody_else(collector: Collector, mine: str) -> None:
    lines = session_lines(editor={"name": "Neo\0vim", "version": "1"})
    assert collector.send(mine, lines).json() == {"acked": 8}
    assert collector.lines(mine) == lines
    assert collector.row(mine)["editor"] == "Neo\ufffdvim 1"

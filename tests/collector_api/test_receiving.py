"""Lines that come again with more of them masked: the store masks what it has as well."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector_api.lines.redactions import Redaction
from collector_api.lines.remasking import remasked
from pairlog.events import PositionEncoding, Run, Save
from pairlog.line import encode
from pairlog.masking import Span, mask
from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines
from tests.collector_api.secret import (
    SECRET,
    masked_lines,
    secret_lines,
    send_unpacked,
)
from tests.collector_api.test_live import Watching
from tests.collector_api.test_redacted_blobs import NEW, OLD, PAIR, opens


def test_a_frame_that_came_unmasked_is_masked_by_the_one_that_follows(
    collector: Collector, mine: str
) -> None:
    send_unpacked(collector, mine, secret_lines()[:5])
    watching = Watching(collector, mine)
    watching.count(5)
    assert collector.holds(SECRET)
    assert collector.send(mine, masked_lines()).json() == {"acked": 5}
    assert collector.lines(mine) == masked_lines()
    row = collector.row(mine)
    assert (row["verified"], row["revision"]) == (True, 1)
    counted, kept = collector.bytes_counted()
    assert counted == kept
    assert not collector.holds(SECRET)
    ((name, _, body),) = watching.count(1)
    assert (name, [span[:2] for span in body["spans"]]) == (
        "redaction",
        [[2, "/changes/0/4"], [4, "/output"]],
    )


def test_the_unmasked_frame_may_come_late_once_more(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    collector.send(mine, masked_lines())
    assert collector.send(mine, secret_lines()).json() == {"acked": 5}
    assert collector.send(mine, masked_lines()).json() == {"acked": 5}
    assert collector.lines(mine) == masked_lines()
    assert collector.row(mine)["revision"] == 1


def test_what_two_know_adds_up(collector: Collector, mine: str) -> None:
    lines = secret_lines()
    collector.send(mine, lines)
    collector.redact(mine, spans=[[2, "/changes/0/4", 0, 3]])
    (other,) = mask(lines[2:3], [Span(2, "/changes/0/4", 7, 4)], "utf-16")
    collector.send(mine, [lines[0], lines[1], other, *lines[3:]])
    spans = [Span(2, "/changes/0/4", 0, 3), Span(2, "/changes/0/4", 7, 4)]
    assert collector.lines(mine) == list(mask(lines, spans, "utf-16"))


def test_another_line_beside_a_masked_one_is_still_a_conflict(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    other = masked_lines()
    other[5] = other[5].replace(b"shutdown", b"idle")
    assert problem(collector.send(mine, other)) == (409, "conflict")
    assert collector.lines(mine) == secret_lines()
    assert collector.row(mine)["revision"] == 0


def test_a_blob_is_replaced_by_the_one_that_comes_instead(collector: Collector, mine: str) -> None:
    collector.put(mine, OLD)
    collector.send(mine, opens(OLD))
    assert problem(collector.send(mine, opens(NEW))) == (422, "blob")
    collector.put(mine, NEW)
    assert collector.send(mine, opens(NEW)).json() == {"acked": 2}
    assert collector.lines(mine) == opens(NEW)
    assert not collector.holds(OLD)


def test_no_other_text_passes_for_a_masked_one(collector: Collector, mine: str) -> None:
    run = line(1, "run", id="r", phase="output", output="a\nb")
    collector.send(mine, [session_lines()[0], run])
    for output in ("***", "a\nc", "*\n**", "*\n", "a\n*b", "", "A\n*"):
        again = line(1, "run", id="r", phase="output", output=output)
        assert problem(collector.send(mine, [session_lines()[0], again])) == (409, "conflict")
    assert collector.lines(mine)[1] == run


TEXTS = st.text(st.sampled_from("ab*é€𝒳\n\r"), max_size=12)


@given(
    text=TEXTS,
    ranges=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=3),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
def test_what_masking_did_is_found_again(
    text: str, ranges: list[tuple[int, int]], encoding: PositionEncoding
) -> None:
    before = encode(Run(seq=4, t=4, id="r", phase="output", output=text))
    (after,) = mask([before], [Span(4, "/output", *place) for place in ranges], encoding)
    found = remasked(before, after, encoding)
    assert found is not None
    assert list(mask([before], found.spans, encoding)) == [after]
    assert (found.saves, found.blobs) == ((), ())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"sha256": "new", "sha256_of": "masked"}, Redaction("", saves=((3, "new"),))),
        ({"sha256": "old", "sha256_of": "mismatch"}, Redaction("", saves=((3, None),))),
        ({"sha256": "new", "sha256_of": "text"}, None),
        ({"sha256": "new", "sha256_of": "mismatch"}, None),
    ],
)
def test_a_save_says_what_became_of_it(fields: dict[str, str], expected: Redaction | None) -> None:
    before = encode(Save(seq=3, t=3, doc=1, sha256="old", sha256_of="text"))
    assert remasked(before, line(3, "save", doc=1, **fields), "utf-16") == expected


def test_hashes_of_other_sessions_stay_out_of_it(collector: Collector, mine: str) -> None:
    other = SESSION.replace("aa", "bb")
    collector.put(mine, OLD)
    collector.put(mine, NEW)
    collector.send(mine, opens(OLD))
    collector.send(mine, opens(OLD, other), other)
    collector.send(mine, opens(NEW))
    assert collector.lines(mine, other) == opens(OLD, other)
    assert collector.ask(mine, "GET", f"/v1/blobs/{sha256(OLD).hexdigest()}").status_code == 200
    assert PAIR[0] != PAIR[1]

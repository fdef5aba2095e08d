"""What lines become by what was taken back, wherever the frames are cut."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from collector_api.limits import Limits
from collector_api.lines.decoder import read_lines
from collector_api.lines.intake import check_order, new_lines
from collector_api.lines.redactions import Redaction, Window
from collector_api.lines.rewriting import Rewriting
from pairlog.intervals import Intervals
from pairlog.masking import Span, mask
from tests.collector_api.driver import SESSION, line, session_lines

LINES = read_lines(session_lines(12), SESSION, Limits())
LAST = LINES[-1].seq


@given(
    windows=st.lists(st.tuples(st.integers(1, LAST + 2), st.integers(0, LAST + 2)), max_size=3),
    cuts=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=6),
)
def test_forgotten_lines_never_arrive_and_the_others_all_do(
    windows: list[tuple[int, int]], cuts: list[tuple[int, int]]
) -> None:
    taken_back = Rewriting(windows=[Window(first, first + more) for first, more in windows])
    gone = {seq for first, more in windows for seq in range(first, first + more + 1)} - {LAST}
    stored: dict[int, bytes] = {}
    expected = 0
    for back, count in (*cuts, (LAST + 1, LAST + 1)):
        begin = max(0, expected - back)
        frame = taken_back.arriving(LINES[begin : begin + count], expected)
        check_order(frame)
        for fresh in new_lines(frame, expected, stored, taken_back.excuses):
            stored[fresh.seq] = fresh.raw
            expected = fresh.next
    kept = {one.seq: one.raw for one in LINES if one.seq not in gone}
    assert expected == LAST + 1
    assert {seq: raw for seq, raw in stored.items() if seq not in gone} == kept
    assert all(json.loads(raw)["type"] == "forget" for seq, raw in stored.items() if seq in gone)


def test_a_line_that_forgets_itself_goes_on_where_the_store_ends() -> None:
    """The sender took the window back in its outbox too: its line begins before what is stored ends."""
    taken_back = Rewriting(windows=[Window(3, 9)])
    lines = read_lines([line(3, "forget", through=9), line(10, "resume")], SESSION, Limits())
    arrived = taken_back.arriving(lines, 6)
    assert [(one.seq, one.next) for one in new_lines(arrived, 6, {}, taken_back.excuses)] == [
        (6, 10),
        (10, 11),
    ]


@given(
    spans=st.lists(st.tuples(st.integers(0, LAST), st.integers(0, 2), st.integers(0, 2)), max_size=8),
    cut=st.integers(0, LAST),
)
def test_a_session_masked_in_two_parts_is_the_session_masked(
    spans: list[tuple[int, int, int]], cut: int
) -> None:
    named = tuple(Span(seq, "/changes/0/4", start, length) for seq, start, length in spans)
    taken_back = Rewriting([Redaction("r1", named[:4]), Redaction("r2", named[4:])])
    raws = [one.raw for one in LINES]
    parts = [
        *taken_back.rewritten(raws[:cut], 0, cut - 1, "utf-16"),
        *taken_back.rewritten(raws[cut:], cut, LAST, "utf-16"),
    ]
    assert parts == list(mask(raws, named, "utf-16"))


DIGESTS = [letter * 64 for letter in "abcd"]


@given(
    pairs=st.lists(st.tuples(st.sampled_from(DIGESTS), st.sampled_from(DIGESTS)), max_size=8),
    cut=st.integers(0, 8),
    name=st.sampled_from(DIGESTS),
)
def test_a_blob_is_replaced_by_one_redaction_after_the_other(
    pairs: list[tuple[str, str]], cut: int, name: str
) -> None:
    redactions = [Redaction("r1", blobs=tuple(pairs[:cut])), Redaction("r2", blobs=tuple(pairs[cut:]))]
    final = name
    for old, new in pairs:
        final = new if old == final else final
    for kind, field in (("open", "blob"), ("workspace", "manifest")):
        before, after = (
            json.dumps({"seq": 3, "t": 1, "type": kind, field: it}).encode() for it in (name, final)
        )
        assert Rewriting(redactions).rewritten([before], 3, 3, "utf-16") == [after]


def test_a_line_that_only_mentions_a_blob_stays() -> None:
    redactions = [Redaction("r1", blobs=((DIGESTS[0], DIGESTS[1]),))]
    said = line(3, "open", doc=1, path="a", why="opened", source="editor", text=f'the "blob" {DIGESTS[0]}')
    assert Rewriting(redactions).rewritten([said], 3, 3, "utf-16") == [said]


def test_a_span_of_a_line_that_was_forgotten_masks_nothing_of_what_stands_there_now() -> None:
    rebased = line(4, "open", doc=1, path="a", why="after_forget", source="editor", text="kept")
    redaction = Redaction("r1", (Span(4, "/text", 0, 4),))
    assert Rewriting([redaction], made=Intervals([(3, 5)])).rewritten([rebased], 4, 4, "utf-16") == [rebased]
    assert b'"****"' in Rewriting([redaction]).rewritten([rebased], 4, 4, "utf-16")[0]

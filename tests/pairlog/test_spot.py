from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import Document, split_lines
from pairlog.events import PositionEncoding
from pairlog.position import units
from pairlog.spot import Side, Spot

texts = st.text(alphabet="ab\n\r\U0001f600\u00e9", max_size=8)
encodings: st.SearchStrategy[PositionEncoding] = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def place(text: str, offset: int, encoding: PositionEncoding) -> tuple[int, int]:
    rows = split_lines(text[:offset])
    return len(rows) - 1, units(rows[-1], encoding)


@given(texts, texts, texts, texts, st.data(), encodings)
def test_a_spot_is_where_its_text_stands_whatever_is_done_around_it(
    before: str, written: str, behind: str, new: str, data: st.DataObject, encoding: PositionEncoding
) -> None:
    before, written, behind, new = (it.replace("\r", "\r\n") for it in (before, written, behind, new))
    whole = before + written + behind
    first, last = len(before), len(before) + len(written)
    breaks = [at for at in range(len(whole) + 1) if whole[at - 1 : at + 1] != "\r\n"]
    start, end = sorted(data.draw(st.tuples(*[st.sampled_from(breaks)] * 2)))
    spot = Spot(*place(whole, first, encoding), encoding, written)
    change = (*place(whole, start, encoding), *place(whole, end, encoding), new)
    document = Document(whole, encoding)
    document.apply([change])

    side, moved = spot.follow(change)

    if first <= start and end <= last:
        assert (side, moved.written) == (Side.INSIDE, whole[first:start] + new + whole[end:last])
        expected = first
    elif end <= first:
        assert side in (Side.ABOVE, Side.BESIDE)
        expected = first - (end - start) + len(new)
    elif start > last:
        assert (side, moved) == (Side.BESIDE, spot)
        expected = first
    else:
        assert (side, moved) == (Side.ACROSS, spot)
        return
    assert (moved.line, moved.column) == place(document.text, expected, encoding)

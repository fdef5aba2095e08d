from __future__ import annotations

import gzip
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.frame import FrameError, pack, read, read_pieces, unpack, whole_lines

# A line of plain NDJSON begins with a brace, which is how a reader tells it from gzip.
lines = st.lists(
    st.binary(max_size=60).filter(lambda line: b"\n" not in line).map(lambda line: b"{" + line), min_size=1
)


@given(st.lists(lines, min_size=1, max_size=4))
def test_frames_in_a_row_read_as_their_lines_however_they_are_cut(frames: list[list[bytes]]) -> None:
    data = b"".join(pack(frame) for frame in frames)
    expected = [line for frame in frames for line in frame]
    assert [line for frame in frames for line in unpack(pack(frame), len(data) * 100)] == expected
    assert list(read(io.BytesIO(data))) == expected
    assert list(read(io.BytesIO(gzip.decompress(data)))) == expected
    assert list(read_pieces(data[at : at + 1] for at in range(len(data)))) == expected


@given(lines)
def test_the_same_lines_pack_to_the_same_bytes(frame: list[bytes]) -> None:
    assert pack(frame) == pack(list(frame))


@given(lines, st.data())
def test_a_torn_export_gives_its_whole_lines_and_then_says_so(
    frame: list[bytes], data: st.DataObject
) -> None:
    plain = b"".join(line + b"\n" for line in frame)
    cut = data.draw(st.integers(1, len(plain) - 1))
    kept, tail = whole_lines(plain[:cut])
    seen: list[bytes] = []
    if tail:
        with pytest.raises(FrameError, match="torn"):
            _keep(seen, plain[:cut])
    else:
        seen = list(read(io.BytesIO(plain[:cut])))
    assert seen == kept


def test_reading_empty_members_takes_no_longer_than_they_are_many() -> None:
    """Where the time grows with the square of their number, this takes half a minute."""
    data = pack([b"{1"]) + pack([]) * 200_000 + pack([b"{2"])
    assert list(read_pieces([data])) == [b"{1", b"{2"]


def _keep(seen: list[bytes], data: bytes) -> None:
    # `extend` keeps what came before the error.
    seen.extend(read(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain", "not gzip"),
        (pack([b"a"])[:-4], "cut short"),
        (pack([b"a"]) + b"rest", "more behind its gzip member"),
        (pack([b"a"]) + pack([]) * 200_000, "more behind its gzip member"),
        (gzip.compress(b"no line break", mtime=0), "no line break"),
        (pack([b"0" * 2_000_000]), "more than 1000000 bytes"),
        (pack([b"0" * 200]), "a line of 200 bytes"),
    ],
)
def test_what_is_no_frame_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        unpack(data, 1_000_000, 100)


def test_an_export_whose_last_frame_is_cut_says_so_after_the_whole_lines() -> None:
    data = pack([b"a", b"b"]) + pack([b"c"])[:-6]
    seen: list[bytes] = []
    with pytest.raises(FrameError, match=r"cut short|torn"):
        _keep(seen, data)
    assert seen[:2] == [b"a", b"b"]


def test_a_line_without_an_end_is_left_before_it_fills_the_memory() -> None:
    endless = gzip.compress(b"0" * 2**28, 1)
    tracemalloc.start()
    with pytest.raises(FrameError, match="a line of more than 16777216 bytes"):
        list(read(io.BytesIO(endless)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**27

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.sending.outbox import Outbox, last_seq

LINES = [b'{"seq":%d,"t":0,"type":"focus","focused":true}' % seq for seq in range(10)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    outbox = Outbox(tmp_path / "outbox")
    outbox.append(LINES[:5])
    outbox.append(LINES[5:])
    outbox.close()
    return outbox.path


def test_it_goes_on_where_an_earlier_sender_stopped_at_whatever_byte(path: Path) -> None:
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        outbox = Outbox(path)
        assert outbox.expected == whole[:cut].count(b"\n")
        outbox.append(LINES[outbox.expected :])
        outbox.close()
        assert path.read_bytes() == whole


def test_batches_end_at_the_limit_of_lines_or_bytes_but_hold_one_line(path: Path) -> None:
    outbox = Outbox(path)
    assert outbox.batch(0, 3, 1 << 20).lines == LINES[:3]
    assert outbox.batch(0, 100, 2 * len(LINES[0])).lines == LINES[:2]
    assert outbox.batch(outbox.offset_behind(3), 100, 1).lines == LINES[4:5]
    assert outbox.batch(outbox.offset_behind(9), 100, 1 << 20) == ([], outbox.size)


def test_a_line_that_stands_for_more_than_a_seq_lies_behind_it(path: Path) -> None:
    outbox = Outbox(path)
    taken_back = b'{"seq":4,"t":0,"type":"forget","through":9}'
    outbox.rewrite([*LINES[:4], taken_back])
    behind = [outbox.batch(outbox.offset_behind(seq), 9, 1 << 20).lines for seq in (3, 4, 8, 9)]
    assert behind == [[taken_back], [taken_back], [taken_back], []]


def test_lines_are_replaced_in_their_places(path: Path) -> None:
    outbox = Outbox(path)
    instead = {
        LINES[9]: b'{"seq":9,"t":0,"type":"end","reason":"shutdown"}',
        LINES[4]: b'{"seq":4,"t":0,"type":"gap","reason":"refused"}',
    }
    outbox.rewrite([instead.get(line, line) for line in LINES])
    assert outbox.is_ended and outbox.size == path.stat().st_size
    assert outbox.batch(outbox.offset_behind(3), 2, 1 << 20).lines == [instead[LINES[4]], LINES[5]]


def test_the_last_seq_of_a_file_is_found_from_its_end(path: Path, tmp_path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b'{"seq":10,"t":0,"ty')
    assert (last_seq(path), last_seq(tmp_path / "none")) == (9, -1)


def test_the_last_seq_is_found_behind_a_line_longer_than_one_look(tmp_path: Path) -> None:
    file = tmp_path / "long.ndjson"
    file.write_bytes(
        b"".join(LINES[i] + b"\n" for i in range(3))
        + b'{"seq":3,"t":0,"type":"edit",'
        + b" " * 900_000
        + b"}\n"
    )
    assert last_seq(file) == 3

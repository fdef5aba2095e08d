from __future__ import annotations

import pytest

from lsp_server.sending.hold import Hold
from lsp_server.sending.pace import Pace


def edit(*lines: int, doc: int = 1, text: str = "x") -> bytes:
    changes = ",".join(f'[{line},0,{line},0,"{text}"]' for line in lines)
    return f'{{"seq":1,"t":1,"type":"edit","doc":{doc},"changes":[{changes}]}}'.encode()


def select(line: int, doc: int = 1) -> bytes:
    return f'{{"seq":1,"t":1,"type":"select","doc":{doc},"selections":[[0,0,{line},3]]}}'.encode()


def other(kind: str) -> bytes:
    return f'{{"seq":1,"t":1,"type":"{kind}","doc":1}}'.encode()


@pytest.fixture
def hold() -> Hold:
    return Hold(Pace(hold_s=10, hold_max_s=60))


def test_what_is_no_edit_leaves_at_once(hold: Hold) -> None:
    lines = [other("session"), other("open"), select(3), other("run")]
    assert hold.take(lines, 0) == lines


def test_an_edit_waits_while_its_line_is_written_and_all_behind_it_waits_too(hold: Hold) -> None:
    assert hold.take([edit(3), edit(3), other("focus"), select(3)], 0) == []


@pytest.mark.parametrize("elsewhere", [edit(4), edit(3, doc=2), edit(9, 8), edit(4, text='\\"[')])
def test_an_edit_elsewhere_releases_what_was_before_it(elsewhere: bytes, hold: Hold) -> None:
    assert hold.take([edit(3), other("focus"), elsewhere], 0) == [edit(3), other("focus")]
    assert hold.release() == [elsewhere]


@pytest.mark.parametrize("elsewhere", [select(4), select(3, doc=2)])
def test_a_cursor_elsewhere_releases_the_edits_and_leaves_with_them(elsewhere: bytes, hold: Hold) -> None:
    assert hold.take([edit(3), elsewhere], 0) == [edit(3), elsewhere]


@pytest.mark.parametrize("kind", ["save", "close", "end"])
def test_a_save_a_close_and_the_end_release_everything(kind: str, hold: Hold) -> None:
    assert hold.take([edit(3), other(kind)], 0) == [edit(3), other(kind)]


def test_edits_at_several_cursors_belong_together(hold: Hold) -> None:
    assert hold.take([edit(9, 3), edit(3), edit(9)], 0) == []


def test_an_edit_leaves_when_its_line_has_rested(hold: Hold) -> None:
    assert hold.take([edit(3)], 0) == []
    assert hold.take([edit(3)], 9) == []
    assert hold.take([], 18) == []
    assert hold.take([], 19) == [edit(3)] * 2


def test_an_edit_leaves_at_the_latest_after_a_minute(hold: Hold) -> None:
    taken = [hold.take([edit(3)], float(second)) for second in range(61)]
    assert taken == [[]] * 60 + [[edit(3)] * 61]


def test_more_than_a_person_types_is_let_go(hold: Hold) -> None:
    large = edit(3, text="x" * 1024 * 1024)
    assert hold.take([large] * 4, 0) == [large] * 4


@pytest.mark.parametrize("unread", [b"\x00" * 40, b'{"seq":1,"t":1,"type":"edit","doc":', b""])
def test_a_line_that_cannot_be_read_keeps_its_place(unread: bytes, hold: Hold) -> None:
    assert hold.take([unread, edit(3), unread, edit(4)], 0) == [unread, edit(3), unread]

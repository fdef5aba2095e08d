"""Every line comes back from the columns byte for byte: of every type, and of types and fields to come."""

from __future__ import annotations

import io
import json
from dataclasses import MISSING, fields, replace
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector_api.lake.columns import rows
from collector_api.lake.lines import GROUP_ROWS, LinesFile, LinesWriter
from collector_api.lake.place import LakeError
from pairlog.events import TYPES, Edit, Event, Select
from pairlog.line import encode
from pairlog.source import SessionInfo
from tests.collector_api.driver import SESSION, line

INFO = SessionInfo(
    session=SESSION,
    project=None,
    contributor="mine",
    editor="Neovim 0.7.2",
    started_at="2026-11-01T09:00:00.000Z",
    ended_at=None,
    events=0,
    last_seq=0,
    complete=True,
    verified=None,
    use="private",
    consent="content",
    revision=0,
)

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
#: Anything but surrogates, which never get as far as the store.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a declared type."""
    known = {int: NUMBERS, str: WORDS, bool: st.booleans(), float: st.floats(0, 1), Any: NUMBERS | WORDS}
    if hint in known:
        return known[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin is list:
        return st.lists(_values(args[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(WORDS, _values(args[1]), max_size=3)
    if origin is tuple:
        return st.tuples(*map(_values, args)).map(list)
    if type(None) in args:
        return _values(args[0])
    return st.sampled_from(args)


@st.composite
def events(draw: st.DrawFn) -> Event:
    cls = draw(st.sampled_from([*TYPES.values(), *[Edit, Select] * 8]))
    hints = get_type_hints(cls)
    values = {
        field.name: draw(_values(hints[field.name]))
        for field in fields(cls)
        if field.default is MISSING or draw(st.booleans())
    }
    return cls(**values)


def _as_others_write(body: dict[str, Any], how: int) -> bytes:
    """The same event as another program may write it, or a later version of this one."""
    if how == 1:
        return json.dumps(body).encode()
    if how == 2:
        return json.dumps(dict(reversed(body.items())), ensure_ascii=False, separators=(",", ":")).encode()
    later = {3: {"later": [None, 1.5]}, 4: {"type": "telepathy"}, 5: {"version": None, "doc": True}}
    return json.dumps({**body, **later[how]}, ensure_ascii=False, separators=(",", ":")).encode()


@st.composite
def sessions(draw: st.DrawFn) -> list[bytes]:
    lines: list[bytes] = []
    for seq, event in enumerate(draw(st.lists(events(), max_size=12))):
        plain = encode(replace(event, seq=seq * 2, t=seq))
        how = draw(st.integers(0, 5))
        lines.append(plain if how == 0 else _as_others_write(json.loads(plain), how))
    return lines


def _file(*of: list[bytes]) -> LinesFile:
    writer = LinesWriter()
    for number, lines in enumerate(of):
        writer.add(replace(INFO, session=str(number)), lines)
    return LinesFile(io.BytesIO(writer.finish()))


@settings(deadline=None)
@given(sessions(), sessions())
def test_what_goes_in_comes_out_byte_for_byte(one: list[bytes], other: list[bytes]) -> None:
    file = _file(one, other)
    assert list(file.lines("0")) == one
    assert list(file.lines("1")) == other


@settings(deadline=None)
@given(events(), st.integers(1, 5))
def test_what_the_recorder_writes_of_keys_and_cursors_needs_no_raw_line(event: Event, doc: int) -> None:
    edit = Edit(seq=1, t=2, doc=doc, changes=[(0, 1, 0, 2, "x\né\u2028"), (3, 0, -1, 0, "")], cause="typed")
    select = Select(seq=2, t=2, doc=doc, selections=[(0, 1, 0, 2)])
    kept = [row for line_ in (encode(edit), encode(select)) for row in rows(SESSION, line_)]
    assert [row.get("raw") for row in kept] == [None, None, None]
    assert [row.get("text") for row in kept] == ["x\né\u2028", "", None]


@pytest.mark.parametrize(
    "odd",
    [
        line(1, "edit", doc=1, changes=[]),
        line(1, "edit", doc=2**31, changes=[[0, 0, 0, 0, ""]]),
        line(1, "edit", doc=1, changes=[[0, 0, 0, 2**40, ""]]),
        line(1, "edit", doc=1, changes=[[0, 0, 0, "", 0]]),
        line(1, "select", doc=1, selections=[[0, 0, 0, 0, "text"]]),
        b'{"seq":1,"t":1,"type":"edit","doc":1,"changes":[[0,0,0,-0,"a"]]}',
        b'{"seq":1,"t":1,"type":"edit","doc":1,"changes":[[0,0,0,0,"\\u0061"]]}',
        b'{"seq":1,"t":1,"type":"edit","doc":1,"doc":1,"changes":[[0,0,0,0,"a"]]}',
        b'{"seq":1,"t":1,"type":"edit","doc":1,"changes":[[0,0,0,0,"a"]],"big":' + b"9" * 5_000 + b"}",
    ],
)
def test_what_does_not_fit_is_kept_as_it_is(odd: bytes) -> None:
    assert list(_file([odd]).lines("0")) == [odd]


def test_a_line_of_many_changes_may_lie_across_groups_of_rows() -> None:
    change = (0, 0, 0, 0, "x")
    lines = [
        encode(Edit(seq=0, t=0, doc=1, changes=[change] * (GROUP_ROWS - 2))),
        encode(Edit(seq=1, t=0, doc=1, changes=[change] * (GROUP_ROWS + 5))),
        encode(Edit(seq=2, t=0, doc=1, changes=[change])),
    ]
    file = _file(lines, lines[:1])
    assert list(file.lines("0")) == lines
    assert list(file.lines("1")) == lines[:1]


def test_a_file_that_is_none_is_told() -> None:
    with pytest.raises(LakeError, match="not a lake file"):
        LinesFile(io.BytesIO(b"PAR1 and nothing"))

"""The compiled decoders follow `pairlog/events.py`, whatever stands there."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from collector_api.database.tables import Frame
from collector_api.limits import Limits
from collector_api.lines.decoder import STRUCTS, read_lines
from collector_api.problems import BadLine
from pairlog.events import TYPES, Event
from pairlog.frame import pack
from pairlog.line import decode, encode
from tests.collector_api.driver import SESSION, Collector, line, session_lines

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_small = st.integers(0, 10**6)
_json = st.recursive(
    st.none() | st.booleans() | _small | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)

_later = st.dictionaries(_text.map(lambda name: f"x-{name}"), _json, max_size=3)


def _plain(value: Any) -> Any:
    """A value as JSON has it: a tuple is a list."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _values(hint: Any) -> st.SearchStrategy[Any]:
    plain = {
        int: _small,
        str: _text,
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        Any: _json,
        types.NoneType: st.none(),
    }
    if hint in plain:
        return plain[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(_values, args))
    if origin is list:
        return st.lists(_values(args[0]), max_size=3)
    if origin is tuple:
        return st.tuples(*map(_values, args))
    assert origin is dict
    return st.dictionaries(_text, _values(args[1]), max_size=3)


def _events(cls: type[Event]) -> st.SearchStrategy[Event]:
    hints = get_type_hints(cls)
    return st.builds(cls, **{field.name: _values(hints[field.name]) for field in fields(cls)})


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
def test_an_event_is_read_with_all_its_fields(name: str, data: st.DataObject) -> None:
    written = encode(data.draw(_events(TYPES[name])))
    read = msgspec.json.decode(written, type=STRUCTS[TYPES[name]])
    assert _plain(msgspec.structs.asdict(read)) == _plain(decode(written))


@pytest.mark.parametrize("name", sorted(set(TYPES) - {"session"}))
@given(data=st.data())
def test_a_line_without_a_field_that_it_needs_is_refused(name: str, data: st.DataObject) -> None:
    cls = TYPES[name]
    required = [field.name for field in fields(cls) if field.default is MISSING]
    body = msgspec.json.decode(encode(data.draw(_events(cls))))
    del body[data.draw(st.sampled_from(required))]
    with pytest.raises(BadLine):
        read_lines([msgspec.json.encode(body)], SESSION, Limits())


@given(name=_text.filter(lambda name: name not in TYPES), later=_later)
def test_a_type_of_a_later_version_is_taken_as_it_is(name: str, later: dict[str, Any]) -> None:
    raw = line(1, name, **later)
    (read,) = read_lines([raw], SESSION, Limits())
    assert (read.raw, read.seq, read.next, read.event) == (raw, 1, 2, None)


@given(later=_later)
def test_a_field_of_a_later_version_is_taken_as_it_is(later: dict[str, Any]) -> None:
    raw = line(1, "close", doc=1, **later)
    assert [read.raw for read in read_lines([raw], SESSION, Limits())] == [raw]


def test_the_header_comes_with_its_event() -> None:
    lines = read_lines(session_lines(), SESSION, Limits())
    assert lines[0].event == decode(session_lines()[0])
    assert [one.seq for one in lines] == list(range(9))


@pytest.mark.parametrize("seq", [-1, 2**53, 2**63, 10**30])
def test_a_seq_that_is_out_of_bounds_is_named_as_it_was_written(
    collector: Collector, mine: str, seq: int
) -> None:
    answer = collector.send(mine, [session_lines()[0], line(seq, "close", doc=1)])
    assert (answer.status_code, answer.json()["seq"]) == (422, seq)


@pytest.mark.parametrize("digits", [b'"' + b"7" * 5_000 + b'"', b"0." + b"7" * 5_000])
def test_many_digits_in_a_text_or_behind_a_point_are_taken(digits: bytes) -> None:
    raw = b'{"seq":1,"t":0,"type":"later","a":' + digits + b"}"
    lines = read_lines([session_lines()[0], raw], SESSION, Limits())
    assert [it.raw for it in lines] == [session_lines()[0], raw]


@pytest.mark.parametrize("number", [b"-" + b"7" * 5_000, b"1e999"], ids=["many digits", "beyond all floats"])
def test_a_number_that_is_stored_and_hard_to_read_stops_neither_pages_nor_what_is_taken_back(
    collector: Collector, mine: str, number: bytes
) -> None:
    """A collector of before took both."""
    before = session_lines()
    typed, later = (before[seq][:-1] + b',"later":%b}' % number for seq in (2, 4))
    lines = [*before[:2], typed, before[3], later, *before[5:]]
    collector.send(mine, before)
    collector.store.written(
        lambda connection: connection.execute(update(Frame).values(data=pack(lines))).rowcount
    )

    pages = [f"/sessions/{SESSION}", f"/sessions/{SESSION}/documents/1"]
    assert [collector.ask(mine, "GET", page).status_code for page in pages] == [200, 200]
    assert collector.redact(mine, spans=[[2, "/changes/0/4", 0, 1]]).json() == {"revision": 1}
    assert collector.forget(mine, 3, 3).json()["revision"] == 2
    masked, kept = (json.loads(collector.lines(mine)[seq]) for seq in (2, 4))
    assert masked["changes"][0][4] == "*"
    assert abs(masked["later"]) == sys.float_info.max
    assert kept["seq"] == 4
    assert [collector.ask(mine, "GET", page).status_code for page in pages] == [200, 200]

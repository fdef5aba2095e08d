"""Every field of every event at every level of consent."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from dataclasses import fields, make_dataclass
from itertools import count
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector_api.limits import Limits
from collector_api.lines.decoder import read_lines
from pairlog.document import sha256
from pairlog.events import (
    TYPES,
    Close,
    Consent,
    Edit,
    End,
    Event,
    Open,
    Save,
    Session,
    Workspace,
    hashes,
    kinds,
    required,
)
from pairlog.ids import keyed
from pairlog.line import decode, encode
from pairlog.replay import Player, Verdict, verify
from pairlog.stripping import in_force, size, strip

KEY = b"k" * 32
SESSION = "0198c1f0-0000-7000-8000-000000000001"
FIELDS = [(cls, field.name) for cls in TYPES.values() for field in fields(cls)]
WITHOUT_HASHES = [cls for cls in TYPES.values() if cls is not Workspace]


def value_of(hint: Any, words: Iterator[str]) -> Any:
    """A value of a declared type in which each string that may be any is another one."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return args[-1]
    if origin in (Union, types.UnionType):
        return value_of(args[0], words)
    if origin is list:
        return [value_of(args[0], words) for _ in range(2)]
    if origin is tuple:
        return [value_of(arg, words) for arg in args]
    if origin is dict:
        return {next(words): value_of(args[1], words) for _ in range(2)}
    if hint is str:
        return next(words)
    if hint is Any:
        return {next(words): [next(words), 7, None, {next(words): next(words)}]}
    return {int: 3, float: 0.5, bool: True}[hint]


def full(cls: type[Event]) -> Event:
    """An event with all its fields."""
    words = (f"Größe-{number}\r\n{cls.type}\n" for number in count())
    values = {name: value_of(hint, words) for name, hint in get_type_hints(cls).items() if name != "type"}
    if cls is Session:
        values |= {"seq": 0, "wire": 1, "session": SESSION, "started_at": "2026-11-23T09:00:00Z"}
        values |= {"study": "Größe-1", "condition": "Größe-2"}
    return cls(**values)


def strings(value: Any) -> Iterator[str]:
    """All strings in a value, the keys of its objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings(item)


def hashed(word: str) -> str:
    return keyed(KEY, word)


def expected(value: Any, kind: str) -> Any:
    """A value as the level `metadata` lets it leave."""
    if isinstance(value, str):
        return value if kind == "plain" else size(value) if kind == "text" else hashed(value)
    if isinstance(value, list):
        return [expected(item, kind) for item in value]
    if isinstance(value, dict):
        return {name if kind == "plain" else hashed(name): expected(it, kind) for name, it in value.items()}
    return value


def stripped(event: Event, level: Any = "metadata") -> dict[str, Any]:
    line = strip(encode(event), level, KEY)
    assert line is not None
    body: dict[str, Any] = json.loads(line)
    return body


@pytest.mark.parametrize(("cls", "name"), FIELDS, ids=[f"{cls.type}.{name}" for cls, name in FIELDS])
def test_a_field_leaves_at_level_metadata_as_its_kind_says(cls: type[Event], name: str) -> None:
    event = full(cls)
    value, kind = getattr(event, name), kinds(cls)[name]
    line = strip(encode(event), "metadata", KEY)
    if line is None:
        assert hashes(cls) & {field.name for field in fields(cls) if field.default is not None}
        return
    if kind != "plain":
        told = [json.dumps(word, ensure_ascii=False).encode()[1:-1] for word in strings(value)]
        assert [word for word in told if word in line] == []
    if (cls, name) in (*((cls, name) for name in hashes(cls)), (Session, "consent"), (Consent, "level")):
        assert json.loads(line).get(name) in (None, "metadata")
    else:
        assert json.loads(line)[name] == expected(value, kind)


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_at_level_workspace_every_line_leaves_as_it_is_and_at_off_none(cls: type[Event]) -> None:
    line = encode(full(cls))
    assert strip(line, "workspace", KEY) is line
    assert strip(line, "off", KEY) is None


@pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES)
def test_at_level_content_only_the_tracked_files_stay_at_home(cls: type[Event]) -> None:
    event = full(cls)
    if cls is Workspace:
        assert strip(encode(event), "content", KEY) is None
    elif isinstance(event, (Session, Consent)):
        before = json.loads(encode(event))
        name = "consent" if cls is Session else "level"
        assert stripped(event, "content") == {**before, name: "content"}
    else:
        assert strip(encode(event), "content", KEY) == encode(event)


@pytest.mark.parametrize("cls", WITHOUT_HASHES, ids=lambda cls: cls.type)
def test_a_stripped_line_is_still_an_event_for_everybody(cls: type[Event]) -> None:
    line = strip(encode(full(cls)), "metadata", KEY)
    assert line is not None
    assert encode(decode(line)) == line
    (read,) = read_lines([line], SESSION, Limits())
    assert read.raw == line


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_free = st.recursive(
    st.none() | st.integers(0, 9) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)


@given(added=st.lists(st.dictionaries(_text, _free, max_size=3)), runtime=st.dictionaries(_text, _text))
def test_the_names_in_an_object_are_content_too(added: list[dict[str, Any]], runtime: dict[str, str]) -> None:
    line = json.dumps({"seq": 1, "t": 1, "type": "diagnostics", "doc": 1, "counts": {}, "added": added})
    out = strip(line.encode(), "metadata", KEY)
    assert out is not None and json.loads(out)["added"] == expected(added, "text")
    line = json.dumps({"seq": 1, "t": 1, "type": "vcs", "action": "push", "id": runtime})
    out = strip(line.encode(), "metadata", KEY)
    assert out is not None and json.loads(out)["id"] == expected(runtime, "identifier")


def test_a_field_and_a_type_that_are_declared_nowhere_do_not_leave() -> None:
    line = b'{"seq":1,"t":1,"type":"close","doc":1,"later":"secret","seq2":{"a":1}}'
    assert strip(line, "metadata", KEY) == b'{"seq":1,"t":1,"type":"close","doc":1}'
    assert strip(b'{"seq":1,"t":1,"type":"telepathy","of":"secret"}', "metadata", KEY) is None
    assert strip(line, "content", KEY) == line


def test_a_new_field_must_have_a_kind_that_is_treated(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = make_dataclass(
        "Odd", [("mood", str, required("secret"))], bases=(Event,), namespace={"type": "odd"}, kw_only=True
    )
    monkeypatch.setitem(TYPES, "odd", odd)
    assert (
        strip(b'{"seq":1,"t":1,"type":"odd","mood":"x"}', "metadata", KEY) == b'{"seq":1,"t":1,"type":"odd"}'
    )
    assert {kind for cls, name in FIELDS for kind in [kinds(cls)[name]]} == {
        "plain",
        "path",
        "identifier",
        "text",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "0,1"),
        ("a", "1,1"),
        ("a\n", "2,2"),
        ("\r\n\r\n", "4,3"),
        ("a\rb", "3,2"),
        ("\U0001f600\u2028", "3,1"),
    ],
)
def test_a_size_counts_units_of_utf_16_and_lines_as_editors_do(text: str, told: str) -> None:
    assert size(text) == told


OPEN: dict[str, Any] = {"seq": 1, "t": 1, "doc": 1, "path": "a.py", "why": "opened", "source": "editor"}


@pytest.mark.parametrize(
    ("blob", "text"), [(sha256("a\nb"), "3,2"), (sha256("gone"), None), ("70000,12", "70000,12")]
)
def test_an_open_with_a_blob_tells_its_size_where_that_is_known(blob: str, text: str | None) -> None:
    kept = {sha256("a\nb"): b"a\nb"}
    line = strip(encode(Open(**OPEN, blob=blob)), "metadata", KEY, kept.get)
    assert line is not None
    told = json.loads(line)
    assert (told.get("text"), "blob" in told) == (text, False)


def header(level: Any) -> bytes:
    event = full(Session)
    assert isinstance(event, Session)
    event.consent, event.position_encoding = level, "utf-16"
    return encode(event)


def consent(seq: int, level: Any) -> bytes:
    return encode(Consent(seq=seq, t=seq, level=level, use="private", policy="2026-11"))


def test_a_line_brings_its_own_level_or_leaves_the_one_in_force() -> None:
    assert in_force(header("metadata"), "workspace") == "metadata"
    assert in_force(consent(3, "off"), "content") == "off"
    assert in_force(encode(Close(seq=1, t=1, doc=1)), "content") == "content"
    spoken = encode(Edit(seq=1, t=1, doc=1, changes=[(0, 0, 0, 0, '"consent"')]))
    assert in_force(spoken, "metadata") == "metadata"


def worked(seq: int, text: str) -> list[bytes]:
    """A document opened with a key typed into it and saved."""
    new = f"x{text}"
    return [
        encode(Open(**{**OPEN, "seq": seq}, text=text)),
        encode(Edit(seq=seq + 1, t=1, doc=1, changes=[(0, 0, 0, 0, "x")])),
        encode(Save(seq=seq + 2, t=1, doc=1, sha256=sha256(new), sha256_of="text")),
    ]


def sent(lines: list[bytes]) -> list[bytes]:
    """Lines as they leave, each at the level in force."""
    level: Any = "off"
    out = []
    for line in lines:
        level = in_force(line, level)
        left = strip(line, level, KEY)
        assert left is not None
        out.append(left)
    return out


def test_a_session_without_texts_has_nothing_to_verify() -> None:
    lines = sent([header("metadata"), *worked(1, "12,1"), encode(End(seq=4, t=4, reason="shutdown"))])
    assert verify(lines) == Verdict(0, None)
    player = Player()
    for line in lines:
        player.feed(decode(line))
    assert [(it.path, it.live, it.document.text) for it in player.documents.values()] == [
        (hashed("a.py"), False, "")
    ]


def test_a_consent_lowered_in_mid_session_leaves_what_was_verified_and_checks_no_more() -> None:
    further = [
        encode(Edit(seq=5, t=1, doc=1, changes=[(0, 0, 0, 1, "")])),
        encode(Save(seq=6, t=1, doc=1, sha256=sha256("a"), sha256_of="text")),
        *worked(7, "b"),
    ]
    assert verify(sent([header("content"), *worked(1, "a"), consent(4, "metadata"), *further])) == Verdict(
        1, True
    )


def test_a_consent_raised_in_mid_session_is_verified_from_the_next_open_on() -> None:
    lines = sent([header("metadata"), *worked(1, "a"), consent(4, "content"), *worked(5, "b")])
    assert verify(lines) == Verdict(1, True)
    edited = [*lines[:5], encode(Edit(seq=5, t=1, doc=1, changes=[(0, 0, 0, 1, "")]))]
    assert verify(edited) == Verdict(0, False, 5, "document 1 was edited before an `open` re-based it")


def test_what_still_waits_when_consent_is_lowered_says_that_it_has_no_texts() -> None:
    lines = [header("workspace"), *worked(1, "a"), consent(4, "content"), *worked(5, "b")]
    assert verify([left for line in lines if (left := strip(line, "metadata", KEY))]) == Verdict(0, None)

"""The golden files of wire format 1: what was once written is read for ever."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pairlog.events import TYPES, Edit, End, Open, Save, Session, Unknown
from pairlog.frame import whole_lines
from pairlog.line import LineError, decode, encode
from pairlog.replay import Player, Verdict, verify
from pairlog.schema import json_schema

GOLDEN = Path(__file__).parent.parent / "golden" / "wire" / "v1"
WHOLE = ("minimal", "full", "unicode", "unknown", "through")
WRITTEN_BY_US = ("minimal", "full", "unicode", "through")


def golden(name: str) -> list[bytes]:
    lines, _ = whole_lines((GOLDEN / f"{name}.ndjson").read_bytes())
    return lines


def blob(sha256: str) -> bytes:
    return (GOLDEN / "blobs" / sha256).read_bytes()


@pytest.mark.parametrize("name", WRITTEN_BY_US)
def test_a_line_is_written_as_it_was_read(name: str) -> None:
    assert [encode(decode(line)) for line in golden(name)] == golden(name)


@pytest.mark.parametrize("name", WHOLE)
def test_a_golden_session_verifies(name: str) -> None:
    saves = sum(b'"save"' in line for line in golden(name))
    assert verify(golden(name), blob) == Verdict(saves, True)


@pytest.mark.parametrize("name", WRITTEN_BY_US)
def test_a_line_fits_the_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for line in golden(name):
        validator.validate(json.loads(line))


def test_the_full_file_has_every_type() -> None:
    # `forget` takes lines away, so it stands in `through`.
    assert {decode(line).type for line in golden("full")} == set(TYPES) - {"forget"}


def test_an_unknown_type_and_an_unknown_field_can_be_read_around() -> None:
    events = [decode(line) for line in golden("unknown")]
    assert events[1] == Unknown(
        seq=1, t=1, name="telepathy", fields={"strength": 9.5, "of": {"b": 1, "a": [None]}}
    )
    assert events[3] == Edit(seq=3, t=3, doc=1, changes=[[0, 1, 0, 1, "y"]])


def test_a_torn_tail_is_told_apart_from_the_whole_lines() -> None:
    lines, tail = whole_lines((GOLDEN / "torn.ndjson").read_bytes())
    assert [decode(line).seq for line in lines] == [0, 1, 2]
    assert tail == b'{"seq":3,"t":12,"type":"edit","doc":1,"cha'


def test_after_a_gap_with_through_the_next_seq_is_the_one_behind_it() -> None:
    player = Player()
    for line in golden("through"):
        player.feed(decode(line))
    assert player.seq == 12
    assert player.at("a.py").document.text == "xyz"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"t":1,"type":"end"}', "`seq` is missing"),
        (b'{"seq":true,"t":1,"type":"end"}', "`seq` is missing or not int"),
        (b'{"seq":1,"t":1,"type":"edit"}', "edit without `changes`, `doc`"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_what_is_no_event_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    with pytest.raises(LineError, match=reason):
        decode(line)


HEADER = golden("minimal")[0]
OPENED = encode(Open(seq=1, t=1, doc=1, path="a", why="opened", source="editor", text="x"))
GOOD = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ([OPENED], Verdict(0, False, 0, "seq 1 follows -1")),
        (
            [HEADER, encode(Edit(seq=1, t=1, doc=1, changes=[(0, 0, 0, 0, "x")]))],
            Verdict(0, False, 1, "document 1 was never opened"),
        ),
        (
            [HEADER, OPENED, encode(Save(seq=2, t=2, doc=1, sha256="0" * 64, sha256_of="text"))],
            Verdict(1, False, 2, "a differs from what was saved"),
        ),
        (
            [HEADER, OPENED, b'{"seq":2,"t":2,"type":"edit","doc":1,"changes":[["x"]]}'],
            Verdict(0, False, 2, "its changes are not `[line, column, line, column, text]`"),
        ),
        ([HEADER, OPENED, encode(End(seq=2, t=2, reason="shutdown"))], Verdict(0, None)),
        (
            [HEADER, OPENED, encode(Save(seq=2, t=2, doc=1, sha256=GOOD, sha256_of="disk"))],
            Verdict(1, True),
        ),
    ],
    ids=["no header", "never opened", "another text", "no changes", "nothing to check", "as saved"],
)
def test_verify_says_what_it_found(lines: list[bytes], verdict: Verdict) -> None:
    assert verify(lines) == verdict


def test_the_header_says_which_wire_it_is() -> None:
    header = decode(HEADER)
    assert isinstance(header, Session)
    assert header.wire == 1

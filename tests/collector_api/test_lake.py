"""Closed sessions in a lake: readers see no difference, and what is taken back is taken out of its files."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pairlog.errors import UserError
from pairlog.source import Source, open_source
from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines
from tests.collector_api.secret import SAVES, SECRET, SPANS, masked_lines, secret_lines

OTHER = "0193f5a0-1c00-7000-8000-0000000000bb"
CONTENT = b"a content that a session names"
DIGEST = sha256(CONTENT).hexdigest()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def texts(lake: Path) -> str:
    """All that the lake's lines and contents say."""
    with open_source(f"lake://{lake}") as source:
        return "".join(_texts(source))


def _texts(source: Source) -> Iterator[str]:
    for row in source.sessions():
        yield from (text.decode() for text in source.lines(row.session))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def two(collector: Collector, mine: str) -> Collector:
    """A collector with a session that holds a secret, and another one that names a content."""
    collector.put(mine, CONTENT)
    collector.send(mine, secret_lines())
    opened = line(2, "open", doc=2, path="b.py", why="opened", source="disk", blob=DIGEST)
    collector.send(
        mine,
        [*session_lines(session=OTHER)[:2], opened, line(3, "telepathy"), line(4, "end", reason="idle")],
        OTHER,
    )
    return collector


def all_that_is_read(collector: Collector, token: str) -> Any:
    """What the routes, the pages and the source say of all sessions."""
    said: list[Any] = [collector.ask(token, "GET", "/v1/sessions").json()]
    for session in (SESSION, OTHER):
        said.append(collector.row(token, session))
        said.append([collector.lines(token, session, first) for first in (0, 2, 99)])
        answer = collector.ask(token, "GET", f"/sessions/{session}/documents/1")
        said.append((answer.status_code, answer.text))
        said.append(collector.ask(token, "GET", f"/v1/sessions/{session}/live").text)
    said.append(collector.ask(token, "GET", f"/v1/blobs/{DIGEST}", params={"session": OTHER}).content)
    with open_source(collector.address) as source:
        said.append([(row, list(source.lines(row.session))) for row in source.sessions()])
    return said


def test_readers_see_no_difference(two: Collector, mine: str, lake: Path) -> None:
    two.settled(mine)
    before = all_that_is_read(two, mine)
    two.export(lake)
    with two.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM frame").scalar_one() == 0
    assert two.bytes_counted() == (len(CONTENT), len(CONTENT))
    assert all_that_is_read(two, mine) == before


def test_a_lake_is_a_source_of_its_own(two: Collector, mine: str, lake: Path) -> None:
    with open_source(two.address) as source:
        before = [(row, list(source.lines(row.session))) for row in source.sessions()]
    two.export(lake)
    with open_source(f"lake://{lake}") as source:
        assert [(row, list(source.lines(row.session))) for row in source.sessions()] == before
        assert source.blob(OTHER, DIGEST) == CONTENT
        with pytest.raises(UserError, match="names no blob"):
            source.blob(SESSION, DIGEST)
        with pytest.raises(UserError, match="no session"):
            list(source.lines("nobody"))


def test_sessions_of_a_day_share_a_file_and_open_ones_stay(
    two: Collector, mine: str, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = SESSION.replace("aa", "cc")
    two.send(mine, session_lines(session=third)[:4], third)
    two.export(lake)
    assert [path.parent.relative_to(lake).as_posix() for path in files(lake)] == [
        "contents/day=2026-11-01",
        "lines/day=2026-11-01",
    ]
    assert capsys.readouterr().out.startswith("2 sessions, 11 events in 1 files: ")
    assert two.send(mine, session_lines(session=third), third).json() == {"acked": 8}
    assert len(two.lines(mine, third)) == 9
    assert {path.stat().st_mode & 0o777 for path in files(lake)} == {0o600}


def test_an_erased_session_leaves_the_lake(two: Collector, mine: str, lake: Path) -> None:
    two.export(lake)
    before = files(lake)
    assert SECRET in texts(lake)
    assert two.ask(mine, "DELETE", f"/v1/sessions/{SESSION}").status_code == 204
    assert SECRET not in texts(lake)
    assert not set(before) & set(files(lake))
    assert len(two.lines(mine, OTHER)) == 5
    assert two.ask(mine, "GET", f"/v1/blobs/{DIGEST}", params={"session": OTHER}).content == CONTENT
    two.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
    assert files(lake) == []


def test_a_redaction_reaches_a_session_in_the_lake(two: Collector, mine: str, lake: Path) -> None:
    two.export(lake)
    assert two.redact(mine, spans=SPANS, saves=SAVES).json() == {"revision": 1}
    assert two.lines(mine) == masked_lines()
    assert SECRET not in texts(lake)
    two.bytes_counted()
    two.export(lake)
    assert two.lines(mine) == masked_lines()
    assert two.row(mine)["verified"]
    assert SECRET not in texts(lake)


def test_lines_are_forgotten_in_the_lake(two: Collector, mine: str, lake: Path) -> None:
    two.export(lake)
    assert two.forget(mine, 2, 4).json()["revision"] == 1
    assert not any(SECRET.encode() in text for text in two.lines(mine))
    assert SECRET not in texts(lake)


def test_a_session_in_the_lake_is_acknowledged_when_it_comes_again(
    two: Collector, mine: str, lake: Path
) -> None:
    two.export(lake)
    assert two.send(mine, secret_lines()).json() == {"acked": 5}
    changed = secret_lines()
    changed[4] = changed[4].replace(b"key", b"kex")
    assert problem(two.send(mine, changed)) == (409, "conflict")


def test_a_command_erases_in_the_lake_too(two: Collector, lake: Path) -> None:
    two.export(lake)
    assert two.command("erase", SESSION) == 0
    assert SECRET not in texts(lake)


def test_a_lake_that_cannot_be_reached_loses_nothing(
    two: Collector, mine: str, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.write_text("a file where the folder should be")
    assert two.command("lake", "export", "--to", str(lake)) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "what was not moved is still in the store" in error
    assert two.lines(mine) == secret_lines()
    lake.unlink()
    two.export(lake)
    lake.rename(lake.with_name("away"))
    assert problem(two.send(mine, secret_lines())) == (503, "storage")
    assert two.ask(mine, "DELETE", f"/v1/sessions/{SESSION}").status_code == 204
    lake.with_name("away").rename(lake)
    assert SECRET in texts(lake)
    two.store.sweep()
    assert SECRET not in texts(lake)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://host/lake", "no lake at ftp://"),
        ("s3://key:secret@bucket/lake", "no place for a key"),
    ],
)
def test_an_address_that_no_lake_has_is_one_line(
    two: Collector, address: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert two.command("lake", "export", "--to", address) == 1
    assert message in capsys.readouterr().err


def test_a_damaged_file_holds_no_other_one_back(
    collector: Collector, mine: str, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third, later = (SESSION[:-2] + f"{number:02x}" for number in range(4))
    for session, day in ((first, "01"), (second, "01"), (third, "02")):
        begun = session_lines(session=session, started_at=f"2026-11-{day}T09:00:00.000Z")
        collector.send(mine, begun, session)
    collector.export(lake)
    damaged, healthy = sorted((lake / "lines").rglob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:200])
    for session in (first, third):
        assert collector.ask(mine, "DELETE", f"/v1/sessions/{session}").status_code == 204
    assert not healthy.exists()
    assert "pairlog_lake_files_stale 1.0" in collector.request("GET", "/metrics").text
    collector.send(mine, session_lines(session=later), later)
    capsys.readouterr()
    assert collector.command("lake", "export", "--to", str(lake)) == 1
    assert "what was taken back is still in 1 files of the lake" in capsys.readouterr().err
    assert collector.row(mine, later)["complete"]
    assert len(list((lake / "lines").rglob("*.parquet"))) == 2
    assert collector.command("erase", second) == 0
    assert not damaged.exists()

"""A contributor takes everything along, or erases everything; what is old goes by itself."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest

from collector_api.door.browser import COOKIE
from collector_api.erasing import erasure, takeout
from collector_api.erasing.retention import expire
from collector_api.rows import studies, tokens
from collector_api.server.upkeep import Upkeep
from pairlog.source import open_source
from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines
from tests.collector_api.secret import SECRET, secret_lines, send_unpacked

OTHER = "0193f5a0-1c00-7000-8000-0000000000bb"
THEIRS = "0193f5a0-1c00-7000-8000-0000000000cc"
#: Words that stand in the store wherever something of a contributor may be.
NAME, NAMED, WAITING = "grace of mine", b"content-that-a-session-names", b"content-that-waits"
STUDY = "pairs-1"
DIGEST = sha256(NAMED).hexdigest()


@pytest.fixture
def grace(collector: Collector) -> str:
    """A contributor's token, with two sessions, two contents, a redaction of a session to come."""
    token = collector.token(NAME)
    for content in (NAMED, WAITING):
        collector.put(token, content)
    send_unpacked(collector, token, secret_lines())
    opened = line(1, "open", doc=1, path="b.py", why="opened", source="disk", blob=DIGEST)
    collector.send(token, [session_lines(session=OTHER)[0], opened, line(2, "end", reason="idle")], OTHER)
    collector.redact(token, SESSION.replace("aa", "dd"), id="a redaction of what is to come")
    return token


@pytest.fixture
def theirs(collector: Collector) -> str:
    """Somebody else's token, with a session and the same content."""
    token = collector.token("theirs")
    collector.put(token, NAMED)
    opened = line(1, "open", doc=1, path="b.py", why="opened", source="disk", blob=DIGEST)
    collector.send(token, [session_lines(session=THEIRS)[0], opened, line(2, "end", reason="idle")], THEIRS)
    return token


def _join(collector: Collector, token: str) -> None:
    """Put a contributor into a study."""
    collector.store.write(lambda connection: studies.create(connection, STUDY, ["with"])).result()
    assert collector.ask(token, "PUT", f"/v1/studies/{STUDY}/members/me").status_code == 200


def _read(collector: Collector, token: str, folder: Path) -> Path:
    answer = collector.ask(token, "GET", "/v1/contributors/me/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-tar")
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        tar.extractall(folder, filter="data")
    return folder / "pairlog-export"


def test_everything_comes_as_one_archive_that_reads_as_a_source(
    collector: Collector, grace: str, theirs: str, tmp_path: Path
) -> None:
    third = SESSION.replace("aa", "ee")
    collector.send(grace, session_lines(session=third), third)
    collector.ask(grace, "DELETE", f"/v1/sessions/{third}")
    _join(collector, grace)
    collector.store.written(lambda connection: tokens.create(connection, NAME, "researcher", 3_600))
    collector.lines(collector.token("root", "admin"))
    folder = _read(collector, grace, tmp_path)
    with open_source(str(folder)) as source:
        rows = source.sessions()
        assert [row.session for row in rows] == [SESSION, OTHER]
        for row in rows:
            assert list(source.lines(row.session)) == collector.lines(grace, row.session)
        assert source.blob(OTHER, DIGEST) == NAMED
    assert [file.read_bytes() for file in (folder / "contents").iterdir()] == [WAITING]
    row = collector.row(grace)
    del row["acked"]
    assert json.loads((folder / SESSION / "session.json").read_text()) == row
    about = json.loads((folder / "contributor.json").read_text())
    assert [(row["study"], row["condition"]) for row in about["studies"]] == [(STUDY, "with")]
    assert [(row["session"], row["reader"]) for row in about["reads"]] == [(SESSION, "root")]
    with collector.store.reading() as connection:
        known = [row.as_row() for row in tokens.listed(connection) if row.name == NAME]
    for row in known:
        del row["id"], row["name"]
    assert (about["name"], about["tokens"]) == (NAME, known)
    assert [row["expires_at"] is None for row in known] == [True, False]
    assert [stone["session"] for stone in about["tombstones"]] == [third]


def test_a_session_that_is_erased_while_the_archive_is_made_is_left_out(
    collector: Collector, grace: str
) -> None:
    with collector.store.reading() as connection:
        found = tokens.find(connection, grace)
    assert found is not None
    collector.ask(grace, "DELETE", f"/v1/sessions/{OTHER}")
    assert list(takeout._session(collector.store, found.contributor, OTHER)) == []


def test_sessions_in_the_lake_are_in_the_archive(collector: Collector, grace: str, tmp_path: Path) -> None:
    before = collector.lines(grace)
    collector.export(tmp_path / "data" / "lake")
    with open_source(str(_read(collector, grace, tmp_path))) as source:
        assert list(source.lines(SESSION)) == before


def test_an_erased_contributor_is_nowhere(
    collector: Collector, grace: str, theirs: str, tmp_path: Path
) -> None:
    collector.export(tmp_path / "data" / "lake")
    send_unpacked(collector, grace, secret_lines())
    assert collector.holds(NAME)
    assert collector.holds(WAITING)
    assert collector.ask(grace, "DELETE", "/v1/contributors/me").status_code == 204
    for word in (SECRET, NAME, WAITING, "of what is to come"):
        assert not collector.holds(word)
    with open_source(f"lake://{tmp_path / 'data' / 'lake'}") as source:
        assert [row.session for row in source.sessions()] == [THEIRS]
    assert collector.ask(theirs, "GET", f"/v1/blobs/{DIGEST}").content == NAMED
    stones = collector.ask(collector.token("reader", "researcher"), "GET", "/v1/tombstones").json()
    assert sorted(stone["session"] for stone in stones["tombstones"]) == [SESSION, OTHER]
    counted, kept = collector.bytes_counted()
    assert counted == kept == len(NAMED)


def test_membership_readings_and_cookies_go_with_a_contributor(collector: Collector, grace: str) -> None:
    _join(collector, grace)
    collector.lines(collector.token("root", "admin"))
    answer = collector.request("POST", "/enter", content=f"token={grace}")
    cookie = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}
    assert collector.request("GET", "/", headers=cookie).status_code == 200
    assert collector.ask(grace, "DELETE", "/v1/contributors/me").status_code == 204
    assert collector.request("GET", "/", headers=cookie).status_code == 401
    with collector.store.reading() as connection:
        for table in ("member", "session_read", "cookie"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


def test_what_an_erased_contributor_still_sends_is_refused(collector: Collector, grace: str) -> None:
    with collector.store.reading() as connection:
        (contributor,) = connection.exec_driver_sql("SELECT contributor_id FROM token").scalars()
    # The door knows the token for a second longer.
    assert collector.ask(grace, "GET", "/v1/sessions").status_code == 200
    assert erasure.erase_contributor(collector.store, contributor, lambda session: None) == 2
    new = SESSION.replace("aa", "ee")
    assert problem(collector.send(grace, session_lines(session=new), new)) == (401, "token")
    assert problem(collector.put(grace, b"a new content")) == (401, "token")
    assert collector.bytes_counted() == (0, 0)


def test_a_command_erases_a_contributor(
    collector: Collector, grace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert collector.command("erase", "--contributor", NAME) == 0
    assert capsys.readouterr().out == f"erased {NAME} and 2 sessions\n"
    assert not collector.holds(NAME)
    assert collector.command("erase", "--contributor", NAME) == 1
    assert "nobody here is called" in capsys.readouterr().err
    assert collector.token(NAME) != grace


CAME = datetime(2026, 11, 1, 9, tzinfo=timezone.utc)


def _let_come(collector: Collector, session: str, moment: datetime) -> None:
    """Let the last lines of a session have come at this moment."""
    this = f"UPDATE session SET arrived_s = {moment.timestamp():.0f} WHERE id = '{session}'"
    collector.store.written(lambda connection: connection.exec_driver_sql(this))


@pytest.mark.parametrize(("late", "gone"), [(0, [OTHER]), (1, [OTHER, SESSION])])
def test_a_session_goes_so_many_days_after_its_last_lines_came(
    collector: Collector, grace: str, late: int, gone: list[str]
) -> None:
    _let_come(collector, SESSION, CAME)
    _let_come(collector, OTHER, CAME - timedelta(seconds=1))
    told: list[str] = []
    assert expire(collector.store, 30, CAME + timedelta(days=30, seconds=late), told.append) == len(gone)
    assert sorted(told) == sorted(gone)


@pytest.mark.parametrize("clock", ["1970-01-01T00:00:00.000Z", "2090-01-01T00:00:00.000Z"])
def test_a_recorder_with_a_wrong_clock_loses_nothing_early_and_keeps_nothing_for_ever(
    collector: Collector, mine: str, clock: str
) -> None:
    lines = session_lines(started_at=clock)
    moment = datetime.now(timezone.utc)
    assert collector.send(mine, lines[:4]).json() == {"acked": 3}
    assert expire(collector.store, 30, moment, list[str]().append) == 0
    _let_come(collector, SESSION, CAME)
    assert collector.send(mine, lines).json() == {"acked": 8}
    assert expire(collector.store, 30, moment, list[str]().append) == 0
    assert expire(collector.store, 30, moment + timedelta(days=31), list[str]().append) == 1


def test_the_collector_keeps_to_its_retention_by_itself(
    collector: Collector, grace: str, tmp_path: Path
) -> None:
    fresh = SESSION.replace("aa", "ee")
    collector.send(grace, session_lines(session=fresh), fresh)
    for session in (SESSION, OTHER):
        _let_come(collector, session, CAME)
    collector.export(tmp_path / "data" / "lake")
    Upkeep(collector.store, 0.001).once()
    rows = collector.ask(grace, "GET", "/v1/sessions").json()["sessions"]
    assert [row["session"] for row in rows] == [fresh]
    with open_source(f"lake://{tmp_path / 'data' / 'lake'}") as source:
        assert [row.session for row in source.sessions()] == [fresh]
    Upkeep(collector.store).once()
    assert len(_tombstones(collector, grace)) == 2


def _tombstones(collector: Collector, token: str) -> list[str]:
    stones = collector.ask(token, "GET", "/v1/tombstones").json()["tombstones"]
    return [stone["session"] for stone in stones]

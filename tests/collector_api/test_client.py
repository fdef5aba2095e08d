"""`pairlog.client` with a real server: what it finds, reads, writes and takes back."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from pairlog.cli import main
from pairlog.client import Client, CollectorError, Study
from pairlog.frame import pack
from pairlog.source import open_source
from pairlog.source.wanted import Wanted
from tests.collector_api.driver import line, session_lines
from tests.support.processes import Collector, wait_for

CONTENT = b"text of a file\n"
UNKNOWN = "0193f5a0-1c00-7000-8000-0000000000ff"
_numbers = count(0x1000)


@dataclass
class Served:
    """A server, and who speaks to it."""

    collector: Collector
    clients: list[Client]

    def client(self, name: str, role: str = "contributor") -> Client:
        """Somebody with a new token."""
        client = Client(self.collector.address, self.collector.token(name, role))
        self.clients.append(client)
        return client


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("client")
    database = request.getfixturevalue("postgres").empty() if request.param == "postgresql" else None
    served = Served(Collector(folder / "data", database=database), [])
    yield served
    for client in served.clients:
        client.close()
    served.collector.stop()


@pytest.fixture
def mine(served: Served, request: pytest.FixtureRequest) -> Client:
    """A contributor of this test alone."""
    return served.client(request.node.name)


@pytest.fixture
def ids() -> list[str]:
    """Sessions that no other test has."""
    return [f"0193f5a0-1c00-7000-8000-{next(_numbers):012x}" for _ in range(4)]


@pytest.fixture
def two(mine: Client, ids: list[str]) -> Wanted:
    """A session in Python that verifies, one in Rust with a test and a completion; what finds both."""
    first, second, *_ = ids
    begun = "2026-11-02T09:00:00.000Z"
    editor = {"name": "Visual Studio Code", "version": "1"}
    rust = [
        session_lines(session=second, editor=editor, started_at=begun, study="s", condition="with")[0],
        line(1, "open", doc=1, path="a.rs", why="opened", source="disk", language="rust", text=""),
        line(2, "test", run="r", test="t", outcome="passed"),
        line(3, "completion", id="c", phase="shown"),
    ]
    mine.post_frame(first, pack(session_lines(session=first, project="cafe")))
    mine.post_frame(second, pack(rust))
    assert mine.session(first).verified is True
    return Wanted(contributor=mine.session(first).contributor)


#: Options of `pairlog sessions`, and which of the two they find.
FILTERS = [
    ([], [0, 1]),
    (["--project", "ca"], [0]),
    (["--editor", "studio"], [1]),
    (["--language", "python"], [0]),
    (["--since", "2026-11-02"], [1]),
    (["--until", "2026-11-02T09:00:00Z"], [0]),
    (["--has-tests"], [1]),
    (["--no-has-tests"], [0]),
    (["--has-completions"], [1]),
    (["--no-has-completions"], [0]),
    (["--verified"], [0]),
    (["--no-verified"], []),
    (["--study", "s"], [1]),
    (["--condition", "without"], []),
    (["--language", "rust", "--has-tests", "--since", "2026-11-01"], [1]),
]


def test_every_filter_of_the_command_finds_the_same_in_a_collector_and_in_its_store(
    served: Served,
    two: Wanted,
    ids: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PAIRLOG_TOKEN", served.collector.token("root", "admin"))
    for words, places in FILTERS:
        wanted = ["sessions", "--json", "--contributor", str(two.contributor), *words]
        for place in (["--from", served.collector.address], served.collector.store):
            assert main([*wanted, *place]) == 0
            found = [row["session"] for row in json.loads(capsys.readouterr().out)]
            assert (words, found) == (words, [ids[at] for at in places])


def test_the_commands_pages_are_the_same_in_a_collector_and_in_its_store(
    served: Served, mine: Client, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for session in ids:
        mine.post_frame(session, pack(session_lines(session=session)))
    monkeypatch.setenv("PAIRLOG_TOKEN", served.collector.token("root", "admin"))
    wanted = Wanted(contributor=mine.session(ids[0]).contributor)
    for address in (mine.address, served.collector.uri):
        with open_source(address) as source:
            pages = [source.find(wanted, after, 2) for after in (None, ids[1], ids[2], ids[3])]
        assert [[row.session for row in rows] for rows in pages] == [ids[:2], ids[2:], ids[3:], []]


def test_pages_leave_nothing_out_and_end_where_the_last_one_is_full(mine: Client, ids: list[str]) -> None:
    # None of them is judged meanwhile, and comes again for that.
    for session in ids:
        mine.post_frame(session, pack(session_lines(session=session)[:-1]))
    for page_rows in range(1, 6):
        assert [row.session for row in mine.sessions(page_rows=page_rows)] == ids


def test_a_session_that_changes_while_they_are_paged_comes_again_as_it_is_now(
    mine: Client, ids: list[str]
) -> None:
    one, two, three, four = ids
    for session in (one, two, three):
        mine.post_frame(session, pack(session_lines(session=session)[:2]))
    rows = mine.sessions(page_rows=2)
    seen = [next(rows), next(rows)]
    # Without its end: a verdict would be one more change.
    mine.post_frame(one, pack(session_lines(session=one)[:-1]))
    mine.post_frame(four, pack(session_lines(session=four)[:2]))
    seen += rows
    expected = [(one, 2), (two, 2), (three, 2), (one, 8), (four, 2)]
    assert [(row.session, row.events) for row in seen] == expected


def test_what_is_sent_is_read_byte_for_byte_and_replayed_at_any_moment(mine: Client, ids: list[str]) -> None:
    session = ids[0]
    digest = mine.put_blob(CONTENT)
    assert digest == sha256(CONTENT).hexdigest()
    lines = [
        *session_lines(session=session)[:2],
        line(2, "open", doc=2, path="b.py", why="opened", source="disk", blob=digest),
        line(3, "edit", doc=1, changes=[[0, 0, 0, 0, "x"]]),
    ]
    assert mine.acked(session) == -1
    assert mine.post_frame(session, pack(lines[:2])) == 1
    assert mine.post_frame(session, pack(lines)) == 3
    assert mine.acked(session) == 3
    assert list(mine.lines(session)) == lines
    assert list(mine.lines(session, 3)) == lines[3:]
    assert list(mine.lines(session, 4)) == []
    assert mine.blob(session, digest) == CONTENT
    assert mine.replay(session).at("a.py").document.text == "x"
    before = mine.replay(session, 2)
    assert before.at("a.py").document.text == ""
    assert before.at("b.py").document.text == CONTENT.decode()


def test_what_is_taken_back_is_gone_and_leaves_a_tombstone(mine: Client, ids: list[str]) -> None:
    one, two, *_ = ids
    for session in (one, two):
        mine.post_frame(session, pack(session_lines(session=session)))
    assert mine.forget(one, 3, 4) == 1
    assert mine.session(one).revision == 1
    (lines,) = mine.tombstones()
    assert (lines.session, lines.from_, lines.through) == (one, 3, 4)
    mine.erase(one)
    (tombstone,) = mine.tombstones(lines.id)
    assert (tombstone.session, tombstone.from_, tombstone.through) == (one, None, None)
    assert list(mine.tombstones(tombstone.id)) == []
    assert [row.session for row in mine.sessions()] == [two]
    with pytest.raises(CollectorError, match=f"says: session {one} was erased") as refused:
        mine.post_frame(one, pack(session_lines(session=one)))
    assert (refused.value.status, refused.value.code) == (410, "erased")


def test_everything_of_ones_own_is_taken_along_and_then_erased(
    mine: Client, ids: list[str], tmp_path: Path
) -> None:
    lines = session_lines(session=ids[0])
    mine.post_frame(ids[0], pack(lines))
    archive = tmp_path / "mine.tar"
    mine.take_out(archive)
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    with open_source(str(tmp_path / "pairlog-export")) as source:
        assert list(source.lines(ids[0])) == lines
    mine.erase_me()
    assert list(mine.sessions()) == []
    with Client(mine.address, "plg_unknown") as nobody, pytest.raises(CollectorError, match="no such token"):
        nobody.take_out(archive.with_name("nobody.tar"))
    assert [file.name for file in tmp_path.glob("*.tar*")] == ["mine.tar"]


def test_a_study_is_joined_and_left(served: Served, mine: Client) -> None:
    served.collector.command("study", "create", "pairs", "--conditions", "only")
    assert mine.join("pairs") == "only"
    (study,) = mine.studies()
    assert study == Study("pairs", ["only"], 1, "only", study.created_at)
    mine.leave("pairs")
    (study,) = mine.studies()
    assert (study.members, study.condition) == (0, None)
    with pytest.raises(CollectorError, match="no study other is here"):
        mine.join("other")


def test_a_refusal_is_one_line_with_what_it_says_and_where(
    served: Served, mine: Client, ids: list[str]
) -> None:
    mine.post_frame(ids[0], pack(session_lines(session=ids[0])))
    reader = served.client("reader", "researcher")
    with pytest.raises(CollectorError) as refused:
        list(reader.lines(ids[0]))
    assert (refused.value.status, refused.value.code) == (403, "owner")
    why = f"session {ids[0]} is for private use; only its contributor reads it"
    assert str(refused.value) == f"{mine.address} says: {why}"
    with pytest.raises(CollectorError, match=f"says: no session {UNKNOWN} is here"):
        mine.session(UNKNOWN)


def test_a_token_that_expires_is_refused_with_what_to_do(served: Served) -> None:
    words = ("token", "create", "late", "--role", "contributor", "--expires", "1s")
    token = served.collector.command(*words).decode().strip()
    with Client(served.collector.address, token) as late:

        def refusal() -> CollectorError | None:
            try:
                list(late.sessions())
            except CollectorError as error:
                return error
            return None

        refused = wait_for("the token's end", refusal)
    assert (refused.status, refused.code) == (401, "token")
    assert str(refused).endswith("it is unknown, expired or revoked; set PAIRLOG_TOKEN to one in force")

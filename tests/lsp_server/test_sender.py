"""The recorder, the sender and the real collector, each a process that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp_server.home.layout import SessionFiles
from lsp_server.home.locks import is_held
from lsp_server.orders.overview import overview
from pairlog.home import Home
from tests.lsp_server.client import Client
from tests.support.processes import PAIRLOG, Collector, end_leftovers, pairlog, wait_for

X = (0, 0, 0, 0, "x")
#: Nobody waits here for an editor that comes back, or for a line of text to rest.
BRISK = {"PAIRLOG_HOLD_S": "0", "PAIRLOG_POLL_S": "0.05", "PAIRLOG_LINGER_S": "0"}


class Shared(Collector):
    """One collector for all tests here: each sees its own sessions, and each name has one token."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._tokens: dict[str, str] = {}
        self._earlier: set[str] = set()
        self._shown: set[str] = set()

    def next_test(self) -> None:
        """Show no more what was shown so far."""
        self._earlier |= self._shown

    def token(self, name: str, role: str = "contributor") -> str:
        if name not in self._tokens:
            self._tokens[name] = super().token(name, role)
        return self._tokens[name]

    def sessions(self) -> list[dict[str, Any]]:
        rows = [row for row in super().sessions() if row["session"] not in self._earlier]
        self._shown |= {row["session"] for row in rows}
        return rows


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    served = Shared(tmp_path_factory.mktemp("collector") / "data")
    yield served
    served.stop()


@pytest.fixture
def collector(shared: Shared) -> Collector:
    shared.next_test()
    return shared


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    path = tmp_path / "home"
    yield Home(path)
    assert end_leftovers(path) == []


class Desk:
    """An editor's folder and the clients that were opened in it."""

    def __init__(self, folder: Path, home: Home) -> None:
        self.folder = folder
        self.home = home
        self.clients: list[Client] = []

    def client(self, address: str, token: str, **options: Any) -> Client:
        client = Client(cwd=self.folder, env=BRISK)
        self.clients.append(client)
        options = {"consent": "content", "home": str(self.home.path), **options}
        client.initialize(self.folder, collectorUrl=address, token=token, **options)
        return client

    def sender(self) -> int:
        """The process id of the sender, once it is at work."""

        def find() -> int | None:
            try:
                pid = int((self.home.path / "sender.pid").read_text())
            except (OSError, ValueError):
                return None
            return pid if is_held(self.home.path / "sender.lock") else None

        return wait_for("the sender", find)

    def status(self) -> dict[str, Any]:
        """What `pairlog status --json` prints; asked in this process, for it is asked often."""
        return overview(self.home).as_json()

    def wait_acked(self, session: str, acked: int) -> None:
        """Wait until the sender says that so much is acknowledged."""

        def find() -> bool | None:
            rows = {row["session"]: row for row in self.status()["sessions"]}
            return True if session in rows and rows[session]["acked"] >= acked else None

        wait_for(f"line {acked} to be acknowledged", find)


@pytest.fixture
def desk(tmp_path: Path, home: Home) -> Iterator[Desk]:
    folder = tmp_path / "shop"
    folder.mkdir()
    # What a cloned repository might do to get into the sender.
    for name in ("pygls", "pairlog", "lsp_server_trap"):
        (folder / f"{name}.py").write_text("raise SystemExit('taken over')")
    made = Desk(folder, home)
    yield made
    for client in made.clients:
        if client.process.poll() is None:
            client.kill()


def type_keys(client: Client, uri: str, first: int, count: int) -> None:
    for version in range(first, first + count):
        client.change(uri, version, X)


def test_a_session_arrives_whole_and_its_home_is_left_empty(collector: Collector, desk: Desk) -> None:
    text = "line\n" * 20_000
    (desk.folder / "cart.py").write_text(text)
    subprocess.run(["git", "init", "-q", str(desk.folder)], check=True)
    subprocess.run(["git", "-C", str(desk.folder), "add", "cart.py"], check=True)
    client = desk.client(collector.address, collector.token("mine"), consent="workspace", use="research")
    uri = client.open(desk.folder / "cart.py", text)
    type_keys(client, uri, 2, 300)
    client.save(uri, "x" * 300 + text)
    desk.sender()
    assert client.shutdown() == 0
    (row,) = collector.ended()
    kinds = [event["type"] for event in collector.events(row["session"])]
    assert sorted(set(kinds)) == ["edit", "end", "open", "save", "session", "workspace"]
    assert (kinds.count("edit"), row["use"], row["consent"]) == (300, "research", "workspace")
    assert collector.verify(row["session"])["verified"] is True
    assert collector.replay(row["session"], "cart.py") == ("x" * 300 + text).encode()
    wait_for("the sender to leave", lambda: None if is_held(desk.home.path / "sender.lock") else True)
    left = [file.name for file in desk.home.path.rglob("*") if file.is_file()]
    delivered = f"{row['session']}.json"
    assert sorted(left) == [delivered, "blobs.lock", "key", "sender.lock", "sender.log", "status.json"]
    assert (desk.home.path / "sender.log").read_text() == ""


def test_a_killed_recorders_session_is_closed_by_the_sender(collector: Collector, desk: Desk) -> None:
    client = desk.client(collector.address, collector.token("mine"))
    uri = client.open(desk.folder / "a.py", "")
    type_keys(client, uri, 2, 50)
    client.save(uri, "x" * 50)
    desk.sender()
    client.settle()
    client.kill()
    (row,) = collector.ended()
    events = collector.events(row["session"])
    assert [event["type"] for event in events] == ["session", "open", *["edit"] * 50, "save", "gap", "end"]
    assert [event["reason"] for event in events[-2:]] == ["interrupted", "interrupted"]
    assert collector.verify(row["session"])["verified"] is True


def test_a_killed_sender_is_replaced_and_nothing_is_lost_or_doubled(collector: Collector, desk: Desk) -> None:
    client = desk.client(collector.address, collector.token("mine"))
    session = client.wait_status("recording")["session"]
    uri = client.open(desk.folder / "a.py", "")
    version = 2
    for _ in range(2):
        type_keys(client, uri, version, 30)
        version += 30
        client.settle()
        pid = desk.sender()
        desk.wait_acked(session, version - 2)
        os.kill(pid, signal.SIGKILL)
        wait_for("another sender", lambda pid=pid: True if desk.sender() != pid else None)
    client.save(uri, "x" * 60)
    client.shutdown()
    (row,) = collector.ended()
    assert [event["seq"] for event in collector.events(session)] == list(range(1 + 1 + 60 + 1 + 1))
    assert (row["session"], collector.verify(session)["verified"]) == (session, True)


def test_without_a_collector_it_says_offline_and_makes_good_later(desk: Desk, tmp_path: Path) -> None:
    before = Collector(tmp_path / "data")
    token, address = before.token("mine"), before.address
    before.stop()
    client = desk.client(address, token)
    told = client.wait_status("offline")
    assert told["detail"].startswith(f"no answer from {address}")
    uri = client.open(desk.folder / "a.py", "")
    type_keys(client, uri, 2, 20)
    client.save(uri, "x" * 20)
    client.shutdown()
    # The editor is gone; its sender is not.
    desk.sender()
    (row,) = desk.status()["sessions"]
    assert (row["state"], row["waiting"], row["detail"][:9]) == ("ended", 24, "no answer")
    after = Collector(tmp_path / "data", port=int(address.rpartition(":")[2]))
    try:
        (stored,) = after.ended()
        assert after.verify(stored["session"])["verified"] is True
    finally:
        after.stop()


def test_a_collector_that_was_restored_from_a_backup_gets_what_came_since(desk: Desk, tmp_path: Path) -> None:
    data, copy = tmp_path / "data", str(tmp_path / "copy")
    served = Collector(data)
    client = desk.client(served.address, served.token("mine"))
    session = client.wait_status("recording")["session"]
    uri = client.open(desk.folder / "a.py", "")
    type_keys(client, uri, 2, 20)
    desk.wait_acked(session, 20)
    pairlog("backup", copy, "--data", str(data))
    type_keys(client, uri, 22, 20)
    desk.wait_acked(session, 40)
    served.stop()
    pairlog("restore", copy, "--data", str(data))
    served = Collector(data, int(served.address.rpartition(":")[2]))
    client.save(uri, "x" * 40)
    client.shutdown()
    (row,) = served.ended()
    assert [event["seq"] for event in served.events(session)] == list(range(1 + 1 + 40 + 1 + 1))
    assert (row["session"], served.verify(session)["verified"]) == (session, True)
    served.stop()


def test_a_wrong_token_is_said_in_one_line_and_loses_nothing(collector: Collector, desk: Desk) -> None:
    client = desk.client(collector.address, "wrong")
    told = client.wait_status("offline")
    assert told["detail"].startswith("the collector refuses the token")
    assert "\n" not in told["detail"]
    client.shutdown()
    (row,) = desk.status()["sessions"]
    assert row["waiting"] == 2
    os.kill(desk.sender(), signal.SIGTERM)


def test_an_erased_session_is_dropped_and_a_new_one_goes_on(collector: Collector, desk: Desk) -> None:
    client = desk.client(collector.address, collector.token("mine"))
    session = client.wait_status("recording")["session"]
    uri = client.open(desk.folder / "a.py", "a")
    client.settle()
    desk.wait_acked(session, 1)
    pairlog("erase", session, "--data", str(collector.data))
    client.change(uri, 2, X)
    told = client.wait(
        lambda it: it.get("method") == "pairlog/status" and it["params"]["session"] not in (session, None)
    )
    client.change(uri, 3, X)
    client.save(uri, "xxa")
    client.shutdown()
    (row,) = collector.ended()
    assert (row["session"], row["complete"]) == (told["params"]["session"], True)
    assert collector.verify(row["session"])["verified"] is True
    assert not SessionFiles(desk.home, session).spool.exists()


def test_a_server_of_an_extension_has_a_sender_that_imports_from_there_alone(
    collector: Collector, desk: Desk
) -> None:
    # As the packaged extension does it: no packages of the machine, all by PYTHONPATH.
    paths = [path for path in sys.path if path and Path(path).is_dir()]
    env = {**BRISK, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *paths])}
    client = Client([sys.executable, "-S", "-m", "lsp_server"], env=env, cwd=desk.folder)
    desk.clients.append(client)
    client.initialize(
        desk.folder,
        home=str(desk.home.path),
        consent="content",
        collectorUrl=collector.address,
        token=collector.token("mine"),
    )
    sender = desk.sender()
    assert b"-S" in Path(f"/proc/{sender}/cmdline").read_bytes().split(b"\0")
    client.shutdown()
    assert collector.ended()[0]["complete"]


def test_two_editors_share_one_sender(collector: Collector, desk: Desk) -> None:
    token = collector.token("mine")
    clients = [desk.client(collector.address, token) for _ in range(2)]
    for number, client in enumerate(clients):
        client.open(desk.folder / f"{number}.py", str(number))
        client.wait_status("recording")
    one = desk.sender()
    clients[0].shutdown()
    assert desk.sender() == one
    clients[1].shutdown()
    rows = collector.ended(2)
    texts = {event["text"] for row in rows for event in collector.events(row["session"])[1:2]}
    assert texts == {"0", "1"}


def test_two_homes_have_a_sender_each_and_mix_nothing(
    collector: Collector, desk: Desk, tmp_path: Path
) -> None:
    other = Desk(desk.folder, Home(tmp_path / "other"))
    tokens = [collector.token("mine"), collector.token("grace")]
    for it, token in zip((desk, other), tokens, strict=True):
        it.client(collector.address, token).open(it.folder / "a.py", token[-4:])
    assert desk.sender() != other.sender()
    for it in (desk, other):
        it.clients[0].shutdown()
    rows = collector.ended(2)
    assert {(row["contributor"], collector.events(row["session"])[1]["text"]) for row in rows} == {
        ("mine", tokens[0][-4:]),
        ("grace", tokens[1][-4:]),
    }
    assert end_leftovers(other.home.path) == []


def test_a_second_sender_leaves_at_once(collector: Collector, desk: Desk) -> None:
    client = desk.client(collector.address, collector.token("mine"))
    pid = desk.sender()
    second = [PAIRLOG[0], "-m", "lsp_server.sending.sender", str(desk.home.path)]
    assert subprocess.run(second, timeout=20).returncode == 0
    assert desk.sender() == pid
    client.shutdown()
    collector.ended()


@pytest.mark.parametrize("spoilt", [b"\x00\x00\x00", b'{"seq":3,"t":0,"type":"edit"'])
def test_an_unreadable_spool_line_is_set_aside_and_shown(
    spoilt: bytes, collector: Collector, desk: Desk
) -> None:
    client = desk.client(collector.address, collector.token("mine"))
    session = client.wait_status("recording")["session"]
    files = SessionFiles(desk.home, session)
    uri = client.open(desk.folder / "a.py", "a")
    client.settle()
    sender = desk.sender()
    os.kill(sender, signal.SIGSTOP)
    type_keys(client, uri, 2, 3)
    client.settle()
    lines = files.spool.read_bytes().splitlines(keepends=True)
    with files.spool.open("r+b") as stream:
        # A line goes bad in its place, as on a failing disk.
        stream.seek(sum(map(len, lines[:3])))
        stream.write(spoilt.ljust(len(lines[3]) - 1))
    os.kill(sender, signal.SIGCONT)

    def shown() -> str | None:
        (row,) = desk.status()["sessions"]
        return str(row["session"]) if row["refused"] else None

    assert wait_for("the line in `pairlog status`", shown) == session
    wait_for("the new base", lambda: True if b"after_gap" in files.spool.read_bytes() else None)
    client.change(uri, 5, X)
    client.save(uri, "xxxxa")
    client.shutdown()
    collector.ended()
    events = collector.events(session)
    assert [(event["seq"], event["type"]) for event in events[2:7]] == [
        (2, "edit"),
        (3, "gap"),
        (4, "gap"),
        (5, "open"),
        (6, "edit"),
    ]
    assert collector.replay(session, "a.py") == b"xxxxa"
    assert collector.verify(session)["verified"] is True
    assert files.refused.read_bytes().splitlines()[0].strip() == spoilt

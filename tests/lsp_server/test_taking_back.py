"""What a person takes back with the command line: real recorder, real sender, real collector, real disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pairlog.home import Home
from pairlog.options import database_uri
from pairlog.source import open_source
from tests.lsp_server.client import Client
from tests.support.files import contents
from tests.support.processes import Collector, end_leftovers, pairlog, wait_for

WORD = "confidential"
BRISK = {"PAIRLOG_HOLD_S": "0.2", "PAIRLOG_POLL_S": "0.1", "PAIRLOG_LINGER_S": "0.5"}


class Place:
    """A folder that is recorded, its home, its collector."""

    def __init__(self, folder: Path) -> None:
        self.shop = folder / "shop"
        self.shop.mkdir()
        self.home = Home(folder / "home")
        self.collector = Collector(folder / "data")
        self.token = self.collector.token("mine")
        self.client = Client(cwd=self.shop, env=BRISK)
        self.client.initialize(
            self.shop,
            home=str(self.home.path),
            collectorUrl=self.collector.address,
            token=self.token,
            consent="content",
        )
        self.uri = self.client.open(self.shop / "cart.py", "\n")

    def close(self) -> None:
        if self.client.process.poll() is None:
            self.client.kill()
        left = end_leftovers(self.home.path)
        self.collector.stop()
        assert left == []

    def type(self, text: str) -> None:
        for column, key in enumerate(text):
            self.client.change(self.uri, 2 + column, (0, column, 0, column, key))
        self.client.save(self.uri, f"{text}\n")

    def sessions(self) -> list[str]:
        """Those that are stored, read where they lie: it is asked often."""
        with closing(open_source(database_uri(self.collector.data))) as source:
            return [row.session for row in source.sessions()]

    def events(self, session: str) -> list[dict[str, Any]]:
        with closing(open_source(database_uri(self.collector.data))) as source:
            return [json.loads(line) for line in source.lines(session)]

    @property
    def session(self) -> str:
        return wait_for("the session", lambda: next(iter(self.sessions()), None))

    def wait_for_kinds(self, *kinds: str) -> list[dict[str, Any]]:
        def find() -> list[dict[str, Any]] | None:
            events = self.events(self.session)
            return events if [event["type"] for event in events] == list(kinds) else None

        return wait_for(f"{kinds}", find)

    def on_disk(self, word: str) -> list[str]:
        """The collector's files that hold a word, and those of the home."""
        folders = (self.collector.data, self.home.path)
        return [
            file.name
            for folder in folders
            for file, data in contents(folder).items()
            if word.encode() in data
        ]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.close()


TYPED = ("session", "open", *["edit"] * len(WORD), "save")


def test_forgotten_minutes_are_gone_from_a_collector_while_the_editor_is_open(place: Place) -> None:
    place.type(WORD)
    place.wait_for_kinds(*TYPED)
    told = pairlog("forget", "--last", "10m", str(place.shop), home=place.home.path).decode()
    assert told == f"{place.shop}: the last 10m are taken back here; what has left follows at once\n"
    events = place.wait_for_kinds("session", "forget", "open")
    assert (events[2]["why"], events[2]["text"]) == ("after_forget", f"{'*' * len(WORD)}\n")
    place.client.change(place.uri, 2 + len(WORD), (0, 0, 0, 0, "#"))
    place.client.save(place.uri, f"#{WORD}\n")
    assert place.client.shutdown() == 0
    place.wait_for_kinds("session", "forget", "open", "edit", "save", "end")
    assert place.collector.verify(place.session)["verified"] is True
    assert place.on_disk(WORD) == []


def test_minutes_of_a_session_that_is_delivered_are_gone_from_the_collector(place: Place) -> None:
    place.type(WORD)
    assert place.client.shutdown() == 0
    place.wait_for_kinds(*TYPED, "end")
    wait_for("the spool to be empty", lambda: None if any(place.home.spool.iterdir()) else True)
    told = pairlog("forget", "--last", "10m", str(place.shop), home=place.home.path).decode()
    assert (
        told == "1 session without a recorder: taken back here and at the collector as soon as it answers\n"
    )
    place.wait_for_kinds("session", "forget", "end")
    assert place.on_disk(WORD) == []


def test_forgetting_over_the_language_server_is_obeyed_when_its_answer_is_there(place: Place) -> None:
    place.type(WORD)
    place.wait_for_kinds(*TYPED)
    asked = {"command": "pairlog.forget", "arguments": ["10m"]}
    assert place.client.request("workspace/executeCommand", asked)["left_to_sender"] == 0
    spool = place.home.spool / f"{place.session}.ndjson"
    assert b'"type":"forget"' in spool.read_bytes()
    place.wait_for_kinds("session", "forget", "open")


def test_a_level_that_falls_ends_the_session_and_goes_on_without_texts(place: Place) -> None:
    place.type(WORD)
    place.wait_for_kinds(*TYPED)
    pairlog("consent", str(place.shop), "metadata", home=place.home.path)
    place.wait_for_kinds(*TYPED, "consent", "end")
    place.client.change(place.uri, 2 + len(WORD), (0, 0, 0, 0, "secretly"))
    assert place.client.shutdown() == 0
    rows = place.collector.ended(2)
    (later,) = [row["session"] for row in rows if row["session"] != place.session]
    events = place.events(later)
    assert [event["type"] for event in events] == ["session", "open", "edit", "end"]
    assert (events[1]["text"], events[2]["changes"]) == ("13,2", [[0, 0, 0, 0, "8,1"]])
    assert place.on_disk("secretly") == []


def test_what_cannot_be_forgotten_is_said(tmp_path: Path) -> None:
    told = pairlog("forget", "--last", "10m", str(tmp_path), home=tmp_path / "home").decode()
    assert told == "nothing was recorded here in that time\n"

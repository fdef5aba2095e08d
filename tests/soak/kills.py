"""kill -9 of recorder, sender and collector at random moments under load; then the count of what arrived."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from lsp_server.home.locks import is_held
from pairlog.home import Home
from pairlog.line import decode
from pairlog.options import database_uri
from pairlog.replay import Player, verify
from pairlog.source import Source, open_source
from tests.soak.served import Served
from tests.soak.window import Window
from tests.support.processes import wait_for

_WINDOWS = 2
_TARGETS = ("recorder", "sender", "collector")
_DRAIN_SECONDS_MAX = 150.0
_REPLACED_SECONDS_MAX = 20.0


@dataclass
class Result:
    """What a run did and found; it held where `problems` is empty."""

    kills: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    lines: int = 0
    #: Lines said after the last answer before a kill: which of them arrived, and how many there were.
    open_lines: int = 0
    open_arrived: int = 0
    replaced_s: float = 0.0
    aside: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Soak:
    """One home, one collector, some editor windows."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = Random(seed)
        self._root = folder / "shop"
        self._root.mkdir()
        self.home = Home(folder / "home")
        self.collector = Served(folder / "data")
        #: Every window there ever was, by its number; `windows` are those that are there now.
        self.all: list[Window] = []
        self.windows: list[Window] = []
        self.result = Result()

    # -- the load and the kills --------------------------------------------------------------------------

    def run(self, kills: int, tell: Callable[[str], None]) -> Result:
        """Type and kill so many times, let everything arrive, then look at it."""
        begun = time.monotonic()
        try:
            self.windows = [self._new_window() for _ in range(_WINDOWS)]
            for window in self.windows:
                window.start()
            for number in range(kills):
                self._type()
                self._kill()
                if (number + 1) % 20 == 0:
                    counts = ", ".join(f"{self.result.kills[it]} {it}" for it in _TARGETS)
                    tell(f"kills: {number + 1} of {kills} ({counts}), {time.monotonic() - begun:.0f} s")
            self._drain()
        finally:
            for window in self.windows:
                window.kill()
            self._end_sender()
            self.collector.stop()
        self._check_home()
        self._check_store()
        self.result.seconds = time.monotonic() - begun
        return self.result

    def _new_window(self) -> Window:
        options = {
            "consent": "content",
            "home": str(self.home.path),
            "collectorUrl": self.collector.address,
            "token": self.collector.token,
        }
        window = Window(len(self.all), self._root, options, self._chance)
        self.all.append(window)
        return window

    def _replace(self, window: Window) -> Window:
        """Another window in the place of one that is gone."""
        fresh = self._new_window()
        self.windows[self.windows.index(window)] = fresh
        return fresh

    def _type(self) -> None:
        for _ in range(self._chance.randint(2, 60)):
            self._chance.choice(self.windows).act()
            if self._chance.random() < 0.2:
                time.sleep(self._chance.random() * 0.01)
        if self._chance.random() < 0.5:
            # The sender works once a second: somewhere in that second.
            time.sleep(self._chance.random() * 1.0)
        if self._chance.random() < 0.1:
            window = self._chance.choice(self.windows)
            window.leave()
            self._replace(window).start()

    def _kill(self) -> None:
        sender = self._sender()
        able = [it for it in _TARGETS if it != "sender" or sender is not None]
        target = min(able, key=lambda it: self.result.kills[it] + self._chance.random() * 4)
        self.result.kills[target] += 1
        if target == "collector":
            self.collector.kill()
        elif target == "sender":
            assert sender is not None
            os.kill(sender, signal.SIGKILL)
            if self._chance.random() < 0.2:
                self._wait_replaced(sender)
        else:
            window = self._chance.choice(self.windows)
            window.rush(self._chance.randint(0, 6))
            if self._chance.random() < 0.5:
                window.rest()
            window.kill()
            fresh = self._replace(window)
            while self._chance.random() < 0.2:
                # It dies while it starts, wherever that is.
                fresh.start_in_haste()
                fresh.rush(self._chance.randint(0, 6))
                time.sleep(self._chance.random() * 0.8)
                fresh.kill()
                fresh = self._replace(fresh)
                self.result.kills["recorder, starting"] += 1
            fresh.start()

    def _wait_replaced(self, old: int) -> None:
        """A killed sender is replaced by a recorder that lives, also by one that has nothing to do."""
        begun = time.monotonic()
        try:
            wait_for(
                "another sender",
                lambda: True if self._sender() not in (None, old) else None,
                _REPLACED_SECONDS_MAX,
            )
        except TimeoutError as error:
            self.result.problems.append(str(error))
        self.result.replaced_s = max(self.result.replaced_s, time.monotonic() - begun)

    def _sender(self) -> int | None:
        """The process id of the sender of this home, where one is at work."""
        try:
            pid = int((self.home.path / "sender.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # Only ever a process of this home, whatever an old file says.
        ours = b"lsp_server.sending.sender" in command and str(self.home.path).encode() in command
        return pid if ours and is_held(self.home.path / "sender.lock") else None

    def _end_sender(self) -> None:
        pid = self._sender()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    # -- the end -----------------------------------------------------------------------------------------

    def _drain(self) -> None:
        """Everybody leaves; what is on disk goes out, and the sender after it."""
        self.collector.wait_ready()
        while self.windows:
            self.windows.pop().leave()
        try:
            wait_for("an empty spool", lambda: None if self._left() else True, _DRAIN_SECONDS_MAX)
            wait_for(
                "the end of the sender",
                lambda: None if is_held(self.home.path / "sender.lock") else True,
                20,
            )
        except TimeoutError as error:
            self.result.problems.append(f"{error}: {self._left()}, {self._status()}")

    def _left(self) -> list[str]:
        folders = (self.home.spool, self.home.outbox)
        return sorted(str(file.relative_to(self.home.path)) for it in folders for file in it.iterdir())

    def _status(self) -> str:
        try:
            return (self.home.path / "status.json").read_text()
        except OSError as error:
            return str(error)

    def _check_home(self) -> None:
        """The home holds what outlives sessions, and nothing else."""
        left = sorted(
            str(file.relative_to(self.home.path)) for file in self.home.path.rglob("*") if file.is_file()
        )
        lasting = {"blobs.lock", "key", "sender.lock", "sender.log", "status.json"}
        rest = [it for it in left if it not in lasting and not it.startswith(("refused/", "delivered/"))]
        if rest:
            self.result.problems.append(f"left in the home: {rest}")
        self.result.aside = len([name for name in left if name.startswith("refused/")])
        for name, text in (
            ("sender.log", (self.home.path / "sender.log").read_text()),
            ("the collector's log", self.collector.log()),
            *((f"recorder {it.number}", it.client.errors.decode()) for it in self.all),
        ):
            # A collector notes whom it refuses, as whoever asks for a session before it is sent.
            passed = ("unknown method", " INFO ")
            said = [
                line for line in text.splitlines() if line.strip() and not any(it in line for it in passed)
            ]
            if said:
                self.result.problems.append(f"{name} says: {said[-6:]}")

    def _check_store(self) -> None:
        """Every window's session: what was handled is there once and in order, what was not said is not."""
        with open_source(database_uri(self.collector.data)) as source:
            rows = source.sessions()
            found: dict[int, str] = {}
            for row in rows:
                name = f"session {row.session}"
                if not row.complete:
                    self.result.problems.append(f"{name} has no end")
                if row.verified is False:
                    self.result.problems.append(f"{name} is not verified")
                lines = list(source.lines(row.session))
                number = int(json.loads(lines[0])["editor"]["version"])
                if number in found:
                    self.result.problems.append(f"recorder {number} has two sessions")
                found[number] = row.session
                self.result.lines += len(lines)
                self._check_session(source, row.session, lines, self.all[number])
        self.result.sessions = len(found)
        for number, window in enumerate(self.all):
            if window.handled >= 0 and number not in found:
                self.result.problems.append(f"recorder {number}: its session is lost")

    def _check_session(self, source: Source, session: str, lines: list[bytes], window: Window) -> None:
        problems = check_lines(lines, window, lambda digest: source.blob(session, digest))
        self.result.problems += [f"recorder {window.number}, session {session}: {it}" for it in problems]
        if window.is_killed:
            self.result.open_lines += len(window.said) - max(window.handled, 0)
            arrived = len(_as_said([json.loads(line) for line in lines]))
            self.result.open_arrived += max(0, arrived - 3 - max(window.handled, 0))


def check_lines(lines: list[bytes], window: Window, blob: Callable[[str], bytes]) -> list[str]:
    """What is wrong with a stored session, given what was said to its recorder."""
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    if [event["seq"] for event in events] != list(range(len(events))):
        return [f"the seqs are {[event['seq'] for event in events]}"]
    verdict = verify(lines, blob)
    problems = [] if verdict.verified is not False else [f"verify: {verdict}"]
    bare = _as_said(events)
    reason = "interrupted" if window.is_killed else "shutdown"
    closing = [("gap", "interrupted")] if window.is_killed else []
    closing.append(("end", reason))
    told = [(event["type"], event.get("reason")) for event in bare[-len(closing) :]]
    if told != closing:
        problems.append(f"it ends with {told}")
    stored = bare[1 : -len(closing)]
    said = [it.event for it in window.said]
    if stored != said[: len(stored)]:
        at = next(i for i, it in enumerate(stored) if i >= len(said) or it != said[i])
        expected = said[at] if at < len(said) else None
        problems.append(f"line {at + 1} is {str(stored[at])[:200]}, not {str(expected)[:200]}")
    if len(stored) < window.handled:
        problems.append(f"{window.handled - len(stored)} handled lines are missing")
    player = Player(blob)
    for line in lines:
        player.feed(decode(line))
    texts = {it.doc: it.text for it in window.said[: len(stored)] if it.doc is not None}
    replayed = {doc: it.document.text for doc, it in player.documents.items()}
    if texts != replayed:
        differing = sorted(doc for doc in texts if texts[doc] != replayed.get(doc))
        problems.append(f"the replayed texts of documents {differing} are not what was typed")
    return problems


def _as_said(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events without `seq` and `t`, and without what the recorder found out by itself."""
    kept = [event for event in events if event["type"] != "attribution"]
    place = {event["seq"]: number for number, event in enumerate(kept)}
    bare = []
    for event in kept:
        found = ("cause", "evidence", "rule") if event.get("evidence") == "inferred" else ()
        left = {key: event[key] for key in event if key not in ("seq", "t", *found)}
        if "saw" in left:
            left["saw"] = {doc: place[seq] for doc, seq in left["saw"].items()}
        bare.append(left)
    return bare


def run(folder: Path, kills: int, seed: int, tell: Callable[[str], None] = print) -> Result:
    """Kill so many times below `folder`; the seed decides what is typed, who is killed, and when."""
    return Soak(folder, seed).run(kills, tell)

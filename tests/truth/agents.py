"""Labelled truth of agents: which changes on disk, that a recorder saw, a transcript's tool calls made.

An agent's tools write files as Claude Code does, and its transcript tells it; other programs write the same
files in between. The key of a change is its path and the text that it led to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from time import time

from pairlog.events import Edit
from pairlog.home import Home
from pairlog.ids import keyed
from pairlog.line import decode
from pairlog.replay import Player
from processing.imports.claude_code.entries import read_entries
from processing.imports.claude_code.left_out import LeftOut
from processing.imports.claude_code.session import Transcript, session_lines
from processing.imports.links import links
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import Watched, watched
from tests.support.transcripts import SESSION, TranscriptBuilder
from tests.truth.measure import Bar, Labelled, Told, Truth

BARS = {("a tool call", "inferred"): Bar(1, 0.75)}

SHELF = "".join(f"price{number} = {number}\n" for number in range(20))
_FILES = {"shelf.py": SHELF, "lib/till.py": SHELF}


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """A session of a recorder, and the transcript of an agent beside it, for each seed."""
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        with watched(Shop(place / "shop", _FILES), place / "home") as it:
            script = _Script(it, random.Random(f"agents {number}"))
            script.play()
            it.mark()
            it.client.shutdown()
            yield Labelled(script.truths, list(_told(it, script.transcript)))


class _Script:
    def __init__(self, watching: Watched, chance: random.Random) -> None:
        self.truths: list[Truth] = []
        self.transcript = TranscriptBuilder(str(watching.shop.root))
        self._watching = watching
        self._chance = chance
        self._text = dict(_FILES)
        self._count = 0

    def play(self) -> None:
        acts = [self._calls, self._calls, self._new_file, self._two_calls_at_once, self._formatted]
        acts += [self._program_writes, self._program_writes]
        self._chance.shuffle(acts)
        for act in acts:
            self._now()
            act()
            self._watching.mark()

    def _calls(self) -> None:
        path = self._any()
        self._tool_writes(path)
        self._note(path, "an agent's tool wrote a file")

    def _new_file(self) -> None:
        path = f"new{self._count}.py"
        self._tool_writes(path)
        self._note(path, "an agent's tool made a file")

    def _two_calls_at_once(self) -> None:
        path = self._any()
        self._tool_writes(path)
        self._tool_writes(path)
        self._note(path, "two calls wrote a file at once")

    def _formatted(self) -> None:
        """A formatter writes the file again before it rests: the recorder sees no text of the agent's."""
        path = self._any()
        self._tool_writes(path)
        self._write(path, f"{self._text[path]}# formatted\n")
        self._note(path, "a formatter wrote what an agent's tool had just written")

    def _program_writes(self) -> None:
        path = self._any()
        self._write(path, self._changed(path))

    def _any(self) -> str:
        return self._chance.choice(list(_FILES))

    def _tool_writes(self, path: str) -> None:
        before, after = self._text.get(path), self._changed(path)
        self._now()
        self._write(path, after)
        self.transcript.writes(path, before, after, took_ms=5)

    def _changed(self, path: str) -> str:
        self._count += 1
        lines = self._text.get(path, SHELF).splitlines(keepends=True)
        lines[self._chance.randrange(len(lines))] = f"step{self._count} = {self._chance.random()}\n"
        return "".join(lines)

    def _write(self, path: str, text: str) -> None:
        self._text[path] = text
        self._watching.shop.write(path, text)

    def _now(self) -> None:
        self.transcript.at_ms = max(self.transcript.at_ms, int(time() * 1000))

    def _note(self, path: str, what: str) -> None:
        self.truths.append(Truth((path, self._text[path]), "a tool call", "inferred", what))


def _told(it: Watched, transcript: TranscriptBuilder) -> Iterator[Told]:
    left_out = LeftOut()
    entries = read_entries(transcript.data, None, left_out)
    key = Home(it.home).key()
    made = session_lines(Transcript(SESSION, entries, left_out), lambda root: [keyed(key, root)], "private")
    recorded = [decode(line) for line in it.lines()]
    assert getattr(recorded[0], "workspace", None) in made.workspaces
    linked = {link.seq: link for link in links(recorded, it.blob, made.session, made.agent_edits)}
    player = Player(it.blob)
    for event in recorded:
        player.feed(event)
        if isinstance(event, Edit) and event.seq in linked:
            document = player.documents[event.doc]
            key_of = (document.path, document.document.text)
            yield Told(key_of, "a tool call", linked[event.seq].evidence)

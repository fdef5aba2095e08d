"""Short recordings of the real recorder, and a home in which the sender's own classes deliver them.

The recorder is dead, the clock is moved by hand, and each delivery bears a session id of its own, as long as
the recorded one, so that every byte keeps its place.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from lsp_server.home.layout import Route, SessionFiles, sessions_in
from lsp_server.home.locks import is_held
from lsp_server.sending.sender import Sender
from pairlog.events import End, Gap
from pairlog.frame import pack, whole_lines
from pairlog.home import Home
from pairlog.ids import session_of
from pairlog.line import encode, parse
from pairlog.replay import verify
from tests.soak.inside import ADDRESS, InsideCollector
from tests.soak.window import Window
from tests.support.processes import wait_for

_STEPS_MAX = 20

Ending = Literal["left", "killed"]


class Recording(NamedTuple):
    """What a recorder wrote, and what a sender made of it; `spool` and `outbox` are the files' bytes."""

    session: str
    spool: bytes
    outbox: bytes


class Left(NamedTuple):
    """What is left of both files (None: there is no outbox), and how many lines the collector has already."""

    spool: bytes
    outbox: bytes | None = None
    delivered: int = 0

    def renamed(self, old: str, new: str) -> Left:
        """The same of another session."""
        outbox = self.outbox and self.outbox.replace(old.encode(), new.encode())
        return Left(self.spool.replace(old.encode(), new.encode()), outbox, self.delivered)

    def expected(self) -> list[bytes]:
        """The lines that the collector must hold in the end; none where not even the header survived."""
        in_spool, in_outbox = whole_lines(self.spool)[0], whole_lines(self.outbox or b"")[0]
        lines = max(in_spool, in_outbox, key=len)
        if not lines or parse(lines[-1])["type"] == "end":
            return lines
        last = parse(lines[-1])
        seq, t = last["seq"] + 1, last["t"]
        gap = Gap(seq=seq, t=t, reason="interrupted", detail="the recorder died in mid-session")
        return [*lines, encode(gap), encode(End(seq=seq + 1, t=t, reason="interrupted"))]


def record(folder: Path, ending: Ending, chance: Random) -> Recording:
    """A short session of the real recorder, which knows no collector; its editor left, or it was killed."""
    root = folder / f"shop-{ending}"
    root.mkdir()
    home = Home(folder / f"home-{ending}")
    window = Window(0, root, {"consent": "content", "home": str(home.path)}, chance, large=0)
    window.start()
    for act in (
        *(window.open, window.key, window.select, window.paste, window.save, window.run),
        *(window.key, window.close, window.open, window.key),
    ):
        act()
    window.settle()
    if ending == "left":
        window.leave()
    else:
        window.kill()
    (session,) = sessions_in(home)
    files = SessionFiles(home, session)
    # A child that the dead one has just forked, for git, has its lock until it runs its own program.
    wait_for("the lock of the recorder", lambda: None if is_held(files.pid) else True)
    spool = files.spool.read_bytes()
    # Nobody takes it yet: the sender writes its outbox and waits.
    sender = Sender(home)
    for second in range(_STEPS_MAX):
        sender.step(float(second))
    outbox = files.outbox.read_bytes()
    assert outbox.startswith(spool) and b'"type":"end"' in outbox
    return Recording(session, spool, outbox)


class Rig:
    """A home that is filled anew each time, and the collector that everything goes to."""

    def __init__(self, home: Home, collector: InsideCollector, chance: Random) -> None:
        self.home = home
        self._collector = collector
        self._route = Route(ADDRESS, collector.token)
        self._chance = chance
        self._number = 0
        self._now = 1000.0

    def fill(self, left: Left, recorded_as: str) -> tuple[str, list[bytes]]:
        """Put the files there; returns the session that they are of now, and what must arrive of it."""
        self._number += 1
        session = session_of(1_700_000_000_000 + self._number, self._chance.randbytes(10))
        ours = left.renamed(recorded_as, session)
        files = SessionFiles(self.home, session)
        if left.delivered:
            lines = whole_lines(ours.outbox or b"")[0][: left.delivered]
            answer = self._collector.post_frame(session, pack(lines))
            assert answer.status == 200, answer
        # A sender looks through its notes on what it delivered: each try would take longer than the last.
        shutil.rmtree(self.home.delivered, ignore_errors=True)
        files.write_route(self._route)
        files.spool.write_bytes(ours.spool)
        if ours.outbox is not None:
            files.outbox.write_bytes(ours.outbox)
        return session, ours.expected()

    def sender(self) -> Sender:
        """A new sender, which knows nothing but what is on the disk."""
        sender = Sender(self.home)
        sender._collectors = {self._route: self._collector}
        return sender

    def deliver(self, sender: Sender, session: str) -> str | None:
        """Run a sender until the session is gone; what it says where it does not get there."""
        for _ in range(_STEPS_MAX):
            self._now += 1.0
            sender.step(self._now)
            if session not in sessions_in(self.home):
                return None
        return f"not delivered: {(self.home.path / 'status.json').read_text()}"

    def check(self, session: str, expected: list[bytes]) -> list[str]:
        """What is wrong after a session was delivered."""
        left = [str(it) for part in (self.home.spool, self.home.outbox) for it in part.iterdir()]
        problems = [f"left in the home: {left}"] if left else []
        if not expected:
            known = self._collector.session(session).status
            return problems if known == 404 else [f"a session without a header is known ({known})"]
        stored = self._collector.lines(session)
        if stored != expected:
            pairs = zip(stored, expected, strict=False)
            at = next((number for number, (a, b) in enumerate(pairs) if a != b), None)
            problems.append(
                f"{len(stored)} lines stored, {len(expected)} expected; the first other one: {at}"
            )
        verdict = verify(stored)
        if verdict.verified is False:
            problems.append(f"verify: {verdict}")
        return problems

    def clear(self, session: str) -> None:
        """Take a session's files away, so that the next one begins with an empty home."""
        SessionFiles(self.home, session).remove()

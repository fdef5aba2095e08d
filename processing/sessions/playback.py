"""Playback: a session's moments in time, and filters that change their pace. Pure but for `play`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rich.console import Console, Group
from rich.live import Live
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from pairlog.errors import visible
from pairlog.events import Completion, Edit, Event, Open, Run, Select, Test
from pairlog.replay import Player

_FRAME_S = 1 / 30
#: Rows of the terminal that are not code: the rule above and the line below.
_FURNITURE_ROWS = 3


@dataclass(frozen=True)
class Moment:
    """An event and when it is shown, in seconds since playback began."""

    at_s: float
    event: Event


def moments(events: Iterable[Event]) -> Iterator[Moment]:
    """The events at the pace at which they were recorded."""
    for event in events:
        yield Moment(event.t / 1000, event)


def limit_idle(played: Iterable[Moment], idle_s_max: float) -> Iterator[Moment]:
    """The same moments with no pause between two of them longer than `idle_s_max`."""
    saved = before = 0.0
    for moment in played:
        saved += max(0.0, moment.at_s - before - idle_s_max)
        before = moment.at_s
        yield replace(moment, at_s=moment.at_s - saved)


def speed_up(played: Iterable[Moment], factor: float) -> Iterator[Moment]:
    """The same moments, `factor` times as fast."""
    for moment in played:
        yield replace(moment, at_s=moment.at_s / factor)


def describe(event: Event, player: Player) -> str:
    """One line for people: what happened, and to which document."""
    doc = getattr(event, "doc", None)
    replayed = player.documents.get(doc) if doc is not None else None
    words = [event.type, replayed.path if replayed else ""]
    if isinstance(event, Edit):
        words += [event.cause or "", repr("".join(change[4] for change in event.changes))[:40]]
    elif isinstance(event, Run):
        words += [event.phase, event.command or ""]
        words.append(f"exit {event.exit_code}" if event.exit_code is not None else "")
    elif isinstance(event, Test):
        words += [event.test, event.outcome]
    elif isinstance(event, Completion):
        words += [event.phase, event.model or ""]
    return visible(" ".join(word for word in words if word))


def listing(played: Iterable[Moment], player: Player) -> Iterator[str]:
    """A line for each moment, for a reader that is no terminal: seq, seconds, what happened."""
    for moment in played:
        player.feed(moment.event)
        yield f"{moment.event.seq:>7} {moment.at_s:>10.3f}  {describe(moment.event, player)}"


def play(played: Iterable[Moment], player: Player, console: Console) -> None:
    """Show the moments in the terminal, each at its time."""
    screen, last = _Screen(player), None
    began = drawn = time.monotonic()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        for moment in played:
            now = time.monotonic()
            wait_s = began + moment.at_s - now
            # Many moments can share a frame; before a pause, the last of them is shown.
            if last and (wait_s > _FRAME_S or now - drawn > _FRAME_S):
                live.update(screen.draw(last, console.height), refresh=True)
                drawn = now
            if wait_s > 0:
                time.sleep(wait_s)
            player.feed(moment.event)
            screen.follow(moment.event)
            last = moment
        if last:
            live.update(screen.draw(last, console.height), refresh=True)
    console.print(f"played to seq {player.seq}")


class _Screen:
    """What of a session is in view: the document that was touched last, around the place."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._doc: int | None = None
        self._line = 0

    def follow(self, event: Event) -> None:
        """Move to where the event happened."""
        if isinstance(event, Open):
            self._doc, self._line = event.doc, 0
        elif isinstance(event, Edit) and event.changes:
            self._doc, self._line = event.doc, event.changes[-1][0]
        elif isinstance(event, Select) and event.selections:
            self._doc, self._line = event.doc, event.selections[0][2]

    def draw(self, moment: Moment, height: int) -> Group:
        """The code around the place, with what just happened below it."""
        below = Text(
            f"{moment.event.seq:>7}  {moment.at_s:8.1f} s  {describe(moment.event, self._player)}",
            style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )
        replayed = self._player.documents.get(self._doc) if self._doc is not None else None
        if replayed is None:
            return Group(Rule("no document yet"), below)
        rows = max(1, height - _FURNITURE_ROWS)
        lines = replayed.document.lines
        first = max(0, min(self._line - rows // 2, len(lines) - rows))
        code = Syntax(
            "\n".join(visible(line.rstrip("\r\n").expandtabs(4)) for line in lines[first : first + rows]),
            replayed.language or "text",
            line_numbers=True,
            start_line=first + 1,
            highlight_lines={self._line + 1},
        )
        return Group(Rule(visible(replayed.path)), code, below)

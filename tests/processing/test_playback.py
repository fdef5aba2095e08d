from __future__ import annotations

import io

from rich.console import Console

from pairlog.events import Focus
from pairlog.line import decode_all
from pairlog.replay import Player
from processing.sessions.playback import limit_idle, moments, play, speed_up
from tests.support.sessions import SessionBuilder

EVENTS = [Focus(seq=seq, t=t, focused=True) for seq, t in enumerate((0, 100, 5100, 5200, 65200))]


def test_moments_keep_the_pace_of_the_recording() -> None:
    assert [moment.at_s for moment in moments(EVENTS)] == [0.0, 0.1, 5.1, 5.2, 65.2]


def test_no_pause_is_longer_than_the_limit() -> None:
    paced = [round(moment.at_s, 6) for moment in limit_idle(moments(EVENTS), 2.0)]
    assert paced == [0.0, 0.1, 2.1, 2.2, 4.2]


def test_speed_divides_every_time() -> None:
    assert [moment.at_s for moment in speed_up(moments(EVENTS), 2.0)] == [0.0, 0.05, 2.55, 2.6, 32.6]


def test_playing_shows_the_code_around_the_last_change() -> None:
    made = SessionBuilder()
    made.open(1, "a.py", "".join(f"line_{n}\n" for n in range(100)))
    made.edit(1, (50, 0, 50, 0, "typed_here"))
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=60, height=20, color_system=None)
    events = list(decode_all(made.lines))
    play(speed_up(moments(events[-1:]), 1e9), _player(made), console)
    assert "typed_here" in screen.getvalue()
    assert "line_99" not in screen.getvalue()


def _player(made: SessionBuilder) -> Player:
    player = Player()
    for event in list(decode_all(made.lines))[:-1]:
        player.feed(event)
    return player

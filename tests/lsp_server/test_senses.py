from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from lsp_server.recording.documents import Documents
from lsp_server.recording.recorder import Recorder
from lsp_server.senses.sense import Deaf, Place, Tell
from lsp_server.senses.senses import Senses
from pairlog.events import Focus
from tests.lsp_server.desk import Desk

HALF_AN_HOUR = 30 * 60


class Eye:
    """A sense that sees what a test says, from a thread of its own."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.stopped = False

    def start(self, place: Place, tell: Tell) -> None:
        self.place, self._told = place, tell

    def stop(self) -> None:
        self.stopped = True

    def see(self, act: object = lambda recorder: recorder.event(Focus, focused=True)) -> None:
        thread = threading.Thread(target=self._told, args=(act,))
        thread.start()
        thread.join()


class Blind(Eye):
    def start(self, place: Place, tell: Tell) -> None:
        raise OSError("no eyes")

    def stop(self) -> None:
        raise OSError("no eyes")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def heard() -> None:
    """Wait until the loop has done what it was told from threads."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_what_is_seen_in_a_thread_becomes_lines_in_the_order_of_the_wire(desk: Desk) -> None:
    async def work() -> None:
        eye = Eye()
        senses = Senses(desk.recording, asyncio.get_running_loop(), [eye])
        assert eye.place is not None
        assert eye.place.root == desk.shop
        desk.open("a")
        eye.see()
        await heard()
        desk.type("b")
        senses.stop()
        assert eye.stopped

    asyncio.run(work())
    assert desk.kinds() == ["session", "open (opened)", "focus", "edit"]


def test_what_is_seen_while_paused_is_not_written(desk: Desk) -> None:
    async def work() -> None:
        eye = Eye()
        Senses(desk.recording, asyncio.get_running_loop(), [eye])
        desk.recording.pause()
        eye.see()
        await heard()
        desk.recording.resume()
        eye.see()
        await heard()

    asyncio.run(work())
    assert desk.kinds() == ["session", "pause", "resume", "focus"]


def test_what_is_seen_while_nothing_is_recorded_begins_the_next_session(desk: Desk) -> None:
    async def work() -> None:
        eye = Eye()
        Senses(desk.recording, asyncio.get_running_loop(), [eye])
        desk.passes(HALF_AN_HOUR)
        assert len(desk.sessions) == 1
        eye.see()
        await heard()

    asyncio.run(work())
    assert desk.kinds(1) == ["session", "focus"]


def test_nothing_is_heard_of_a_sense_that_was_stopped_or_of_a_recording_that_is_over(desk: Desk) -> None:
    async def work() -> None:
        eye = Eye()
        senses = Senses(desk.recording, asyncio.get_running_loop(), [eye])
        eye.see()
        senses.stop()
        await heard()
        later = Eye()
        Senses(desk.recording, asyncio.get_running_loop(), [later])
        desk.recording.end("consent")
        later.see()
        await heard()

    asyncio.run(work())
    assert desk.kinds() == ["session", "end (consent)"]


def test_a_sense_that_fails_disturbs_nothing_but_itself(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(_recorder: Recorder) -> None:
        raise ValueError("a wrong step")

    async def work() -> None:
        eye = Eye()
        senses = Senses(desk.recording, asyncio.get_running_loop(), [Blind(), eye])
        eye.see(stumble)
        eye.see()
        await heard()
        senses.stop()

    asyncio.run(work())
    assert desk.kinds() == ["session", "gap (not_emitted)", "focus"]
    said = capsys.readouterr().err
    assert "Blind does not work here" in said
    assert "a wrong step" in said


def test_who_asks_waits_for_a_loop_that_is_slow_and_gives_up_when_the_recording_is_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_server.senses.senses._LOOK_SECONDS", 0.0)

    def root_of(documents: Documents) -> Path:
        return documents.folder.root

    def stumble(_documents: Documents) -> None:
        raise RuntimeError("a wrong step")

    async def work() -> None:
        eye = Eye()
        senses = Senses(desk.recording, asyncio.get_running_loop(), [eye])
        assert eye.place is not None
        assert await asyncio.to_thread(eye.place.ask, root_of) == desk.shop
        with pytest.raises(RuntimeError, match="a wrong step"):
            await asyncio.to_thread(eye.place.ask, stumble)
        senses.stop()
        with pytest.raises(Deaf):
            await asyncio.to_thread(eye.place.ask, root_of)

    asyncio.run(work())


def test_after_the_loop_is_closed_nobody_listens(desk: Desk) -> None:
    eye = Eye()

    async def work() -> None:
        Senses(desk.recording, asyncio.get_running_loop(), [eye])

    asyncio.run(work())
    eye.see()
    assert desk.kinds() == ["session"]

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.home.control import give
from lsp_server.home.layout import SessionFiles
from lsp_server.home.state import read_recorder
from pairlog.consent import parse, store
from tests.lsp_server.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def order(desk: Desk, what: str) -> None:
    """Give it to the session at work, begun or not."""
    give(desk.files.control, what)
    desk.tick()


class TestPause:
    def test_nothing_is_recorded_until_it_is_over_and_then_every_text_is_told(self, desk: Desk) -> None:
        desk.open("a")
        desk.open("b", "closed.py")
        order(desk, "pause")
        before = desk.lines(desk.sessions[0])
        desk.type("secret")
        desk.save("secreta")
        desk.close("closed.py")
        desk.open("c", "opened.py")
        desk.observe(type="run", id="r1", phase="started")
        desk.observe(type="nonsense")
        desk.wall_ns += 5_000_000_000
        for _ in range(3):
            desk.passes(3600)
        assert desk.lines(desk.sessions[0]) == before
        order(desk, "resume")
        desk.type("x")
        desk.save("xsecreta")
        kinds = desk.kinds()
        assert kinds[3:7] == ["pause", "resume", "close", "open (resumed)"]
        assert kinds[7:] == ["open (resumed)", "clock", "edit", "save"]
        assert [event["text"] for event in desk.events() if event.get("why") == "resumed"] == ["secreta", "c"]
        assert desk.verified()

    def test_a_large_text_is_not_kept_meanwhile(self, desk: Desk) -> None:
        desk.recording.pause()
        desk.open("secret\n" * 20_000)
        assert list(desk.home.blobs.iterdir()) == []

    def test_a_second_pause_changes_nothing_and_neither_does_a_second_resume(self, desk: Desk) -> None:
        for what in ("resume", "pause", "pause", "resume", "resume"):
            order(desk, what)
        assert desk.kinds() == ["session", "pause", "resume"]

    def test_everybody_sees_it(self, desk: Desk) -> None:
        desk.recording.pause()
        assert desk.statuses[-1][:2] == ("paused", "recording is paused; `pairlog resume` goes on")
        told = read_recorder(desk.files.state)
        assert told is not None and told.state == "paused" and told.is_paused
        desk.recording.resume()
        assert desk.statuses[-1][0] == "offline"
        assert desk.messages == []

    def test_its_session_ends_well(self, desk: Desk) -> None:
        desk.open("a")
        desk.recording.pause()
        desk.type("secret")
        desk.recording.end("shutdown")
        assert desk.kinds() == ["session", "open (opened)", "pause", "end (shutdown)"]
        assert desk.verified() is None

    def test_it_outlasts_an_erasure_and_a_conflict(self, desk: Desk) -> None:
        desk.open("a")
        desk.recording.pause()
        SessionFiles(desk.home, desk.sessions[0]).remove()
        desk.tick()
        desk.type("secret")
        order(desk, "new_session")
        desk.type("x")
        assert desk.sessions == []
        order(desk, "resume")
        desk.type("y")
        desk.save("yxsecreta")
        assert desk.kinds() == ["session", "open (resumed)", "edit", "save"]
        assert desk.verified()

    def test_a_conflict_ends_the_paused_session_and_begins_none(self, desk: Desk) -> None:
        desk.open("a")
        desk.recording.pause()
        order(desk, "new_session")
        desk.type("secret")
        assert desk.kinds() == ["session", "open (opened)", "pause", "end (interrupted)"]
        assert len(desk.sessions) == 1 and desk.statuses[-1][0] == "paused"

    def test_it_can_be_asked_for_while_the_recorder_sleeps(self, desk: Desk) -> None:
        desk.open("a")
        desk.passes(30 * 60)
        order(desk, "pause")
        desk.type("secret")
        desk.tick()
        assert len(desk.sessions) == 1
        order(desk, "resume")
        desk.save("secreta")
        assert desk.kinds(1) == ["session", "open (resumed)", "save"] and desk.verified(1)

    def test_a_use_chosen_meanwhile_is_told_afterwards(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, use="research")
        desk.recording.pause()
        store(desk.home, desk.shop, parse("content", "private"))
        desk.tick()
        assert desk.kinds() == ["session", "pause"]
        desk.recording.resume()
        assert desk.kinds() == ["session", "pause", "resume", "consent"]

    def test_a_level_lowered_meanwhile_holds_for_the_session_that_follows(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path)
        desk.open("a")
        desk.recording.pause()
        store(desk.home, desk.shop, parse("metadata"))
        desk.tick()
        assert desk.kinds()[2:] == ["pause", "consent", "end (consent)"]
        desk.recording.resume()
        desk.type("x")
        assert desk.kinds(1) == ["session", "open (resumed)", "edit"]
        assert desk.events(1)[0]["consent"] == "metadata"

    def test_taking_the_consent_back_ends_a_paused_recording_too(self, desk: Desk) -> None:
        desk.recording.pause()
        store(desk.home, desk.shop, parse("off"))
        desk.tick()
        assert desk.kinds() == ["session", "pause", "consent", "end (consent)"]
        assert desk.events()[2]["level"] == "off" and desk.recording.is_over


class TestPauseOnAFullDisk:
    def test_the_pause_is_told_when_there_is_room_again(self, desk: Desk) -> None:
        desk.open("a")
        desk.recording.recorder.stop()
        desk.type("x")
        desk.recording.pause()
        desk.type("secret")
        desk.tick()
        assert desk.kinds()[2:] == ["gap (not_emitted)", "pause"]
        assert desk.events()[2]["count"] == 1
        desk.recording.resume()
        desk.save("secretxa")
        assert desk.verified()

    def test_a_pause_that_came_and_went_leaves_every_text_right(self, desk: Desk) -> None:
        desk.open("a")
        desk.recording.recorder.stop()
        desk.recording.pause()
        desk.type("secret")
        desk.recording.resume()
        desk.tick()
        desk.save("secreta")
        assert desk.kinds()[2:] == ["resume", "open (after_gap)", "save"] and desk.verified()


class TestBound:
    def test_above_it_recording_pauses_visibly_and_goes_on_with_a_gap_that_counts(
        self, tmp_path: Path
    ) -> None:
        desk = Desk(tmp_path, spool_bytes_max=100_000)
        desk.open("a")
        other = desk.home.outbox / "other.ndjson"
        other.write_bytes(b"x" * 100_000)
        desk.type("x")
        desk.tick()
        assert desk.statuses[-1][:2] == (
            "paused",
            "recording is paused: more than 100000 bytes wait to be sent (spool_bytes_max); "
            f"make room in {desk.home.path}",
        )
        assert desk.messages == [f"Pairlog: {desk.statuses[-1][1]}"]
        desk.type("123")
        desk.tick()
        assert desk.kinds()[-1] == "edit"
        other.unlink()
        desk.tick()
        assert desk.messages[1:] == ["Pairlog records again."]
        desk.save("123xa")
        assert desk.kinds()[3:] == ["gap (not_emitted)", "open (after_gap)", "save"]
        assert desk.events()[3]["count"] == 3 and desk.verified()

    def test_what_others_write_is_seen_within_half_a_minute(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, spool_bytes_max=100_000)
        desk.tick()
        (desk.home.spool / "other.json").write_bytes(b"x" * 100_000)
        for _ in range(31):
            desk.tick()
        assert desk.statuses[-1][0] == "paused"

    def test_nothing_lost_is_no_gap(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, spool_bytes_max=100_000)
        desk.open("a")
        (desk.home.outbox / "other.ndjson").write_bytes(b"x" * 100_000)
        desk.type("x")
        desk.tick()
        (desk.home.outbox / "other.ndjson").unlink()
        desk.tick()
        desk.save("xa")
        assert desk.kinds()[2:] == ["edit", "save"] and desk.verified()

    def test_its_session_ends_well(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, spool_bytes_max=100)
        desk.tick()
        desk.open("a")
        desk.recording.end("shutdown")
        assert desk.kinds() == ["session", "gap (not_emitted)", "end (shutdown)"]

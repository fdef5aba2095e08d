from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lsp_server.home.control import give
from lsp_server.home.layout import SessionFiles
from pairlog.consent import parse, store
from tests.lsp_server.desk import Desk

HALF_AN_HOUR = 30 * 60
TWELVE_HOURS = 12 * 60 * 60


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def nearly_twelve_hours(desk: Desk) -> None:
    """Work up to half a minute before them."""
    desk.open("a")
    for _ in range(30):
        desk.type("x")
        desk.passes((TWELVE_HOURS - 30) / 30)


def test_after_half_an_hour_without_an_event_the_session_ends(desk: Desk) -> None:
    desk.open("a")
    desk.passes(HALF_AN_HOUR - 1)
    assert desk.kinds() == ["session", "open (opened)"]
    desk.passes(1)
    desk.passes(HALF_AN_HOUR)
    assert desk.kinds() == ["session", "open (opened)", "end (idle)"]
    assert len(desk.sessions) == 1


def test_each_event_puts_the_end_off(desk: Desk) -> None:
    desk.open("a")
    for _ in range(5):
        desk.passes(HALF_AN_HOUR - 2)
        desk.type("x")
        desk.tick()
    assert desk.kinds() == ["session", "open (opened)", *["edit"] * 5]


def test_the_next_event_begins_a_new_session_with_the_documents_as_they_stand(desk: Desk) -> None:
    desk.open("a")
    desk.open("gone", "gone.py")
    desk.close("gone.py")
    desk.passes(HALF_AN_HOUR)
    desk.passes(7)
    desk.type("x")
    desk.passes(2)
    desk.save("xa")
    desk.recording.end("shutdown")
    first, second = desk.sessions
    assert desk.kinds(1) == ["session", "open (resumed)", "edit", "save", "end (shutdown)"]
    header, opened, edit, save, _ = desk.events(1)
    assert (header["session"], header["previous"], opened["text"]) == (second, first, "a")
    assert [header["t"], edit["t"], save["t"]] == [0, 0, 2000]
    assert header["started_at"] > desk.events(0)[0]["started_at"]
    assert desk.verified(1)


def test_a_document_opened_first_thing_is_opened_once(desk: Desk) -> None:
    desk.open("a")
    desk.passes(HALF_AN_HOUR)
    desk.open("b", "other.py")
    assert desk.kinds(1) == ["session", "open (resumed)", "open (opened)"]


def test_asleep_it_leaves_nothing_behind(desk: Desk) -> None:
    desk.passes(HALF_AN_HOUR)
    assert "a new session begins" in desk.statuses[-1][1]
    desk.recording.end("shutdown")
    assert desk.kinds() == ["session", "end (idle)"]
    assert len(list(desk.home.spool.glob("*.ndjson"))) == 1
    assert list(desk.home.path.glob("recorder-*")) == []


def test_a_session_of_twelve_hours_ends_when_nobody_types_and_goes_on_in_a_new_one(desk: Desk) -> None:
    desk.open("a")
    typed = ""
    while len(desk.sessions) == 1:
        desk.type("x")
        typed += "x"
        desk.passes(HALF_AN_HOUR / 2)
    before = desk.kinds()
    assert before[-1] == "end (rollover)" and set(before[2:-1]) == {"edit"}
    assert desk.kinds(1)[:2] == ["session", "open (resumed)"]
    desk.save(typed + "a")
    assert desk.verified(1)
    assert desk.events(1)[0]["previous"] == desk.sessions[0]
    times = [event["t"] for event in desk.events()]
    assert times == sorted(times) and times[-1] >= TWELVE_HOURS * 1000


def test_it_does_not_end_while_keys_come(desk: Desk) -> None:
    nearly_twelve_hours(desk)
    for _ in range(60):
        desk.type("x")
        desk.tick()
    assert len(desk.sessions) == 1
    desk.passes(2)
    assert len(desk.sessions) == 2


def test_a_cause_and_its_edit_are_not_parted(desk: Desk) -> None:
    nearly_twelve_hours(desk)
    for _ in range(30):
        desk.type("x")
        desk.tick()
    desk.observe(type="cause", uri=desk.uri("cart.py"), cause="paste")
    desk.passes(30)
    assert len(desk.sessions) == 1
    desk.type("y")
    assert desk.events()[-1]["cause"] == "paste"
    desk.passes(2)
    assert len(desk.sessions) == 2


def test_level_workspace_takes_the_tracked_files_again(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.py").write_text("a = 1\n")
    git = [
        "git",
        "-C",
        str(tmp_path / "shop"),
        "-c",
        "user.name=Pairlog",
        "-c",
        "user.email=pairlog@example.invalid",
    ]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    desk = Desk(tmp_path, "workspace")
    desk.passes(HALF_AN_HOUR)
    desk.open("a = 1\n")
    desk.recording.end("shutdown")
    assert [desk.kinds(number).count("workspace") for number in (0, 1)] == [1, 1]


def test_a_session_whose_times_the_client_tells_is_never_cut(tmp_path: Path) -> None:
    desk = Desk(tmp_path, clock="client")
    desk.passes(TWELVE_HOURS)
    desk.passes(TWELVE_HOURS)
    assert desk.kinds() == ["session"]


def test_a_choice_made_while_it_sleeps_holds_from_the_first_line(desk: Desk) -> None:
    desk.passes(HALF_AN_HOUR)
    store(desk.home, desk.shop, parse("content", "private"))
    desk.tick()
    desk.open("a")
    assert desk.events(1)[0]["use"] == "private"
    store(desk.home, desk.shop, parse("off"))
    desk.tick()
    assert desk.recording.is_over and desk.kinds(1)[-1] == "end (consent)"


def test_revoked_while_it_sleeps_nothing_more_begins(desk: Desk) -> None:
    desk.passes(HALF_AN_HOUR)
    store(desk.home, desk.shop, parse("off"))
    desk.tick()
    assert desk.recording.is_over and desk.statuses[-1][0] == "off"
    assert len(list(desk.home.spool.glob("*.ndjson"))) == 1


def test_the_sender_can_ask_for_a_new_session(desk: Desk) -> None:
    desk.open("a")
    give(SessionFiles(desk.home, desk.sessions[0]).control, "new_session")
    desk.tick()
    assert desk.kinds() == ["session", "open (opened)", "end (interrupted)"]
    assert desk.kinds(1) == ["session", "open (resumed)"]


def test_a_disk_that_is_full_when_it_wakes_costs_a_gap_that_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open("a")
    desk.passes(HALF_AN_HOUR)
    monkeypatch.setattr(desk.recording._sessions.files.spool, "append", lambda lines: 0)
    desk.type("xyz")
    desk.tick()
    assert desk.statuses[-1][0] == "paused" and len(desk.sessions) == 1
    monkeypatch.undo()
    desk.tick()
    desk.save("xyza")
    assert desk.kinds(1) == ["session", "gap (not_emitted)", "open (resumed)", "save"]
    assert desk.events(1)[1]["count"] == 3 and desk.verified(1)


def test_a_disk_that_fills_up_as_a_session_ends_costs_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open("a")
    spool = desk.recording._sessions.files.spool
    monkeypatch.setattr(spool, "_write", lambda lines: 0)
    desk.passes(HALF_AN_HOUR)
    desk.type("x")
    desk.tick()
    assert desk.statuses[-1][0] == "paused" and len(desk.sessions) == 1
    monkeypatch.undo()
    desk.tick()
    desk.tick()
    desk.save("xa")
    kinds = [kind for number in range(len(desk.sessions)) for kind in desk.kinds(number)]
    assert kinds.count("edit") == 1 and not any("gap" in kind for kind in kinds)
    assert all(desk.verified(number) is not False for number in range(len(desk.sessions)))


class TestClocks:
    @pytest.mark.parametrize("seconds", [3600, -3600, 1.5])
    def test_a_jump_of_the_wall_clock_is_said(self, desk: Desk, seconds: float) -> None:
        desk.wall_ns += int(seconds * 1e9)
        desk.tick()
        desk.tick()
        assert desk.kinds() == ["session", "clock"]

    def test_a_correction_below_a_second_is_none(self, desk: Desk) -> None:
        desk.wall_ns += 900_000_000
        desk.tick()
        assert desk.kinds() == ["session"]

    def test_after_a_suspension_times_go_on_where_they_stood(self, desk: Desk) -> None:
        desk.open("a")
        desk.passes(10)
        desk.wall_ns += 8 * 3600 * 1_000_000_000
        desk.tick()
        desk.type("x")
        times = [(event["type"], event["t"]) for event in desk.events()]
        assert times == [("session", 0), ("open", 0), ("clock", 10_000), ("edit", 11_000)]
        assert desk.events()[2]["utc"] > desk.events()[0]["started_at"]

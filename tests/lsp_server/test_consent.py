"""Which consent a session says, and what is recorded under it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from threading import Event
from threading import enumerate as living_threads
from typing import Any

import pytest

from lsp_server.home.settings import resolve
from lsp_server.recording.consented import permission
from lsp_server.workspace import manifest
from lsp_server.workspace.manifest import Manifest
from pairlog import consent
from pairlog.consent import Consented, parse, store
from pairlog.home import open_home
from pairlog.stripping import in_force, strip
from tests.lsp_server.desk import Desk

LONG = "secret\n" * 20_000


def choose(desk: Desk, level: str, use: str = "private") -> None:
    """As `pairlog consent` does, heard within a second."""
    store(desk.home, desk.shop, parse(level, use))
    desk.tick()


def told(desk: Desk) -> list[tuple[Any, ...]]:
    """What the session says of consent."""
    events = desk.events()
    return [
        (it.get("level") or it.get("consent"), it["use"], it["policy"]) for it in events if "policy" in it
    ]


def left(desk: Desk) -> list[bytes]:
    """The lines as they leave, each at the level in force."""
    level: Any = "off"
    out = []
    for line in desk.lines(desk.sessions[0]):
        level = in_force(line, level)
        one = strip(line, level, b"k" * 32)
        assert one is not None
        out.append(one)
    return out


class TestMetadata:
    def test_neither_blobs_nor_files_are_kept_and_no_text_leaves(self, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "secret.py").write_text("secret")
        subprocess.run(["git", "init", "-q", str(tmp_path / "shop")], check=True)
        subprocess.run(["git", "-C", str(tmp_path / "shop"), "add", "."], check=True)
        desk = Desk(tmp_path, "metadata")
        desk.open("secret")
        desk.open(LONG, "secret.py")
        desk.type("secret")
        desk.save("secretsecret")
        desk.recording.end("shutdown")
        opens = ["open (opened)"] * 2
        assert desk.kinds() == ["session", *opens, *["edit"] * 6, "save", "end (shutdown)"]
        assert list(desk.home.blobs.iterdir()) == []
        gone = b"\n".join(left(desk))
        assert [word for word in (b"secret", b"cart.py", b"blob", b'sha256":') if word in gone] == []
        assert b'"text":"140000,20001"' in gone and b'[0,0,0,0,"1,1"]' in gone

    def test_the_session_says_so(self, tmp_path: Path) -> None:
        assert told(Desk(tmp_path, "metadata")) == [("metadata", "private", consent.POLICY)]


class TestChanged:
    def test_raised_every_text_is_told_anew(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, "workspace")
        choose(desk, "metadata")
        desk.open(LONG)
        choose(desk, "content")
        desk.type("x")
        desk.save("x" + LONG)
        assert desk.kinds()[2:] == ["consent", "end (consent)"]
        raised = ["session", "open (opened)", "consent", "open (resync)", "edit", "save"]
        assert desk.kinds(1) == raised
        assert desk.verified(1)
        assert len(list(desk.home.blobs.iterdir())) == 1

    @pytest.mark.parametrize("level", ["content", "off"])
    def test_lowered_no_tracked_files_follow_that_were_still_being_read(
        self, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lowered = Event()

        def take(*_arguments: Any) -> Manifest:
            assert lowered.wait(20)
            return Manifest("0" * 64, 1, 0, False)

        monkeypatch.setattr(manifest, "take", take)
        desk = Desk(tmp_path, "workspace")
        (gathering,) = (thread for thread in living_threads() if thread.name == "gathering")
        choose(desk, level)
        lowered.set()
        gathering.join(20)
        desk.tick()
        desk.recording.end("shutdown")
        assert [kind.split(" ")[0] for kind in desk.kinds()] == ["session", "consent", "end"]

    def test_on_a_full_disk_it_is_told_as_soon_as_there_is_room_and_before_any_text(
        self, tmp_path: Path
    ) -> None:
        desk = Desk(tmp_path, "workspace")
        desk.open("a")
        desk.recording.recorder.stop()
        store(desk.home, desk.shop, parse("metadata"))
        desk.type("x")
        desk.recording._hear_consent()
        desk.type("y")
        desk.tick()
        assert desk.kinds()[3:] == ["gap (not_emitted)", "consent", "open (after_gap)", "end (consent)"]
        assert desk.kinds(1) == ["session", "open (resumed)"]
        assert [event["consent"] for event in (desk.events(0)[0], desk.events(1)[0])] == [
            "workspace",
            "metadata",
        ]

    def test_where_the_disk_filled_up_just_then_it_is_told_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = Desk(tmp_path, use="research")
        monkeypatch.setattr(desk.recording.recorder, "_append", lambda lines: 0)
        choose(desk, "content", "private")
        monkeypatch.undo()
        desk.tick()
        assert told(desk)[1:] == [("content", "private", consent.POLICY)]

    def test_taken_back_the_session_says_so_before_its_end(self, tmp_path: Path) -> None:
        desk = Desk(tmp_path, use="research")
        desk.open("a")
        store(desk.home, desk.shop, replace(parse("off"), policy="2026-09"))
        desk.tick()
        assert desk.kinds() == ["session", "open (opened)", "consent", "end (consent)"]
        assert told(desk)[-1] == ("off", "private", "2026-09")


class TestPolicy:
    def test_a_choice_is_recorded_with_the_wording_that_was_agreed_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home, shop = open_home(tmp_path / "home"), tmp_path / "shop"
        store(home, shop, parse("content"))
        monkeypatch.setattr(consent, "POLICY", "2031-01")
        allowed = permission(resolve({"home": str(home.path)}), shop)
        assert allowed.consent is not None and allowed.consent.policy == "2026-11"

    def test_of_two_choices_the_one_that_holds_brings_its_wording(self) -> None:
        wide, narrow = Consented("workspace", "private", "2031-01"), Consented("content", "public", "2026-11")
        assert consent.lowest(wide, narrow) == Consented("content", "private", "2026-11")

    def test_the_extension_asks_under_the_same_wording(self) -> None:
        constants = Path(__file__).parents[2] / "vscode-client" / "src" / "constants.ts"
        assert f'export const POLICY = "{consent.POLICY}";' in constants.read_text(encoding="utf-8")

"""The tracked files, read again where a run begins."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lsp_server.home.blob_store import BlobStore
from lsp_server.workspace import manifest
from lsp_server.workspace.manifest import Known
from tests.lsp_server.desk import Desk
from tests.support.processes import wait_for

RUN: dict[str, Any] = {"type": "run", "id": "r1", "phase": "started", "kind": "task"}


class Scene:
    """A recording at level `workspace` of a repository with two files."""

    def __init__(self, folder: Path, level: Any = "workspace") -> None:
        self.shop = folder / "shop"
        self.shop.mkdir()
        self.git("init", "-q")
        self.write("cart.py", "a = 1\n")
        self.write("tax.py", "RATE = 7\n")
        self.commit()
        self.desk = Desk(folder, level)
        self.settle()

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=Pairlog", "-c", "user.email=pairlog@example.invalid")
        subprocess.run(["git", *identity, *arguments], cwd=self.shop, check=True, capture_output=True)

    def write(self, name: str, text: str) -> None:
        file = self.shop / name
        file.write_text(text)
        # Long enough ago for the clock of any file system to tell.
        told = time.time() - 10 + len(text) / 100
        os.utime(file, (told, told))

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "-qm", "Work")

    def settle(self) -> None:
        """Wait until no files are being read, and what was read is written down."""

        def over() -> bool | None:
            self.desk.tick()
            return None if self.desk.recording._sessions._tracked_files._gathering else True

        wait_for("the tracked files", over)

    def run(self, name: str) -> None:
        self.desk.observe(**{**RUN, "id": name})

    def manifests(self) -> list[tuple[str | None, bool, dict[str, str]]]:
        """Each one's run, whether it was dirty, and the texts of its files."""
        told = []
        for event in self.desk.events():
            if event["type"] == "workspace":
                listed = json.loads((self.desk.home.blobs / event["manifest"]).read_bytes())["files"]
                texts = {it["path"]: (self.desk.home.blobs / it["blob"]).read_text() for it in listed}
                told.append((event.get("run"), event["dirty"], texts))
        return told


def test_a_run_after_a_change_is_told_with_the_files_that_it_saw(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.write("tax.py", "RATE = 19\n")
    scene.run("r1")
    scene.settle()
    scene.run("r2")
    scene.settle()
    scene.commit()
    scene.run("r3")
    scene.settle()
    before, after = {"cart.py": "a = 1\n"}, "RATE = 19\n"
    assert scene.manifests() == [
        (None, False, {**before, "tax.py": "RATE = 7\n"}),
        ("r1", True, {**before, "tax.py": after}),
        ("r3", False, {**before, "tax.py": after}),
    ]
    heads = [event["head"] for event in scene.desk.events() if event["type"] == "workspace"]
    assert heads[0] == heads[1] != heads[2]


@pytest.mark.parametrize("level", ["metadata", "content"])
def test_below_that_level_no_file_is_read(level: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, level)
    scene.run("r1")
    scene.settle()
    assert scene.manifests() == []


def test_runs_in_a_row_are_read_for_one_after_the_other_and_the_first_key_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path)
    goes_on, take = threading.Event(), manifest.take

    def slow(*arguments: Any) -> Any:
        assert goes_on.wait(20)
        return take(*arguments)

    monkeypatch.setattr(manifest, "take", slow)
    scene.desk.open("a = 1\n")
    scene.write("tax.py", "RATE = 19\n")
    for name in ("r1", "r2", "r3"):
        scene.run(name)
    scene.desk.type("x")
    goes_on.set()
    scene.settle()
    assert [run for run, _, _ in scene.manifests()] == [None, "r1"]
    assert scene.desk.kinds()[-5:] == ["run", "run", "run", "edit", "workspace"]


def test_a_recording_that_ends_while_files_are_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path)
    goes_on = threading.Event()
    monkeypatch.setattr(manifest, "take", lambda *_arguments: goes_on.wait(20) and None)
    scene.run("r1")
    scene.desk.recording.end("shutdown")
    goes_on.set()
    gaps = [event["detail"] for event in scene.desk.events() if event["type"] == "gap"]
    assert gaps == ["the session ended before its tracked files were read"]


def test_of_a_file_that_is_changed_while_the_run_goes_on_what_it_held_before_stands(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    blobs, known = BlobStore(scene.desk.home.blobs), Known()
    manifest.take(scene.shop, blobs, lambda _path: False, known)
    begun = time.time_ns()
    (scene.shop / "cart.py").write_text("a = 2\n")
    os.utime(scene.shop / "cart.py", ns=(begun + 1, begun + 1))
    during = manifest.take(scene.shop, blobs, lambda _path: False, known, begun)
    after = manifest.take(scene.shop, blobs, lambda _path: False, known, begun + 2)
    texts = []
    for taken in (during, after):
        assert taken is not None
        listed = json.loads(blobs.get(taken.blob) or b"")["files"]
        texts.append((blobs.get(listed[0]["blob"]) or b"").decode())
    assert texts == ["a = 1\n", "a = 2\n"]


def test_new_files_that_git_does_not_ignore_belong_to_it_and_denied_and_ignored_ones_do_not(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.write(".gitignore", "out/\n")
    scene.commit()
    for name in ("out", "lib"):
        (scene.shop / name).mkdir()
    scene.write("helper.py", "v = 1\n")
    scene.write("lib/deep.py", "d = 1\n")
    for name in (".env", "id_rsa", "out/log.py", ".helper.py.swp", "#cart.py#"):
        scene.write(name, "very secret\n")
    (scene.shop / "blob.bin").write_bytes(b"very secret\0")
    os.utime(scene.shop / "blob.bin", (0, 0))
    (scene.shop / "away").symlink_to("/etc")
    (scene.shop / "copy").mkdir()
    subprocess.run(["git", "init", "-q", "copy"], cwd=scene.shop, check=True)
    scene.write("copy/other.py", "very secret\n")
    scene.run("r1")
    scene.settle()
    run, is_dirty, texts = scene.manifests()[-1]
    assert (run, is_dirty) == ("r1", True)
    assert texts == {
        ".gitignore": "out/\n",
        "cart.py": "a = 1\n",
        "tax.py": "RATE = 7\n",
        "helper.py": "v = 1\n",
        "lib/deep.py": "d = 1\n",
    }
    told = [event for event in scene.desk.events() if event["type"] == "workspace"][-1]
    assert (told["files"], told["omitted"]) == (5, 4)
    assert not any(b"very secret" in blob.read_bytes() for blob in scene.desk.home.blobs.iterdir())


def test_of_more_new_files_than_somebody_writes_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "UNTRACKED_FILES_MAX", 2)
    scene = Scene(tmp_path)
    for number in range(5):
        scene.write(f"new{number}.py", "")
    scene.run("r1")
    scene.settle()
    told = [event for event in scene.desk.events() if event["type"] == "workspace"][-1]
    assert (told["files"], told["omitted"], told["dirty"]) == (4, 3, True)


def test_a_new_file_that_a_run_made_was_not_there_before_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    blobs, begun = BlobStore(scene.desk.home.blobs), time.time_ns()
    (scene.shop / "made.py").write_text("made = 1\n")
    os.utime(scene.shop / "made.py", ns=(begun + 1, begun + 1))
    taken = manifest.take(scene.shop, blobs, lambda _path: False, Known(), begun)
    assert taken is not None
    assert (taken.files, taken.omitted) == (2, 1)


def test_only_what_has_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path)
    asked: list[str] = []

    def denies(path: str) -> bool:
        asked.append(path)
        return False

    blobs, known = BlobStore(scene.desk.home.blobs), Known()
    first = manifest.take(scene.shop, blobs, denies, known)
    scene.write("tax.py", "RATE = 19\n")
    second = manifest.take(scene.shop, blobs, denies, known)
    third = manifest.take(scene.shop, blobs, denies, known)
    assert asked == ["cart.py", "tax.py", "tax.py"]
    assert first != second == third

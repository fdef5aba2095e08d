"""Which folders a real recorder watches, and what it does where the system has no watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from lsp_server.senses.watcher import Stirred
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import CART, SHELF, Watched, finished, recorder, watched

LOOKS_INTO_TWENTY = (
    sys.executable,
    "-c",
    "import lsp_server.senses.outside as it; it._NEW_FOLDERS_MAX = 20; import lsp_server.__main__",
)


class TestManyFoldersAtOnce:
    """The last one is the last that a walk comes to."""

    @pytest.fixture
    def shelves(self, tmp_path: Path) -> Path:
        for number in range(250):
            (tmp_path / "made" / f"shelf{number}").mkdir(parents=True)
        return tmp_path / "made"

    def test_the_last_new_one_is_watched_too(self, it: Watched, shelves: Path) -> None:
        last = os.listdir(shelves)[-1]  # noqa: PTH208
        shelves.rename(it.shop.root / "new")
        it.mark()
        it.shop.write(f"new/{last}/till.py", "open = True\n")
        it.until_told("edit", changes=[[0, 0, 0, 0, "open = True\n"]])
        finished(it)
        assert not [event for event in it.events() if event["type"] == "gap"]

    def test_those_beyond_a_bound_are_counted(self, tmp_path: Path, shelves: Path) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        with watched(shop, tmp_path / "home", command=LOOKS_INTO_TWENTY) as it:
            shelves.rename(shop.root / "new")
            (gap,) = it.until_told("gap", reason="not_emitted")
            assert (gap["detail"], gap["count"]) == ("new folders on disk, too many at once", 250 + 1 - 20)
            finished(it)

    def test_moved_ones_with_tracked_files_are_watched_beyond_any_bound(self, tmp_path: Path) -> None:
        files = {f"lib/shelf{number}/rows.py": f"rows = {number}\n" for number in range(50)}
        shop = Shop(tmp_path / "shop", files)
        with watched(shop, tmp_path / "home", command=LOOKS_INTO_TWENTY) as it:
            last = os.listdir(shop.root / "lib")[-1]  # noqa: PTH208
            (shop.root / "lib").rename(shop.root / "stock")
            it.mark()
            shop.write(f"stock/{last}/rows.py", "rows = True\n")
            (opened,) = it.until_told("open", path=f"stock/{last}/rows.py")
            assert (opened["source"], opened["text"]) == ("git", files[f"lib/{last}/rows.py"])
            it.until_told("edit", doc=opened["doc"])
            finished(it)

    def test_one_that_is_moved_away_and_made_again_is_watched_again(
        self, it: Watched, tmp_path: Path
    ) -> None:
        (it.shop.root / "lib").rename(tmp_path / "away")
        it.mark()
        it.shop.write("lib/shelf.py", SHELF)
        it.mark()
        it.shop.write("lib/shelf.py", SHELF + "# 1\n")
        it.until_told("edit", changes=[[20, 0, 20, 0, "# 1\n"]])
        finished(it)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
def test_a_folder_that_nobody_can_look_into_is_not_taken_for_the_end_of_watches(tmp_path: Path) -> None:
    from lsp_server.senses.inotify import Inotify

    heard: SimpleQueue[list[Stirred]] = SimpleQueue()
    watcher = Inotify(heard.put, lambda: None)
    for folder in (tmp_path / ("x" * 300), tmp_path / "gone", tmp_path):
        watcher.watch(folder)
    (tmp_path / "cart").mkdir()
    assert heard.get(timeout=10) == [Stirred(tmp_path / "cart", True, True, 0)]
    watcher.close()


WITHOUT_WATCHES = """
import lsp_server.senses.inotify as it
def full(*_): raise OSError(28, "the limit of watches is reached")
it.Inotify.watch = full
import lsp_server.__main__
"""


WITHOUT_INOTIFY = (
    sys.executable,
    "-c",
    """
import lsp_server.senses.outside as it
def none(*_): raise OSError("no inotify on this system")
it.Inotify = none
import lsp_server.__main__
""",
)


class TestWhereTheSystemHasNoInotify:
    @pytest.fixture
    def it(self, tmp_path: Path) -> Iterator[Watched]:
        shop = Shop(tmp_path / "shop", {"cart.py": CART, "lib/shelf.py": SHELF, ".gitignore": "out/\n"})
        with watched(shop, tmp_path / "home", command=WITHOUT_INOTIFY) as watching:
            yield watching

    def test_watchdog_sees_files_change_and_come_to_be(self, it: Watched) -> None:
        it.shop.write("out/log.txt", "very secret\n")
        it.shop.write("lib/shelf.py", SHELF.replace("row7 = 7", "row7 = 70"))
        it.until_told("edit", changes=[[7, 8, 7, 8, "0"]])
        it.shop.write("new/deep/till.py", "open = True\n")
        it.until_told("edit", changes=[[0, 0, 0, 0, "open = True\n"]])
        (it.shop.root / "lib").rename(it.shop.root / "stock")
        it.until_told("rename", path="stock/shelf.py")
        it.shop.write("stock/shelf.py", SHELF)
        it.until_told("edit", changes=[[7, 8, 7, 9, ""]])
        finished(it)
        assert not [line for line in it.lines() if b"very secret" in line]

    def test_watchdog_sees_commits_also_of_a_worktree(self, tmp_path: Path) -> None:
        main = Shop(tmp_path / "main", {"cart.py": CART})
        main.git("worktree", "add", "-q", str(tmp_path / "shop"), "-b", "work")
        shop = Shop(tmp_path / "shop", make=False)
        with watched(shop, tmp_path / "home", command=WITHOUT_INOTIFY) as it:
            shop.write("cart.py", "total = 2\n")
            shop.commit("Two")
            it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
            it.until_told("vcs", action="commit")
            finished(it)


#: A program changes files as the recorder has looked around, and before it watches.
CHANGES_EARLY = """
import lsp_server.senses.outside as it
native = it._Watch._native
def changed(self):
    (self._root / "cart.py").write_text("total = 22\\n")
    (self._root / "dirty.py").write_text("mine = True\\n" "theirs = True\\n")
    (self._root / "new.py").write_text("open = True\\n")
    (self._root / "lib").mkdir()
    (self._root / "lib" / "shelf.py").write_text("rows = 1\\n")
    return native(self)
it._Watch._native = changed
import lsp_server.__main__
"""


def test_what_changes_in_the_first_moments_is_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", {"cart.py": CART, "dirty.py": "", "dirty_too.py": ""})
    for name in ("dirty.py", "dirty_too.py"):
        shop.write(name, "mine = True\n")
    with watched(shop, tmp_path / "home", command=[sys.executable, "-c", CHANGES_EARLY]) as it:
        finished(it)
    opened = {event["doc"]: event for event in it.events() if event["type"] == "open"}
    told = {
        opened[event["doc"]]["path"]: (opened[event["doc"]]["text"], event["changes"], event["cause"])
        for event in it.events()
        if event["type"] == "edit"
    }
    assert told == {
        "cart.py": (CART, [[0, 8, 0, 9, "22"]], "external"),
        "dirty.py": ("mine = True\n", [[1, 0, 1, 0, "theirs = True\n"]], "external"),
        "lib/shelf.py": ("", [[0, 0, 0, 0, "rows = 1\n"]], "external"),
        "new.py": ("", [[0, 0, 0, 0, "open = True\n"]], "external"),
    }


class TestWhereTheSystemHasNoWatches:
    def test_the_client_is_asked_for_its_own(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        command = [sys.executable, "-c", WITHOUT_WATCHES]
        with recorder(shop, tmp_path / "home", command, watches=True) as it:
            asked = it.client.wait(lambda message: message.get("method") == "client/registerCapability")
            (registration,) = asked["params"]["registrations"]
            assert registration["method"] == "workspace/didChangeWatchedFiles"
            shop.git("clone", "-q", ".", "copy")
            shop.write("copy/shelf.py", "very secret\n")
            shop.write("cart.py", "total = 2\n")
            shop.git("commit", "-q", "-a", "-m", "Two")
            names = ("copy/shelf.py", "copy/.git/config", "cart.py", ".git/logs/HEAD")
            told = [shop.root / name for name in names]
            it.client.notify(
                "workspace/didChangeWatchedFiles",
                {"changes": [{"uri": file.as_uri(), "type": 2} for file in told]},
            )
            it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
            it.until_told("vcs", action="commit")
            assert {event["path"] for event in it.events() if event["type"] == "open"} == {"cart.py"}
            finished(it)

    def test_without_git_the_client_is_heard_of_files_directly_in_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        shop = Shop(tmp_path / "shop", make=False)
        with recorder(shop, tmp_path / "home", [sys.executable, "-c", WITHOUT_WATCHES], watches=True) as it:
            it.client.wait(lambda message: message.get("method") == "client/registerCapability")

            def write(*names: str) -> None:
                changes = [{"uri": shop.write(name, "x = 1\n").as_uri(), "type": 1} for name in names]
                it.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})

            write("node_modules/deep.js", "cart.py")
            (opened,) = it.until_told("open", path="cart.py")
            it.until_told("edit", doc=opened["doc"], changes=[[0, 0, 0, 0, "x = 1\n"]])
            finished(it)
            assert [event["path"] for event in it.events() if event["type"] == "open"] == ["cart.py"]

    def test_a_name_that_no_file_can_have_costs_no_other_file_its_edit(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        with recorder(shop, tmp_path / "home", [sys.executable, "-c", WITHOUT_WATCHES], watches=True) as it:
            it.client.wait(lambda message: message.get("method") == "client/registerCapability")
            shop.write("cart.py", "total = 2\n")
            long = "x" * 300
            names = (f"{long}.py", f"{long}/a.py", "a%00b/c.py", "a%00b.py", "cart.py")
            changes = [{"uri": f"{shop.root.as_uri()}/{name}", "type": 1} for name in names]
            it.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
            it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
            finished(it)
            assert not [event for event in it.events() if event["type"] == "gap"]

    def test_a_client_without_any_is_told_as_a_gap(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        with recorder(shop, tmp_path / "home", [sys.executable, "-c", WITHOUT_WATCHES]) as it:
            it.until_told("gap", reason="unsupported")
            finished(it)

"""Real git and real processes change files while a real recorder runs and a scripted client types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from lsp_server.senses.watcher import Stirred
from pairlog.document import sha256
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import Watched, recorder, watched
from tests.support.processes import wait_for

CART = "total = 1\n"
SHELF = "".join(f"row{n} = {n}\n" for n in range(20))


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Watched]:
    shop = Shop(
        tmp_path / "shop",
        {"cart.py": CART, "lib/shelf.py": SHELF, ".env": "KEY=1\n", ".gitignore": "out/\n"},
    )
    with watched(shop, tmp_path / "home") as watching:
        yield watching


LOOKS_INTO_TWENTY = (
    sys.executable,
    "-c",
    "import lsp_server.senses.outside as it; it._NEW_FOLDERS_MAX = 20; import lsp_server.__main__",
)


TELLS_FIVE_REFS = (
    sys.executable,
    "-c",
    "import lsp_server.senses.repository as it; it._REFS_MAX = 5; import lsp_server.__main__",
)


def finished(it: Watched) -> None:
    """The client leaves, and what was recorded replays."""
    assert it.client.shutdown() == 0
    assert it.verdict().verified is not False
    assert it.verdict().reason is None


def test_a_folder_that_a_link_leads_to_is_seen_as_any_other(tmp_path: Path) -> None:
    Shop(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    shop = Shop(tmp_path / "link", make=False)
    with watched(shop, tmp_path / "home") as it:
        shop.write("cart.py", "total = 2\n")
        (edit,) = it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
        assert edit["cause"] == "external"
        shop.commit("Two")
        it.until_told("vcs", action="commit")
        finished(it)


class TestFilesThatNoEditorHasOpen:
    def test_a_change_is_an_edit_to_what_git_had(self, it: Watched) -> None:
        it.shop.write("lib/shelf.py", SHELF.replace("row7 = 7", "row7 = 70"))
        (edit,) = it.until_told("edit", changes=[[7, 8, 7, 8, "0"]])
        (opened,) = it.until_told("open", path="lib/shelf.py")
        assert (opened["source"], opened["text"]) == ("git", SHELF)
        assert (edit["doc"], edit["cause"], edit["evidence"]) == (opened["doc"], "external", "observed")
        finished(it)
        assert it.text("lib/shelf.py") == SHELF.replace("row7 = 7", "row7 = 70")

    def test_each_further_change_is_one_to_what_it_was(self, it: Watched) -> None:
        for number in range(3):
            it.shop.write("cart.py", f"total = {number + 2}\n")
            it.until_told("edit", changes=[[0, 8, 0, 9, str(number + 2)]])
        assert len(it.until_told("open", path="cart.py")) == 1
        finished(it)

    def test_a_file_that_a_program_makes_was_empty_before(self, it: Watched) -> None:
        it.shop.write("new/deep/till.py", "open = True\n")
        (opened,) = it.until_told("open", path="new/deep/till.py")
        assert (opened["source"], opened["text"]) == ("disk", "")
        it.until_told("edit", doc=opened["doc"], changes=[[0, 0, 0, 0, "open = True\n"]])
        finished(it)

    @pytest.mark.parametrize("script", ["sed -i s/1/5/ cart.py", "echo total = 5 > tmp; mv tmp cart.py"])
    def test_a_file_that_is_put_in_the_place_of_another_one_is_an_edit(
        self, it: Watched, script: str
    ) -> None:
        subprocess.run(["sh", "-c", script], cwd=it.shop.root, check=True, timeout=10)
        it.until_told("edit", changes=[[0, 8, 0, 9, "5"]])
        finished(it)
        assert it.text("cart.py") == "total = 5\n"

    def test_what_only_touches_a_file_or_writes_the_same_again_is_nothing(self, it: Watched) -> None:
        before = len(it.events())
        os.utime(it.shop.root / "cart.py")
        (it.shop.root / "cart.py").chmod(0o755)
        it.shop.write("cart.py", CART)
        it.mark()
        told = it.events()[before:]
        assert {event["doc"] for event in told if event["type"] in ("open", "edit")} == {2}

    def test_denied_ignored_binary_and_passing_files_are_not_told(self, it: Watched, tmp_path: Path) -> None:
        it.shop.write(".env", "KEY=very secret\n")
        it.shop.write("out/log.py", "very secret\n")
        it.shop.write(".cart.py.swp", "very secret\n")
        it.shop.write("#cart.py#", "very secret\n")
        (it.shop.root / "blob.py").write_bytes(b"very secret\0")
        (it.shop.root / "latin.py").write_bytes(b"very secret \xe9\n")
        (it.shop.root / "link.py").symlink_to(it.shop.root / ".env")
        os.mkfifo(it.shop.root / "pipe.py")
        it.shop.write("large.py", "very secret\n" * 100_000)
        it.mark()
        finished(it)
        assert b"very secret" not in b"".join(it.lines())
        assert not any(b"very secret" in file.read_bytes() for file in (it.home / "blobs").iterdir())
        (gap,) = it.until_told("gap", reason="not_emitted")
        assert gap["detail"].startswith("files that are denied")

    def test_another_repository_in_the_workspace_is_not_told(self, it: Watched) -> None:
        it.shop.git("clone", "-q", ".", "copy")
        it.shop.write("copy/cart.py", "very secret\n")
        it.mark()
        assert b"very secret" not in b"".join(it.lines())
        assert {event["path"] for event in it.events() if event["type"] == "open"} <= {"mark0.py", "mark1.py"}

    def test_moved_and_deleted_files_are_renamed_and_closed(self, it: Watched) -> None:
        it.shop.write("cart.py", "total = 2\n")
        (opened,) = it.until_told("open", path="cart.py")
        it.shop.git("mv", "cart.py", "basket.py")
        it.until_told("rename", doc=opened["doc"], path="basket.py")
        it.shop.write("basket.py", "total = 3\n")
        it.until_told("edit", doc=opened["doc"], changes=[[0, 8, 0, 9, "3"]])
        (it.shop.root / "basket.py").unlink()
        it.until_told("close", doc=opened["doc"])
        finished(it)

    def test_a_folder_that_is_moved_takes_its_files_along_and_is_watched_on(self, it: Watched) -> None:
        it.shop.write("lib/shelf.py", SHELF + "# 1\n")
        (opened,) = it.until_told("open", path="lib/shelf.py")
        (it.shop.root / "lib").rename(it.shop.root / "stock")
        it.until_told("rename", doc=opened["doc"], path="stock/shelf.py")
        it.shop.write("stock/shelf.py", SHELF + "# 2\n")
        it.until_told("edit", doc=opened["doc"], changes=[[20, 2, 20, 3, "2"]])
        finished(it)

    def test_what_moves_unread_is_not_new_and_changes_are_to_what_git_had(self, it: Watched) -> None:
        (it.shop.root / "lib").rename(it.shop.root / "stock")
        it.mark()
        assert not any("stock" in event.get("path", "") for event in it.events())
        it.shop.write("stock/shelf.py", SHELF + "# 1\n")
        (opened,) = it.until_told("open", path="stock/shelf.py")
        assert (opened["source"], opened["text"]) == ("git", SHELF)
        finished(it)


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


class TestDocumentsThatTheEditorHasOpen:
    def test_its_own_saves_are_no_external_edits_however_it_writes(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        for number in range(2, 8):
            it.client.change(uri, number, (0, 8, 0, 9, str(number)))
            text = f"total = {number}\n"
            if number % 2:
                it.shop.write(".cart.tmp", text).rename(it.shop.root / "cart.py")
            else:
                it.shop.write("cart.py", text)
            it.client.save(uri, text)
            it.mark()
        finished(it)
        events = it.events()
        (doc,) = {event["doc"] for event in events if event.get("path") == "cart.py"}
        assert not any(event.get("cause") for event in events if event.get("doc") == doc)
        assert not any(event["type"] in ("attribution", "gap") for event in events)

    def test_when_it_reads_a_changed_file_anew_the_edit_is_attributed(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.shop.write("cart.py", "total = 9\n")
        it.client.change(uri, 2, (0, 0, -1, 0, "total = 9\n"))
        (told,) = it.until_told("attribution")
        (edit,) = it.until_told("edit", version=None, changes=[[0, 0, -1, 0, "total = 9\n"]])
        assert told["of"] == edit["seq"]
        assert (told["cause"], told["evidence"], told["rule"]) == ("external", "observed", "reloaded")
        it.client.save(uri, "total = 9\n")
        it.client.observe(type="run", id="r1", phase="started")
        finished(it)

    def test_a_reported_cause_needs_no_attribution(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.shop.write("cart.py", "total = 9\n")
        it.client.observe(type="cause", uri=uri, cause="external")
        it.client.change(uri, 2, (0, 8, 0, 9, "9"))
        it.mark()
        finished(it)
        assert not any(event["type"] == "attribution" for event in it.events())

    def test_a_save_and_a_change_by_a_program_at_once_are_told_apart(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.client.change(uri, 2, (0, 8, 0, 9, "2"))
        it.shop.write("cart.py", "total = 2\n")
        it.shop.write("cart.py", "total = 2.0\n")
        it.client.save(uri, "total = 2\n")
        it.client.change(uri, 3, (0, 9, 0, 9, ".0"))
        (told,) = it.until_told("attribution")
        (edit,) = it.until_told("edit", changes=[[0, 9, 0, 9, ".0"]])
        assert told["of"] == edit["seq"]
        finished(it)

    def test_a_text_that_it_keeps_although_the_file_changed_is_told_as_a_gap(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.client.change(uri, 2, (0, 8, 0, 9, "7"))
        it.shop.write("cart.py", "total = 9\n")
        (gap,) = it.until_told("gap", reason="unsupported")
        assert gap["detail"] == "a file changed on disk, and the editor kept another text of it"
        finished(it)

    def test_of_one_whose_file_is_deleted_a_gap_is_told_and_no_run_saw_it(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.client.change(uri, 2, (0, 8, 0, 9, "7"))
        it.shop.write("cart.py", "total = 7\n")
        it.client.save(uri, "total = 7\n")
        it.client.observe(type="run", id="r1", phase="started", kind="terminal")
        (it.shop.root / "cart.py").unlink()
        (gap,) = it.until_told("gap", reason="unsupported")
        assert gap["detail"] == "the file of a document that is open is gone, or no text"
        it.client.observe(type="run", id="r2", phase="started", kind="terminal")
        (save,) = it.until_told("save")
        runs = it.until_told("run", phase="started", count=2)
        assert [run.get("saw", {}).get(str(save["doc"])) for run in runs] == [save["seq"], None]
        it.client.close(uri)
        it.client.settle()
        it.shop.write("cart.py", "total = 9\n")
        it.until_told("open", path="cart.py", source="disk", text="total = 9\n")
        finished(it)

    def test_one_whose_file_another_program_moves_keeps_its_path(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.shop.git("mv", "cart.py", "basket.py")
        it.until_told("gap", reason="unsupported")
        it.shop.write("basket.py", "total = 5\n")
        it.until_told("edit", changes=[[0, 8, 0, 9, "5"]])
        it.client.change(uri, 2, (0, 8, 0, 9, "7"))
        finished(it)
        assert (it.text("cart.py"), it.text("basket.py")) == ("total = 7\n", "total = 5\n")

    def test_once_it_is_closed_the_file_is_followed_from_its_text(self, it: Watched) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.client.change(uri, 2, (0, 8, 0, 9, "4"))
        it.shop.write("cart.py", "total = 4\n")
        it.client.save(uri, "total = 4\n")
        it.client.close(uri)
        it.client.settle()
        it.shop.write("cart.py", "total = 44\n")
        it.until_told("edit", changes=[[0, 9, 0, 9, "4"]], cause="external")
        opens = it.until_told("open", path="cart.py", count=2)
        assert [(event["source"], event["text"]) for event in opens] == [
            ("editor", CART),
            ("disk", "total = 4\n"),
        ]
        assert it.client.open(it.shop.root / "cart.py", "total = 44\n")
        finished(it)


class TestVersionControl:
    def test_what_a_checkout_changes_refers_to_it(self, it: Watched) -> None:
        it.shop.git("checkout", "-q", "-b", "sale")
        it.shop.write("cart.py", "total = 2\n")
        it.shop.write("lib/shelf.py", SHELF + "# sale\n")
        it.shop.commit("Sale")
        it.until_told("vcs", action="commit")
        it.shop.git("checkout", "-q", "main")
        (checkout,) = it.until_told("vcs", action="checkout", branch="main")
        assert set(checkout["paths"]) == {"cart.py", "lib/shelf.py", "mark0.py"}
        back = it.until_told("edit", ref=checkout["op"], count=2)
        assert [event["cause"] for event in back] == ["external", "external"]
        finished(it)
        assert it.text("cart.py") == CART

    def test_what_a_step_of_more_than_a_second_changes_refers_to_it(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "shop", {f"shelf{number}.py": "rows = 1\n" for number in range(3)})
        with watched(shop, tmp_path / "home") as it:
            for number in range(3):
                shop.write(f"shelf{number}.py", "rows = 2\n")
            it.until_told("edit", changes=[[0, 7, 0, 8, "2"]], count=3)
            shop.commit("Two")
            shop.write(".git/info/attributes", "*.py filter=slow\n")
            shop.git("config", "filter.slow.smudge", "sleep 0.7; cat")
            shop.git("reset", "-q", "--hard", "HEAD~1")
            (reset,) = it.until_told("vcs", action="branch", how="reset")
            back = it.until_told("edit", changes=[[0, 7, 0, 8, "1"]], count=3)
            assert {event["ref"] for event in back} == {reset["op"]}
            assert min(event["seq"] for event in back) > reset["seq"]
            finished(it)

    def test_a_commit_follows_the_changes_that_it_takes(self, it: Watched) -> None:
        it.shop.write("cart.py", "total = 2\n")
        it.shop.commit("Two")
        it.until_told("vcs", action="commit", message="Two\n")
        finished(it)
        kinds = [
            event["type"]
            for event in it.events()
            if event["type"] == "vcs" or event.get("changes") == [[0, 8, 0, 9, "2"]]
        ]
        assert kinds == ["edit", "vcs"]

    def test_denied_paths_of_a_commit_are_not_named(self, it: Watched) -> None:
        it.shop.write("cart.py", "total = 2\n")
        it.shop.write(".env", "KEY=2\n")
        it.shop.commit("Two")
        (told,) = it.until_told("vcs", action="commit")
        assert ".env" not in told["paths"]
        assert told["files"] == len(told["paths"]) + 1

    def test_what_a_file_in_conflict_was_before_git_does_not_say(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        shop.git("checkout", "-q", "-b", "sale")
        shop.write("cart.py", "total = 2\n")
        shop.commit("Two")
        shop.git("checkout", "-q", "main")
        shop.write("cart.py", "total = 3\n")
        shop.commit("Three")
        shop.git("checkout", "-q", "sale")
        with watched(shop, tmp_path / "home") as it:
            with pytest.raises(subprocess.CalledProcessError):
                shop.git("rebase", "-q", "main")
            (opened,) = it.until_told("open", path="cart.py")
            assert (opened["source"], opened["text"]) == ("disk", (shop.root / "cart.py").read_text())
            shop.write("cart.py", "total = 5\n")
            it.until_told("edit", doc=opened["doc"])
            finished(it)

    def test_what_a_step_leaves_other_than_the_index_has_it_is_told_with_that_step(
        self, tmp_path: Path
    ) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        shop.write("cart.py", "total = 2\n")
        shop.git("stash", "-q")
        with watched(shop, tmp_path / "home") as it:
            shop.git("stash", "pop", "-q")
            (drop,) = it.until_told("vcs", action="stash", how="drop")
            (edit,) = it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
            assert edit["ref"] == drop["op"]
            finished(it)

    def test_without_it_only_files_directly_in_the_folder_are_told(self, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        with watched(Shop(tmp_path / "shop", make=False), tmp_path / "home") as it:
            it.shop.write("node_modules/left/deep.js", "very secret\n")
            it.shop.write("cart.py", CART)
            it.until_told("open", path="cart.py")
            it.shop.write("node_modules/left/deep.js", "very secret, again\n")
            it.mark()
            finished(it)
            assert b"very secret" not in b"".join(it.lines())

    def test_refs_in_a_reftable_are_not_read_which_is_told_once(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path / "shop", {"cart.py": CART})
        (shop.root / ".git" / "reftable").mkdir()
        with watched(shop, tmp_path / "home") as it:
            shop.write("cart.py", "total = 2\n")
            it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
            (gap,) = it.until_told("gap", reason="unsupported")
            assert gap["detail"] == "version control: refs in a reftable are not read"
            finished(it)

    def test_a_fetch_of_very_many_branches_is_a_few_lines_and_a_count(self, tmp_path: Path) -> None:
        far = Shop(tmp_path / "far")
        shop = Shop(tmp_path / "shop")
        shop.git("remote", "add", "origin", str(far.root))
        shop.git("fetch", "-q", "origin")
        with watched(shop, tmp_path / "home", command=TELLS_FIVE_REFS) as it:
            far.branches(40)
            shop.git("fetch", "-q", "origin")

            def told(events: list[dict[str, Any]]) -> tuple[int, int]:
                gaps = [event for event in events if event["type"] == "gap"]
                assert all(gap["detail"] == "branches that moved, too many at once" for gap in gaps)
                fetched = [event for event in events if event.get("how") == "fetch"]
                return len(fetched), sum(gap["count"] for gap in gaps)

            fetched, counted = told(it.until(lambda events: sum(told(events)) == 40))
            # More than five where it took longer than one look.
            assert 5 <= fetched < 40 and counted == 40 - fetched
            finished(it)

    def test_a_clone_made_while_recording_becomes_known(self, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        with watched(Shop(tmp_path / "shop", make=False), tmp_path / "home") as it:
            it.shop.git("init", "-q", "-b", "main")
            it.mark()
            it.shop.commit("Begin")
            it.until_told("vcs", action="commit", message="Begin\n")


class TestWhatARunSaw:
    def test_a_text_that_was_written_before_is_in_it_although_it_is_told_later(self, it: Watched) -> None:
        it.shop.write("cart.py", "total = 2\n")
        (first,) = it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
        it.shop.write("cart.py", "total = 3\n")
        it.client.observe(type="run", id="r1", phase="started", kind="terminal")
        (edit,) = it.until_told("edit", changes=[[0, 8, 0, 9, "3"]])
        (started,) = it.until_told("run", phase="started")
        (told,) = it.until_told("run", phase="output", id="r1")
        doc = str(first["doc"])
        assert (started["saw"][doc], told["saw"][doc]) == (first["seq"], edit["seq"])
        it.shop.write("cart.py", "total = 4\n")
        it.until_told("edit", changes=[[0, 8, 0, 9, "4"]])
        finished(it)
        assert len([event for event in it.events() if event["type"] == "run"]) == 2

    def test_so_is_one_that_was_written_while_git_waits_for_a_message(self, it: Watched) -> None:
        it.shop.write("lib/shelf.py", SHELF + "# 1\n")
        it.until_told("open", path="lib/shelf.py")
        hold = it.shop.write("out/hold", "")
        editor = f"touch {hold}ing; while [ -e {hold} ]; do sleep 0.05; done; echo One >"
        commit = ["git", "-C", str(it.shop.root), "-c", "user.name=Dev", "-c", "user.email=dev@example.com"]
        environment = {**os.environ, "GIT_EDITOR": editor}
        with subprocess.Popen(
            [*commit, "commit", "-q", "-a"], env=environment, stderr=subprocess.DEVNULL
        ) as git:
            wait_for("the editor", lambda: hold.with_name("holding").exists() or None)
            it.shop.write("cart.py", "total = 2\n")
            it.client.observe(type="run", id="r1", phase="started", kind="terminal")
            (edit,) = it.until_told("edit", changes=[[0, 8, 0, 9, "2"]])
            (told,) = it.until_told("run", phase="output", id="r1")
            hold.unlink()
        assert told["saw"][str(edit["doc"])] == edit["seq"]
        assert git.returncode == 0
        (commit_told,) = it.until_told("vcs", action="commit")
        assert commit_told["paths"] == ["lib/shelf.py"]
        finished(it)


def test_nothing_is_seen_without_consent_or_while_paused(it: Watched) -> None:
    it.client.request("workspace/executeCommand", {"command": "pairlog.pause", "arguments": []})
    it.shop.write("cart.py", "very secret\n")
    it.shop.commit("very secret")
    until = len(it.events())
    it.client.request("workspace/executeCommand", {"command": "pairlog.status", "arguments": []})
    assert len(it.events()) == until
    it.client.request("workspace/executeCommand", {"command": "pairlog.resume", "arguments": []})
    it.mark()
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

            # What is there as the recorder looks around for the first time is not new.
            write("first.py")
            it.until_told("open", path="first.py")
            write("node_modules/deep.js", "cart.py")
            (opened,) = it.until_told("open", path="cart.py")
            it.until_told("edit", doc=opened["doc"], changes=[[0, 0, 0, 0, "x = 1\n"]])
            finished(it)
            assert [event["path"] for event in it.events() if event["type"] == "open"] == [
                "first.py",
                "cart.py",
            ]

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


def test_a_program_that_formats_while_somebody_types_disturbs_nothing(it: Watched) -> None:
    """A real process rewrites the file that is typed in and others; the editor reads it when it may."""
    script = (
        "import pathlib, sys\n"
        "for n in range(40):\n"
        "    for name in ('lib/shelf.py', 'a.py', 'b.py'):\n"
        "        pathlib.Path(name).write_text(f'# {n}\\n' * (n + 1))\n"
    )
    uri = it.client.open(it.shop.root / "cart.py", "")
    with subprocess.Popen([sys.executable, "-c", script], cwd=it.shop.root) as formatter:
        for number in range(300):
            it.client.change(uri, number + 2, (0, number, 0, number, "x"))
    assert formatter.returncode == 0
    it.client.save(uri, "x" * 300)
    it.mark()
    finished(it)
    assert it.text("cart.py") == "x" * 300
    assert it.text("lib/shelf.py") == "# 39\n" * 40
    saves = [event for event in it.events() if event["type"] == "save"]
    assert [event["sha256"] for event in saves] == [sha256("x" * 300)]

"""Real git changes a repository while a real recorder runs and a scripted client types."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import CART, SHELF, Watched, finished, watched
from tests.support.processes import wait_for

TELLS_FIVE_REFS = (
    sys.executable,
    "-c",
    "import lsp_server.senses.repository as it; it._REFS_MAX = 5; import lsp_server.__main__",
)


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

    def test_a_repository_that_takes_its_time_to_be_made_becomes_known(self, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        with watched(Shop(tmp_path / "shop", make=False), tmp_path / "home") as it:
            (it.shop.root / ".git").mkdir()
            it.mark()
            it.shop.git("init", "-q", "-b", "main")
            it.mark()
            it.shop.commit("Begin")
            it.until_told("vcs", action="commit", message="Begin\n")

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

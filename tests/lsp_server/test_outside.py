"""Real processes change files while a real recorder runs and a scripted client types."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pairlog.document import sha256
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import CART, SHELF, Watched, finished, watched


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

    def test_a_file_that_is_ignored_no_more_is_told_from_then_on(self, it: Watched) -> None:
        for ignored in ("*.log\n", ""):
            it.shop.write(".gitignore", ignored)
            it.mark()
            it.shop.write("till.log", f"open = {len(ignored)}\n")
            it.mark()
        told = [it for it in it.events() if it.get("path") == "till.log"]
        assert [(event["type"], event["text"]) for event in told] == [("open", "open = 0\n")]
        finished(it)

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
        assert gap["detail"] == "the file of a document that is open is gone"
        it.client.observe(type="run", id="r2", phase="started", kind="terminal")
        (save,) = it.until_told("save")
        runs = it.until_told("run", phase="started", count=2)
        assert [run.get("saw", {}).get(str(save["doc"])) for run in runs] == [save["seq"], None]
        it.client.close(uri)
        it.client.settle()
        it.shop.write("cart.py", "total = 9\n")
        it.until_told("open", path="cart.py", source="disk", text="total = 9\n")
        finished(it)

    def test_one_that_is_too_large_to_be_read_is_not_gone(self, it: Watched) -> None:
        large = "x = 1\n" * 200_000
        uri = it.client.open(it.shop.write("large.py", large), large)
        for version in (2, 3):
            it.client.change(uri, version, (0, 0, 0, 0, "y"))
            it.shop.write("large.py", "y" * (version - 1) + large)
            it.client.save(uri, "y" * (version - 1) + large)
            it.mark()
        it.client.observe(type="run", id="r1", phase="started", kind="terminal")
        (run,) = it.until_told("run")
        saves = it.until_told("save", 2)
        assert run["saw"][str(saves[0]["doc"])] == saves[1]["seq"]
        assert [gap["detail"] for gap in it.until_told("gap")] == [
            "a file that is open is too large or no text: who changes it is not seen"
        ]
        finished(it)

    @pytest.mark.parametrize(
        ("sent", "written"),
        [("a = 1\nb = 2\n", "a = 1\r\nb = 2\r\n"), ("a = 1\nb = 2", "a = 1\nb = 2\n")],
        ids=["other line ends", "a last line end that it adds"],
    )
    def test_an_editor_that_writes_what_it_does_not_send_is_no_other_program(
        self, it: Watched, sent: str, written: str
    ) -> None:
        uri = it.client.open(it.shop.root / "new.py", "")
        it.client.change(uri, 2, (0, 0, 0, 0, sent))
        (it.shop.root / "new.py").write_bytes(written.encode())
        it.client.save(uri, sent)
        it.client.close(uri)
        it.mark()
        (it.shop.root / "new.py").write_bytes(written.replace("1", "9").encode())
        it.mark()
        (edit,) = it.until_told("edit", cause="external", doc=it.until_told("open", path="new.py")[0]["doc"])
        assert edit["changes"] == [[0, 4, 0, 5, "9"]]
        assert not [event for event in it.events() if event["type"] == "gap"]
        finished(it)

    def test_one_that_is_closed_before_it_is_read_anew_has_what_another_program_wrote(
        self, it: Watched
    ) -> None:
        uri = it.client.open(it.shop.root / "cart.py", CART)
        it.shop.write("cart.py", "total = 9\n")
        it.client.settle()
        it.mark()
        it.client.close(uri)
        it.until_told("edit", changes=[[0, 8, 0, 9, "9"]], cause="external")
        finished(it)

    def test_one_that_is_opened_by_a_link_is_the_file_that_it_leads_to(self, it: Watched) -> None:
        (it.shop.root / "link.py").symlink_to("cart.py")
        uri = it.client.open(it.shop.root / "link.py", CART)
        it.client.change(uri, 2, (1, 0, 1, 0, "mine = 1\n"))
        it.shop.write("cart.py", CART + "mine = 1\n")
        it.client.save(uri, CART + "mine = 1\n")
        it.mark()
        it.client.close(uri)
        it.client.settle()
        it.shop.write("cart.py", "total = 9\nmine = 1\n")
        it.mark()
        (edit,) = it.until_told("edit", cause="external", doc=it.until_told("open", path="cart.py")[0]["doc"])
        assert edit["changes"] == [[0, 8, 0, 9, "9"]]
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

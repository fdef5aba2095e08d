"""What a file was before a program changed it, where that is not what git has of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lsp_server.senses import before as module
from lsp_server.senses.before import Before
from lsp_server.workspace.index import indexed
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import Watched, watched

CART = "total = 1\n"
OWN = "total = 1\nmine = True\n"
CHANGED = "total = 9\nmine = True\n"
NINE = [[0, 8, 0, 9, "9"]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop", {"cart.py": CART, "lib/shelf.py": "rows = 1\n"})


@contextmanager
def at_work(shop: Shop) -> Iterator[Watched]:
    """A recorder in this shop; what it recorded replays."""
    with watched(shop, shop.root.parent / "home") as it:
        yield it
        it.mark()
        assert it.client.shutdown() == 0
        assert it.verdict().verified is not False
        assert it.verdict().reason is None


def told(it: Watched, path: str) -> list[tuple[Any, ...]]:
    """What was told of a file since the editor closed it last, if it did."""
    events = it.events()
    (doc,) = {event["doc"] for event in events if event.get("path") == path}
    found: list[tuple[Any, ...]] = []
    for event in (event for event in events if event.get("doc") == doc):
        if event["type"] == "close":
            found = []
        elif event["type"] == "open":
            found.append((event["source"], event["text"]))
        elif event["type"] == "edit":
            found.append((event.get("cause"), event["changes"]))
    return found


class TestOfAFileThatTheEditorClosed:
    def test_what_was_saved_is_known_although_more_was_typed(self, shop: Shop) -> None:
        with at_work(shop) as it:
            uri = it.client.open(shop.root / "cart.py", CART)
            it.client.change(uri, 2, (1, 0, 1, 0, "mine = True\n"))
            shop.write("cart.py", OWN)
            it.client.save(uri, OWN)
            it.client.change(uri, 3, (1, 0, 1, 0, "thrown = away\n"))
            it.client.close(uri)
            it.client.settle()
            shop.write("cart.py", CHANGED)
        assert told(it, "cart.py") == [("disk", OWN), ("external", NINE)]

    def test_one_that_is_followed_no_more_is_taken_as_it_is_found_by_any_path(self, shop: Shop) -> None:
        with at_work(shop) as it:
            shop.write("notes.py", CART)
            for path in ("cart.py", "lib/shelf.py", "notes.py"):
                uri = it.client.open(shop.root / path, CART)
                it.client.change(uri, 2, (1, 0, 1, 0, "mine = True\n"))
                shop.write(path, OWN)
                it.client.save(uri, OWN)
                it.client.close(uri)
            for number in range(256):
                it.client.close(it.client.open(shop.root / f"other{number}.py", ""))
            it.client.settle()
            shop.write("cart.py", CHANGED)
            (shop.root / "lib/shelf.py").rename(shop.root / "basket.py")
            (shop.root / "notes.py").rename(shop.root / "plans.py")
        assert told(it, "cart.py") == [("disk", CHANGED)]
        assert [told(it, path) for path in ("basket.py", "plans.py")] == [[("disk", OWN)]] * 2


def test_one_that_is_moved_under_the_editor_was_what_the_editor_saved(shop: Shop) -> None:
    with at_work(shop) as it:
        uri = it.client.open(shop.root / "cart.py", CART)
        it.client.change(uri, 2, (1, 0, 1, 0, "mine = True\n"))
        shop.write("cart.py", OWN)
        it.client.save(uri, OWN)
        it.mark()
        (shop.root / "cart.py").rename(shop.root / "basket.py")
        it.mark()
        shop.write("basket.py", CHANGED)
    assert told(it, "basket.py") == [("disk", OWN), ("external", NINE)]


class TestOfAFileThatWasChangedBeforeTheSession:
    def test_the_first_change_is_that_of_the_program_alone(self, shop: Shop) -> None:
        shop.write("cart.py", OWN)
        with at_work(shop) as it:
            shop.write("cart.py", CHANGED)
        assert told(it, "cart.py") == [("disk", OWN), ("external", NINE)]

    def test_so_it_is_where_it_was_moved_meanwhile(self, shop: Shop) -> None:
        shop.write("cart.py", OWN)
        with at_work(shop) as it:
            (shop.root / "cart.py").rename(shop.root / "basket.py")
            it.mark()
            shop.write("basket.py", CHANGED)
        assert told(it, "basket.py") == [("disk", OWN), ("external", NINE)]

    def test_what_git_takes_back_of_it_is_a_change_as_well(self, shop: Shop) -> None:
        shop.write("cart.py", OWN)
        with at_work(shop) as it:
            shop.git("stash", "-q")
            (stash,) = it.until_told("vcs", action="stash")
            (edit,) = it.until_told("edit", changes=[[1, 0, 2, 0, ""]])
        assert told(it, "cart.py") == [("disk", OWN), ("external", [[1, 0, 2, 0, ""]])]
        assert edit["ref"] == stash["op"]

    def test_what_git_took_is_what_git_has(self, shop: Shop) -> None:
        shop.write("cart.py", OWN)
        with at_work(shop) as it:
            shop.commit("Mine")
            it.until_told("vcs", action="commit")
            it.mark()
            shop.write("cart.py", CHANGED)
        assert told(it, "cart.py") == [("git", OWN), ("external", NINE)]


def test_what_a_reset_leaves_in_the_working_tree_is_no_change_of_a_program(shop: Shop) -> None:
    shop.write("cart.py", OWN)
    shop.commit("Mine")
    with at_work(shop) as it:
        shop.git("reset", "-q", "HEAD~1")
        it.until_told("vcs", action="branch", how="reset")
        it.mark()
        shop.write("cart.py", CHANGED)
    assert told(it, "cart.py") == [("disk", OWN), ("external", NINE)]


def test_what_a_filter_made_of_what_git_has_is_not_known(shop: Shop) -> None:
    shop.write(".git/info/attributes", "cart.py filter=sign\n")
    shop.git("config", "filter.sign.smudge", "cat; echo signed = True")
    (shop.root / "cart.py").unlink()
    shop.git("checkout", "-q", "cart.py")
    with at_work(shop) as it:
        shop.write("cart.py", "total = 9\nsigned = True\n")
    assert told(it, "cart.py") == [("disk", "total = 9\nsigned = True\n")]


def test_lines_that_git_ended_otherwise_are_known(shop: Shop) -> None:
    shop.git("config", "core.autocrlf", "true")
    (shop.root / "cart.py").unlink()
    shop.git("checkout", "-q", "cart.py")
    with at_work(shop) as it:
        (shop.root / "cart.py").write_bytes(b"total = 9\r\n")
    assert told(it, "cart.py") == [("git", "total = 1\r\n"), ("external", NINE)]


def test_line_ends_that_a_program_changes_are_its_change(shop: Shop) -> None:
    with at_work(shop) as it:
        (shop.root / "cart.py").write_bytes(b"total = 1\r\n")
    assert told(it, "cart.py") == [("git", CART), ("external", [[0, 9, 0, 9, "\r"]])]


def test_a_link_that_becomes_a_file_had_no_text_before(shop: Shop) -> None:
    (shop.root / "link.py").symlink_to("cart.py")
    shop.commit("A link")
    with at_work(shop) as it:
        (shop.root / "link.py").unlink()
        shop.write("link.py", "x = 1\n")
    assert told(it, "link.py") == [("disk", "x = 1\n")]


class TestTheFirstLook:
    def look(self, shop: Shop, known: frozenset[str] = frozenset()) -> Before:
        """What is known of a shop whose `.env` files must not be told."""
        before = Before(shop.root, lambda path: path.endswith(".env"))
        before.look((indexed(shop.root) or {}).values(), known.intersection)
        return before

    def test_takes_in_what_differs_from_what_git_has(self, shop: Shop) -> None:
        shop.write("cart.py", OWN)
        os.utime(shop.root / "lib/shelf.py")
        before = self.look(shop)
        assert (before.text("cart.py"), before.has("lib/shelf.py")) == (OWN, False)

    def test_reads_only_what_was_written_since_git_looked(self, shop: Shop) -> None:
        entry = (indexed(shop.root) or {})["cart.py"]
        shop.write("cart.py", "total = 2\n")
        os.utime(shop.root / "cart.py", ns=(0, entry.seconds * 1_000_000_000 + entry.nanoseconds))
        assert not self.look(shop).has("cart.py")

    def test_reads_nothing_that_is_denied_and_nothing_that_the_session_knows(self, shop: Shop) -> None:
        shop.write("lib/.env", "KEY=1\n")
        shop.commit("Key")
        shop.write("lib/.env", "KEY=2\n")
        shop.write("cart.py", OWN)
        before = self.look(shop, known=frozenset(("cart.py",)))
        assert not (before.has("lib/.env") or before.has("cart.py"))

    def test_reads_no_more_than_so_much(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_READ_FILES_MAX", 1)
        os.utime(shop.root / "cart.py", (2_000_000_000, 2_000_000_000))
        os.utime(shop.root / "lib/shelf.py", (1_000_000_000, 1_000_000_000))
        before = self.look(shop)
        assert [before.has(path) for path in ("cart.py", "lib/shelf.py")] == [False, True]

    def test_has_a_bound_beyond_which_what_was_written_longest_ago_is_not_known(self, tmp_path: Path) -> None:
        names = [f"shelf{number}.py" for number in range(258)]
        shop = Shop(tmp_path / "shop", dict.fromkeys(names, "rows = 1\n"))
        for age, name in enumerate(names):
            os.utime(shop.write(name, OWN), (2_000_000_000 - age, 2_000_000_000 - age))
        before = self.look(shop)
        assert [before.text(name) for name in names] == [OWN] * 256 + [None] * 2
        assert all(map(before.has, names))

    def test_a_large_one_and_one_that_is_no_text_are_not_known(self, shop: Shop) -> None:
        shop.write("cart.py", "x" * (1024 * 1024 + 1))
        (shop.root / "lib/shelf.py").write_bytes(b"\0")
        before = self.look(shop)
        assert [(before.has(name), before.text(name)) for name in ("cart.py", "lib/shelf.py")] == [
            (True, None),
            (True, None),
        ]

    def test_a_file_that_is_gone_was_what_git_has_and_one_in_conflict_is_as_it_stands(
        self, shop: Shop
    ) -> None:
        (shop.root / "lib/shelf.py").unlink()
        shop.git("update-index", "--force-remove", "cart.py")
        sides = "".join(f"100644 {shop.git('hash-object', '-w', 'cart.py')} {n}\tcart.py\n" for n in (2, 3))
        shop.git("update-index", "--index-info", said=sides)
        before = self.look(shop)
        assert (before.text("cart.py"), before.has("lib/shelf.py")) == (CART, False)

"""Labelled truth of the world outside: programs and git change files while somebody types in others.

Every text that a script makes is another one, so a change is known by its path, what was there before, and
what it led to.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from pairlog.events import Attribution, Edit, Vcs
from pairlog.line import decode
from pairlog.replay import Player
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import Watched, watched
from tests.truth.measure import Bar, Labelled, Told, Truth

_ALL = Bar(1, 1)
_STEPS_OF_GIT = (
    *(
        "commit",
        "commit amend",
        "commit cherry-pick",
        "commit revert",
        "checkout",
        "branch create",
        "branch reset",
    ),
    *("merge", "stash", "stash drop"),
)
BARS = {(kind, "observed"): _ALL for kind in ("external", *_STEPS_OF_GIT)}

CART = "".join(f"price{number} = {number}\n" for number in range(30))
_FILES = {"cart.py": CART, "shelf.py": CART, "lib/till.py": CART}
_WORK = "not = committed\n"


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """One session for each script and round, in a repository of its own."""
    for number in range(rounds):
        for script in (files, files_with_work_in_them, version_control):
            place = folder / f"{script.__name__}-{number}"
            place.mkdir()
            shop = Shop(place / "shop", _FILES)
            if script is files_with_work_in_them:
                shop.write("shelf.py", _WORK + CART)
            with watched(shop, place / "home") as it:
                hand = Hand(it, random.Random(f"outside {number}"))
                script(hand)
                it.mark()
                it.client.shutdown()
                yield Labelled(hand.truths, list(_told(it)))


class Hand:
    """Does one thing after the other, each once the one before is told or passed over, and notes it."""

    def __init__(self, watching: Watched, chance: random.Random) -> None:
        self.watching = watching
        self.shop = watching.shop
        self.chance = chance
        self.truths: list[Truth] = []
        self._text = {path: self._text_of(path) for path in _FILES}
        self._version = 1
        self._count = 0

    def program_writes(
        self, path: str, what: str = "a program wrote a file", *, by_rename: bool = False
    ) -> None:
        """A program changes some lines of a file that no editor has open."""
        before = self._text_of(path)
        self._write(path, self._changed(path), by_rename)
        self._note(path, before, what)

    def program_writes_under_the_editor(self) -> None:
        """A program changes the file that is open, and the editor reads it."""
        before, text = self._text_of("cart.py"), self._changed("cart.py")
        self._write("cart.py", text)
        self._say(text)
        self._note("cart.py", before, "a program wrote the file that is open, and the editor read it")
        count = sum("is open" in it.what for it in self.truths)
        self.watching.until_told("attribution", count=count, rule="reloaded")

    def types_and_saves(self) -> None:
        """The editor's own doing: nothing of it is from outside."""
        text = self._changed("cart.py")
        self._say(text)
        self._write("cart.py", text, self.chance.random() < 0.5)
        self.watching.client.save(self._uri, text)
        self.watching.mark()

    def touches(self, path: str) -> None:
        """A file is written as it is."""
        self._write(path, self._text[path])
        self.watching.mark()

    def closes_what_was_saved_and_typed_on(self) -> None:
        """The editor lets go of a file without a save of what was typed last."""
        self._say(self._changed("cart.py"))
        self.watching.client.close(self._uri)
        self._text["cart.py"] = self._text_of("cart.py")
        self.watching.mark()

    def git(self, what: str, *arguments: str) -> None:
        """A step of version control, told as `what`."""
        self.shop.git(*arguments)
        self.truths.append(Truth((what, self.shop.head), what, "observed", f"git {arguments[0]}"))
        self.watching.mark()

    def opens(self) -> None:
        """The editor opens a file."""
        self._uri = self.watching.client.open(self.shop.root / "cart.py", self._text["cart.py"])

    def _say(self, text: str) -> None:
        self._version += 1
        self.watching.client.change(self._uri, self._version, (0, 0, -1, 0, text))
        self.watching.client.settle()

    def _changed(self, path: str) -> str:
        self._count += 1
        lines = self._text.get(path, CART).splitlines(keepends=True)
        for _ in range(self.chance.randrange(1, 4)):
            lines[self.chance.randrange(len(lines))] = f"step{self._count} = {self.chance.random()}\n"
        self._text[path] = "".join(lines)
        return self._text[path]

    def _write(self, path: str, text: str, by_rename: bool = False) -> None:
        if by_rename:
            self.shop.write(f"{path}.tmp", text).rename(self.shop.root / path)
        else:
            self.shop.write(path, text)

    def _text_of(self, path: str) -> str:
        """What a file has now; nothing where there is none."""
        place = self.shop.root / path
        return place.read_text(encoding="utf-8") if place.exists() else ""

    def _note(self, path: str, before: str, what: str) -> None:
        self.truths.append(Truth((path, before, self._text[path]), "external", "observed", what))
        self.watching.mark()


def files(hand: Hand) -> None:
    """Files are written by programs and by an editor, in any order."""
    hand.opens()
    acts: list[Callable[[], None]] = [
        lambda: hand.program_writes("shelf.py"),
        lambda: hand.program_writes("lib/till.py", by_rename=True),
        lambda: hand.program_writes("new.py"),
        hand.program_writes_under_the_editor,
        hand.types_and_saves,
        lambda: hand.touches("shelf.py"),
    ]
    acts *= 2
    hand.chance.shuffle(acts)
    for act in acts:
        act()


def files_with_work_in_them(hand: Hand) -> None:
    """Files hold what somebody wrote and git does not have, as a program changes them for the first time."""
    hand.opens()
    hand.types_and_saves()
    hand.closes_what_was_saved_and_typed_on()
    hand.program_writes("cart.py", "a program wrote a file that was closed without a save")
    hand.program_writes("shelf.py", "a program wrote a file that was changed before the session")
    hand.program_writes("cart.py")
    hand.program_writes("shelf.py", by_rename=True)


def version_control(hand: Hand) -> None:
    """A branch is made, worked on, merged, and what is on it moved about."""
    shop = hand.shop
    shop.git("add", "-A")
    hand.git("commit", "commit", "-q", "-m", "Marks")
    hand.git("branch create", "branch", "sale")
    hand.git("checkout", "checkout", "-q", "sale")
    hand.program_writes("shelf.py")
    hand.git("commit", "commit", "-q", "-m", "Shelf", "shelf.py")
    hand.git("commit amend", "commit", "-q", "--amend", "-m", "Shelf, again")
    picked = shop.head
    hand.git("checkout", "checkout", "-q", "main")
    hand.program_writes("lib/till.py")
    hand.git("commit", "commit", "-q", "-m", "Till", "lib/till.py")
    hand.git("commit cherry-pick", "cherry-pick", picked)
    hand.git("commit revert", "revert", "--no-edit", "HEAD")
    hand.git("merge", "merge", "-q", "--no-edit", "sale")
    hand.git("branch reset", "reset", "-q", "--hard", "HEAD~1")
    hand.program_writes("lib/till.py")
    hand.git("stash", "stash", "-q")
    hand.git("stash drop", "stash", "pop", "-q")
    hand.program_writes("shelf.py")
    hand.git("commit", "commit", "-q", "-m", "Both", "shelf.py", "lib/till.py")
    shop.write(".git/info/attributes", "*.py filter=slow\n")
    shop.git("config", "filter.slow.smudge", "sleep 0.6; cat")
    hand.git("branch reset", "reset", "-q", "--hard", "HEAD~1")


def _told(it: Watched) -> Iterator[Told]:
    player = Player(it.blob)
    made: dict[int, tuple[str, str, str]] = {}
    head = ""
    for line in it.lines():
        event = decode(line)
        before = player.documents[event.doc].document.text if isinstance(event, Edit) else ""
        player.feed(event)
        if isinstance(event, Edit):
            replayed = player.documents[event.doc]
            made[event.seq] = (replayed.path, before, replayed.document.text)
            is_marked = replayed.path.startswith("mark") or event.ref is not None
            # What the recorder infers from an edit's shape is another signal (`causes.py`).
            if event.evidence == "observed" and not is_marked:
                yield Told(made[event.seq], event.cause, event.evidence)
        elif isinstance(event, Attribution) and event.evidence == "observed":
            yield Told(made[event.of], event.cause, event.evidence)
        elif isinstance(event, Vcs):
            what = event.action + (f" {event.how}" if event.how else "")
            is_of_head = event.action != "stash" and event.how != "create"
            head = event.id or head if is_of_head else head
            yield Told((what, event.id if is_of_head else head), what, event.evidence)

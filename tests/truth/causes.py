"""Labelled truth of the causes of edits: one pretend editor that says nothing, and one that says all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.lsp_server.desk import Desk
from tests.truth.editor import MANNERS, Editor, Manner
from tests.truth.measure import Bar, Labelled

BARS = {("paste", "reported"): Bar(1, 1), ("undo", "reported"): Bar(1, 1), ("redo", "reported"): Bar(1, 1)}

CART = """\
import json


class Cart:
    def __init__(self, owner):
        self.owner = owner
        self.prices = []

    def total(self):
        result = 0
        for price in self.prices:
            result = result + price
        return result

    def as_json(self):
        return json.dumps({"owner": self.owner, "prices": self.prices})
"""


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """Each script in each manner of undoing, by an editor that says nothing and by one that says all."""
    for number in range(rounds):
        for script in (typing, undoing):
            for manner in MANNERS:
                for says in (False, True):
                    yield _play(
                        folder, f"{script.__name__}-{manner.name}-{number}-{says}", script, manner, says
                    )


def _play(
    folder: Path, name: str, script: Callable[[Editor, random.Random], None], manner: Manner, says: bool
) -> Labelled:
    (folder / name).mkdir()
    editor = Editor(Desk(folder / name), manner, says)
    script(editor, random.Random(name))
    return editor.labelled()


def typing(editor: Editor, chance: random.Random) -> None:
    """New code with slips, and a line pasted."""
    editor.open(CART)
    editor.go("return result\n")
    editor.type("\n    def empty(self):\n        return nto", closing=False)
    editor.backspace(2)
    editor.type("ot self.prices\n")
    editor.insert("        result = result + price\n", "paste", "a line of the document, pasted")


def undoing(editor: Editor, chance: random.Random) -> None:
    """Typed and undone, redone, and undone again."""
    editor.open(CART)
    editor.go("result = 0\n")
    editor.type("        count = 0  # of all")
    for _ in range(chance.randrange(1, 3)):
        editor.undo()
    editor.redo()
    editor.undo()

"""Labelled truth of what becomes of suggestions: somebody takes them in every way, and in none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from pairlog.events import Change
from tests.lsp_server.completion.offering import Offering
from tests.truth.measure import Bar, Labelled, Told, Truth

BARS = {
    ("accepted", "reported"): Bar(1, 1),
    # Two of the seven suggestions are as long as a single key makes, what is taken again looks redone, and
    # what is pasted looks taken.
    ("accepted", "inferred"): Bar(0.7, 0.55),
    ("partly_accepted", "inferred"): Bar(1, 0.7),
    ("typed_through", "inferred"): Bar(0.65, 1),
    ("rejected", "reported"): Bar(1, 1),
    ("ignored", "inferred"): Bar(0.75, 0.7),
}

#: What a model may suggest behind `x = `.
SUGGESTIONS = (
    "total(items)",
    "sum(price for price in prices)",
    "[]",
    "None",
    "{\n    'owner': self.owner,\n    'prices': self.prices,\n}",
    "self.prices[0] if self.prices else 0",
    ")",
)
_KEY_SECONDS = 0.15


class Person:
    """Somebody at an editor whose suggestions come from a list; `says`: the editor runs their commands."""

    def __init__(self, folder: Path, chance: random.Random, says: bool) -> None:
        self.desk = Offering(folder, lambda _model, _context: self.text)
        self.chance = chance
        self.says = says
        self.truths: list[Truth] = []
        self.text = ""
        self._id = ""
        self._count = 0
        self._name = ""
        self._here: tuple[int, int] = (0, 0)

    def sees(self, text: str) -> None:
        """Another file, and a suggestion in it."""
        self.text = text
        self._count += 1
        self._name = f"cart{self._count}.py"
        # Each file begins in its own way: what was suggested once is known.
        line = f"x{self._count} = "
        self.desk.open(line, self._name)
        self._here = (0, len(line))
        self.asks()

    def asks(self) -> None:
        """The suggestion is shown at the cursor."""
        offer = self.desk.ask(*self._here, name=self._name)
        assert offer is not None
        self._id = offer.id

    def did(self, kind: str, what: str, is_reported: bool = False) -> None:
        self.truths.append(Truth(_key(self._id, kind), kind, "reported" if is_reported else "inferred", what))

    def put(self, text: str, *others: Change) -> None:
        """Text at the cursor, and other changes behind it, in one edit."""
        line, column = self._here
        self.desk.change((line, column, line, column, text), *others, name=self._name)
        rows = text.split("\n")
        self._here = (line + len(rows) - 1, len(rows[-1]) + (column if len(rows) == 1 else 0))
        self.desk.monotonic_ns += int(_KEY_SECONDS * 1e9)

    def back(self) -> None:
        line, column = self._here
        self.desk.change((line, column - 1, line, column, ""), name=self._name)
        self._here = (line, column - 1)

    def undo(self, start: tuple[int, int]) -> None:
        """All that came since the cursor stood there goes at once."""
        self.desk.change((*start, *self._here, ""), name=self._name)
        self._here = start

    @property
    def here(self) -> tuple[int, int]:
        return self._here

    def run_command(self) -> None:
        if self.says:
            self.desk.offers.watch.accepted(self._id)

    def turn_away(self) -> None:
        self.desk.offers.watch.rejected(self.desk.uri(self._name))

    def leave(self) -> None:
        self.desk.offers.close(self.desk.uri(self._name))
        self.desk.close(self._name)


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """Each way to take each suggestion, in an editor that runs its command and in one that does not."""
    for number in range(rounds):
        for way in WAYS:
            for says in (True, False):
                place = folder / f"{way.__name__}-{number}-{says}"
                place.mkdir()
                yield _play(place, way, random.Random(place.name), says)


def _play(folder: Path, way: Callable[[Person], None], chance: random.Random, says: bool) -> Labelled:
    person = Person(folder, chance, says)
    for text in SUGGESTIONS:
        person.sees(text)
        way(person)
        person.desk.passes(2)
        person.leave()
    told = [
        Told(_key(name, phase), phase, evidence)
        for name, phase, _, evidence in person.desk.told()
        if phase not in ("requested", "shown")
    ]
    person.desk.recording.end("shutdown")
    return Labelled(person.truths, told)


def tab(person: Person) -> None:
    person.put(person.text)
    person.run_command()
    person.did("accepted", f"all of {person.text!r} taken", person.says)


def with_an_import(person: Person) -> None:
    """The editor puts a line above in the same edit."""
    person.put(person.text, (0, 0, 0, 0, "import prices\n"))
    person.run_command()
    person.did("accepted", f"all of {person.text!r} taken", person.says)


def at_two_cursors(person: Person) -> None:
    line, column = person.here
    person.put(person.text, (line, column - 2, line, column - 2, person.text))
    person.run_command()
    person.did("accepted", f"all of {person.text!r} taken", person.says)


def taken_again(person: Person) -> None:
    """Taken, undone, and taken again."""
    start = person.here
    tab(person)
    person.undo(start)
    person.asks()
    person.put(person.text)
    person.run_command()
    short = len(person.text) < 3
    what = f"all of {person.text!r} taken" if short else "all of it taken again where it was undone"
    person.did("accepted", what, person.says)


def redone(person: Person) -> None:
    """Taken and undone; what is offered then is not taken, the undo is undone."""
    if len(person.text) < 3:
        return tab(person)
    start = person.here
    tab(person)
    person.undo(start)
    person.asks()
    person.put(person.text)
    person.did("ignored", "what was taken before redone")
    return None


def typed_and_redone(person: Person) -> None:
    """A part typed by hand, undone and redone."""
    if len(person.text) < 4:
        return by_hand(person)
    start, cut = person.here, person.chance.randrange(3, len(person.text))
    for key in person.text[:cut]:
        person.put(key)
    person.undo(start)
    person.put(person.text[:cut])
    is_told = len(person.text[:cut].strip()) >= 3
    person.did("typed_through" if is_told else "ignored", "a beginning typed by hand, undone and redone")
    return None


def pasted(person: Person) -> None:
    """What is shown put in from the clipboard."""
    if len(person.text) < 3:
        return tab(person)
    person.put(person.text)
    person.did("ignored", "the same words pasted")
    return None


def words(person: Person) -> None:
    """Two parts, wherever they are cut."""
    if len(person.text) < 4:
        return tab(person)
    cut = person.chance.randrange(1, len(person.text) - 1)
    person.put(person.text[:cut])
    person.did("partly_accepted", f"a part of {_size(cut)} taken")
    person.put(person.text[cut:])
    person.run_command()
    person.did("accepted", f"a rest of {_size(len(person.text) - cut)} taken", person.says)
    return None


def by_hand(person: Person) -> None:
    """Key by key, with slips."""
    for key in person.text:
        if person.chance.random() < 0.1:
            person.put("q")
            person.back()
        person.put(key)
    person.did("typed_through", f"{person.text!r} typed by hand")


def escape(person: Person) -> None:
    person.turn_away()
    person.did("rejected", "turned away", is_reported=True)


def another_way(person: Person) -> None:
    for key in "other":
        person.put(key)
    person.did("ignored", "something else typed")


def a_part(person: Person) -> None:
    """The beginning typed by hand, and then something else."""
    cut = person.chance.randrange(1, len(person.text)) if len(person.text) > 1 else 1
    for key in person.text[:cut] + "zz":
        person.put(key)
    is_told = cut == len(person.text) or len(person.text[:cut].strip()) >= 3
    person.did("typed_through" if is_told else "ignored", f"a beginning of {_size(cut)} typed by hand")


WAYS = (
    tab,
    with_an_import,
    at_two_cursors,
    taken_again,
    redone,
    pasted,
    words,
    by_hand,
    typed_and_redone,
    escape,
    another_way,
    a_part,
)


def _key(name: str, kind: str) -> tuple[str, str]:
    """A suggestion has one end, and in these scripts one part at most before it."""
    return name, "part" if kind == "partly_accepted" else "end"


def _size(count: int) -> str:
    return "one character" if count == 1 else "more than one character"

"""What a session tells held against what its script did; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pairlog.events import Evidence


class Truth(NamedTuple):
    """One thing that a script did. `evidence` is how a session of its client could know it at best.

    `key` is what a session calls it: the seq of an edit, the id of a run or a commit. `what` is the step in
    words, which a list of misses shows.
    """

    key: Hashable
    kind: str
    evidence: Evidence
    what: str


class Told(NamedTuple):
    """One thing that a session tells."""

    key: Hashable
    kind: str
    evidence: str | None


class Labelled(NamedTuple):
    """A session of a script: what was done, and what was told."""

    truths: list[Truth]
    told: list[Told]


class Case(NamedTuple):
    """A truth and what was told of it; `truth` None: told, and nobody did it; `told` None: missed."""

    truth: Truth | None
    told: Told | None

    @property
    def is_right(self) -> bool:
        return self.truth is not None and self.told is not None and self.truth.kind == self.told.kind

    def __str__(self) -> str:
        done = f"{self.truth.what}: {self.truth.kind}" if self.truth else "nothing was done"
        told = f"{self.told.kind} ({self.told.evidence})" if self.told else "nothing"
        return f"{done}, told as {told}"


@dataclass
class Quality:
    """How well one kind is told by one class of evidence: counts, and what they come to."""

    kind: str
    evidence: str
    done: int = 0
    done_and_right: int = 0
    told: int = 0
    told_and_right: int = 0

    @property
    def precision(self) -> float | None:
        """The share of what was told that is true; None where nothing was told."""
        return self.told_and_right / self.told if self.told else None

    @property
    def recall(self) -> float | None:
        """The share of what was done that was told; None where nothing was done."""
        return self.done_and_right / self.done if self.done else None


class Bar(NamedTuple):
    """What a class must reach at least."""

    precision: float
    recall: float


def cases(sessions: Iterable[Labelled]) -> list[Case]:
    """Each thing done beside what was told under its key; what was told twice is told wrongly once."""
    made: list[Case] = []
    for session in sessions:
        left: defaultdict[Hashable, list[Told]] = defaultdict(list)
        for told in session.told:
            left[told.key].append(told)
        for truth in session.truths:
            here = left[truth.key]
            best = next((told for told in here if told.kind == truth.kind), here[0] if here else None)
            if best is not None:
                here.remove(best)
            made.append(Case(truth, best))
        made += [Case(None, told) for rest in left.values() for told in rest]
    return made


def qualities(compared: Iterable[Case]) -> list[Quality]:
    """Precision counts by the evidence that was told, recall by the one that was possible."""
    found: dict[tuple[str, str], Quality] = {}

    def of(kind: str, evidence: str | None) -> Quality:
        key = kind, evidence or "none"
        return found.setdefault(key, Quality(*key))

    for case in compared:
        if case.truth is not None:
            done = of(case.truth.kind, case.truth.evidence)
            done.done += 1
            done.done_and_right += case.is_right
        if case.told is not None:
            told = of(case.told.kind, case.told.evidence)
            told.told += 1
            told.told_and_right += case.is_right
    return [found[key] for key in sorted(found)]


def misses(compared: Iterable[Case]) -> Counter[str]:
    """What was missed or told wrongly, in words, and how often."""
    return Counter(str(case) for case in compared if not case.is_right)

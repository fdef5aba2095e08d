"""The choice of consent that a session's lines must still say; pure."""

from __future__ import annotations

from typing import NamedTuple

from pairlog.consent import Choice, Consented


class Paid(NamedTuple):
    """What is to be written now: a choice, where one is owed; whether texts were left out until it."""

    choice: Consented | None
    wants_texts: bool


class OwedConsent:
    """Follows which level the lines say. While nothing is written a choice is owed; the last one counts."""

    def __init__(self) -> None:
        self._told: Choice = "content"
        self._owed: Consented | None = None
        #: The last choice written, with its seq and the level before it.
        self._written: tuple[int, Consented, Choice] | None = None

    @property
    def lets_texts_out(self) -> bool:
        """Whether texts leave at the level that the lines say."""
        return self._told in ("content", "workspace")

    def begin(self, level: Choice) -> None:
        """The header says this level."""
        self._told = level

    def owe(self, choice: Consented) -> None:
        """This choice holds from now on."""
        self._owed = choice

    def pay(self, seq: int) -> Paid:
        """What is owed, as it is written with this seq."""
        choice = self._owed
        if choice is None:
            return Paid(None, False)
        self._written, self._owed = (seq, choice, self._told), None
        had_texts, self._told = self.lets_texts_out, choice.level
        return Paid(choice, self.lets_texts_out and not had_texts)

    def take_back(self, following: int) -> None:
        """Lines from this seq on were not written after all."""
        if self._written is not None and self._written[0] >= following:
            _, choice, self._told = self._written
            self._owed = self._owed or choice
            self._written = None

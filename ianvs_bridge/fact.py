"""A fact of `pairlog ianvs doctor`: one thing that is there or is missing, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """`found` says what is there, or what is wrong; `todo` is empty where `ok`."""

    name: str
    ok: bool
    found: str
    todo: str = ""

    def line(self) -> str:
        """Return the fact as one line for a reader."""
        state = "ok" if self.ok else "missing"
        return f"{self.name:<11}  {state:<7}  {self.found}" + (f"; {self.todo}" if self.todo else "")


def present(name: str, found: str) -> Fact:
    """Return a fact that holds."""
    return Fact(name, True, found)


def missing(name: str, found: str, todo: str) -> Fact:
    """Return a fact that does not hold, with what to do next."""
    return Fact(name, False, found, todo)

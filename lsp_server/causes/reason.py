"""The cause of an edit, reported or found."""

from __future__ import annotations

from typing import NamedTuple

from pairlog.events import Cause, Evidence


class Reason(NamedTuple):
    """Named and ordered as the fields of an `edit`."""

    cause: Cause
    evidence: Evidence
    rule: str | None
    ref: str | None


def inferred(cause: Cause, rule: str) -> Reason:
    """A cause that a rule of this folder found."""
    return Reason(cause, "inferred", rule, None)

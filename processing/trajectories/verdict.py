"""Which of two suggestions a session shows to be preferred, if any; pure.

Of two texts one was seen. That it was turned down says nothing of the other, and that its beginning was taken
says nothing where the other begins alike. What tells is what somebody wrote behind the place where they part.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pairlog.suggestion import PART_CHARS_MIN
from processing.trajectories.preference import Candidate

#: Of what was taken at once, so much must stand at the end: the greater part.
KEPT_MIN = 0.5
#: Of what one text says behind the place where they part, so much must be typed where it is not all.
TYPED_MIN = 0.5
_AT_ONCE = frozenset({"accepted", "partly_accepted"})

#: - `taken`: the shown one was taken or typed, beyond where the other parts from it.
#: - `rival_written`: the other one's text was written in its place.
#:
#: With the rest nothing is decided:
#: - `too_little`: no more was taken than both say, or so little that it may be chance.
#: - `not_kept`: it was taken, and most of it went again.
#: - `turned_down`: rejected or ignored. `open_end`: nobody knows what became of it.
#: - `same_text`: both said the same.
#: - `text_unknown`, `place_unknown`: one was not recorded, lost or taken back.
Rule = Literal[
    "taken",
    "rival_written",
    "not_kept",
    "too_little",
    "turned_down",
    "open_end",
    "same_text",
    "text_unknown",
    "place_unknown",
]


class Verdict(NamedTuple):
    """Who is preferred, and the rule that says so."""

    preferred: Literal["shown", "rival"] | None
    rule: Rule


def verdict(
    shown: Candidate, rival: Candidate, phase: str | None, kept: float | None, is_placed: bool
) -> Verdict:
    """The verdict on a comparison; `is_placed`: its place in a document was known."""
    if shown.text is None or rival.text is None:
        return Verdict(None, "text_unknown")
    if shown.text == rival.text:
        return Verdict(None, "same_text")
    if not is_placed:
        return Verdict(None, "place_unknown")
    fork = _common(shown.text, rival.text)
    is_taken = phase in _AT_ONCE | {"typed_through"}
    if is_taken and kept is not None and kept < KEPT_MIN:
        is_taken = False
    is_taken_further = is_taken and _reaches(shown, fork, phase in _AT_ONCE)
    if _reaches(rival, fork, False) and not (is_taken_further and _seq(shown) > _seq(rival)):
        return Verdict("rival", "rival_written")
    if is_taken_further:
        return Verdict("shown", "taken")
    if phase is None:
        return Verdict(None, "open_end")
    if phase in ("rejected", "ignored"):
        return Verdict(None, "turned_down")
    return Verdict(None, "too_little" if is_taken else "not_kept")


def _reaches(candidate: Candidate, fork: int, is_at_once: bool) -> bool:
    """Whether what was written of it goes on beyond `fork`: to its end, or far enough to be no chance.

    What was taken at once was read before; what was typed may begin alike by chance.
    """
    written = candidate.written
    if written is None or candidate.text is None or len(written.text) <= fork:
        return False
    behind = len(written.text[fork:].strip())
    is_far = is_at_once or behind >= TYPED_MIN * len(candidate.text[fork:].strip())
    return written.whole or (behind >= PART_CHARS_MIN and is_far)


def _seq(candidate: Candidate) -> int:
    return candidate.written.seq if candidate.written else -1


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))

"""A secret and the line that says what it is, as they are to be planted somewhere."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.support import secrets

PEM = "private_key"
KINDS = (*secrets.KINDS, PEM)


class Planting(NamedTuple):
    """`before` and `behind` are the rest of the secret's line."""

    kind: str
    before: str
    secret: str
    behind: str

    @property
    def line(self) -> str:
        return self.before + self.secret + self.behind

    @property
    def hearts(self) -> list[str]:
        """What nobody may read: the secret; of a private key its lines, for BEGIN and END are none."""
        if self.kind != PEM:
            return [self.secret]
        return [line for line in self.secret.split("\n") if line and "-----" not in line]

    def is_in(self, text: str) -> bool:
        """Whether it can be read in a text."""
        return any(heart in text for heart in self.hearts)

    def halves(self, at: int) -> tuple[str, str]:
        """The secret in two pieces."""
        return self.secret[:at], self.secret[at:]


def planting(rng: Random, kind: str) -> Planting:
    """A secret of this kind, in one of the lines in which it turns up."""
    if kind == PEM:
        return Planting(kind, "", secrets.pem(rng).rstrip("\n"), "")
    line, secret = secrets.planted(rng, kind)
    before, _, behind = line.partition(secret)
    return Planting(kind, before, secret, behind)

"""Words that were taken back, so that they leave in no later text either: kept as keyed hashes alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import blake2b

from pairlog.home import Home
from pairlog.rules import Finding
from pairlog.words import WORD

_DIGEST_BYTES = 16
#: Another process may be in the middle of writing the last row.
_ROW = re.compile(rb"(\d+):([0-9a-f]{32})")


class ForgottenWords:
    """The words of one home. A word is known again, inside a longer one too, but nobody can read it here."""

    def __init__(self, home: Home) -> None:
        self._file = home.forgotten
        self._key = home.key()
        self._stamp = (0, 0)
        self._digests: frozenset[bytes] = frozenset()
        self._lengths: list[int] = []

    def refresh(self) -> None:
        """Read what was added since."""
        try:
            found = self._file.stat()
        except OSError:
            return
        stamp = found.st_mtime_ns, found.st_size
        if stamp != self._stamp:
            self._stamp = stamp
            rows = [row for line in self._file.read_bytes().splitlines() if (row := _ROW.fullmatch(line))]
            self._lengths = sorted({int(row[1]) for row in rows})
            self._digests = frozenset(bytes.fromhex(row[2].decode()) for row in rows)

    def add(self, words: Iterable[str]) -> None:
        """Keep words, on the disk when this returns. Raises OSError."""
        self.refresh()
        fresh = {(len(word), digest) for word in words if (digest := self._digest(word)) not in self._digests}
        if fresh:
            # An empty line first: what a full disk or a crash left of a row must not spoil the next one.
            rows = "".join(f"\n{length}:{digest.hex()}" for length, digest in sorted(fresh)) + "\n"
            with self._file.open("ab") as stream:
                stream.write(rows.encode())
                stream.flush()
                os.fsync(stream.fileno())

    def find(self, text: str) -> list[Finding]:
        """Where these words stand in a text."""
        if not self._digests:
            return []
        return [
            Finding(found.start() + at, found.start() + at + length, "forgotten")
            for found in WORD.finditer(text)
            for length in self._lengths
            for at in range(len(found[0]) - length + 1)
            if self._digest(found[0][at : at + length]) in self._digests
        ]

    def _digest(self, word: str) -> bytes:
        return blake2b(word.encode(), digest_size=_DIGEST_BYTES, key=self._key).digest()

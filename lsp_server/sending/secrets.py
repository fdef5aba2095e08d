"""What must not be read of a text: what a rule finds, what was found before, and what was taken back."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator

from lsp_server.home.forgotten import ForgottenWords
from lsp_server.sending.escapes import plain
from pairlog.rules import PERSONAL, Finding, Known, Scanner

#: What these find is nobody's key: it is masked where it stands, and not looked for elsewhere.
_NOT_KEYS = PERSONAL | {"known", "forgotten"}


def scanner_of_this_user() -> Scanner:
    """The scanner that also knows the names of this user and of this machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = None
    return Scanner(user, socket.gethostname())


class Secrets:
    """Knows what it found: a key is one wherever it stands again."""

    def __init__(self, scanner: Scanner, forgotten: ForgottenWords) -> None:
        self.scanner = scanner
        self._forgotten = forgotten
        self._known = Known()

    def find(self, text: str) -> list[Finding]:
        """What a text holds, as far as it is known by now."""
        return [*self.scanner.find(text), *self.besides(text)]

    def learn(self, text: str) -> None:
        """Know the keys of a text from here on."""
        for found in [*self.scanner.find(text), *self._meant(text)]:
            self.remember(text, found)

    def besides(self, text: str) -> Iterator[Finding]:
        """What is known by the letter, and what a text says without its escapes, as of JSON in a string."""
        yield from self._known.find(text)
        yield from self._forgotten.find(text)
        yield from self._meant(text)

    def remember(self, text: str, finding: Finding) -> None:
        """Know what was found in a text from here on."""
        if finding.rule not in _NOT_KEYS:
            self._known.add(text[finding.start : finding.end])

    def _meant(self, text: str) -> Iterator[Finding]:
        meant = plain(text)
        if meant is not None:
            for found in self.scanner.find(meant.text):
                yield Finding(*meant.written(found.start, found.end), found.rule)

"""A real recorder in a real repository, and what it has told so far."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pairlog.line import decode
from pairlog.replay import Player, Verdict, verify
from tests.lsp_server.client import SERVER, Client
from tests.lsp_server.git_shop import Shop

_SECONDS_MAX = 20.0
CART = "total = 1\n"
SHELF = "".join(f"row{n} = {n}\n" for n in range(20))


class Watched:
    """A recorder that runs, its client, and its spool."""

    def __init__(self, client: Client, shop: Shop, home: Path) -> None:
        self.client = client
        self.shop = shop
        self.home = home
        self._marks = 0

    def lines(self) -> list[bytes]:
        found = sorted((self.home / "spool").glob("*.ndjson"))
        # The last line may still be on its way.
        whole = (spool.read_bytes().rpartition(b"\n")[0] for spool in found)
        return [line for lines in whole for line in lines.splitlines() if line]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]

    def until(self, told: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The events once `told` is true of them. Raises AssertionError where that does not happen."""
        self._wait_for(lambda: told(self.events()), _SECONDS_MAX)
        events = self.events()
        assert told(events), f"not told: {events} {self.client.errors.decode()}"
        return events

    def until_told(self, kind: str, count: int = 1, **fields: Any) -> list[dict[str, Any]]:
        """So many events of this type with these fields, once they are there."""

        def found(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [
                it
                for it in events
                if it["type"] == kind and all(it.get(name) == value for name, value in fields.items())
            ]

        return found(self.until(lambda events: len(found(events)) >= count))

    def _opened(self, path: str) -> bool:
        return any(it["type"] == "open" and it["path"] == path for it in self.events())

    def _wait_for(self, happened: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not happened() and time.monotonic() < until:
            time.sleep(0.02)

    def blob(self, digest: str) -> bytes:
        return (self.home / "blobs" / digest).read_bytes()

    def verdict(self) -> Verdict:
        return verify(self.lines(), self.blob)

    def text(self, path: str) -> str:
        """A document's text as the session tells it."""
        player = Player(self.blob)
        for line in self.lines():
            player.feed(decode(line))
        return player.at(path).document.text

    def mark(self) -> None:
        """Change a file that nothing else does until that is told: what changes behind this is seen."""
        name, count = f"mark{self._marks}.py", 0
        self._marks += 1
        until = time.monotonic() + _SECONDS_MAX
        while not self._opened(name):
            assert time.monotonic() < until, f"nothing is seen; {self.client.errors.decode()}"
            self.shop.write(name, "#" * (count := count + 1))
            # One that is written again and again does not come to rest.
            self._wait_for(lambda: self._opened(name), 0.3)


@contextmanager
def watched(shop: Shop, home: Path, consent: str = "content", **options: Any) -> Iterator[Watched]:
    """A recorder in this shop that sees what happens there already."""
    with recorder(shop, home, consent=consent, **options) as it:
        it.mark()
        yield it


@contextmanager
def recorder(
    shop: Shop, home: Path, command: Sequence[str] = SERVER, consent: str = "content", **options: Any
) -> Iterator[Watched]:
    """A recorder in this shop."""
    client = Client(command)
    try:
        client.initialize(shop.root, home=str(home), consent=consent, **options)
        client.wait(lambda message: message.get("method") == "pairlog/status")
        yield Watched(client, shop, home)
    finally:
        if client.process.poll() is None:
            client.kill()


def finished(it: Watched) -> None:
    """The client leaves, and what was recorded replays."""
    assert it.client.shutdown() == 0
    assert it.verdict().verified is not False
    assert it.verdict().reason is None

"""The store as a source for other commands, also while it is written."""

from __future__ import annotations

from hashlib import sha256

import pytest

from pairlog.errors import UserError
from pairlog.source import SessionInfo, open_source
from tests.collector_api.driver import SESSION, Collector, line, session_lines

CONTENT = b"text of a file\n"
DIGEST = sha256(CONTENT).hexdigest()
OTHER = SESSION.replace("aa", "bb")


def test_what_was_acknowledged_is_read_while_the_collector_writes(
    collector: Collector, mine: str, store_address: str
) -> None:
    collector.put(mine, CONTENT)
    lines = session_lines()
    collector.send(mine, lines[:3])
    with open_source(store_address) as source:
        assert list(source.lines(SESSION)) == lines[:3]
        collector.send(mine, lines)
        assert list(source.lines(SESSION)) == lines
        assert source.sessions() == [
            SessionInfo(
                session=SESSION,
                project=None,
                contributor="mine",
                editor="Neovim 0.7.2",
                started_at="2026-11-01T09:00:00.000Z",
                ended_at="2026-11-01T09:00:01.001Z",
                events=9,
                last_seq=8,
                complete=True,
                verified=True,
                use="private",
                consent="content",
                revision=0,
                languages=["python"],
            )
        ]
        opened = line(1, "open", doc=1, path="b", why="opened", source="disk", blob=DIGEST)
        collector.send(mine, [session_lines(session=OTHER)[0], opened], OTHER)
        assert source.blob(OTHER, DIGEST) == CONTENT
        with pytest.raises(UserError, match="names no blob"):
            source.blob(OTHER, sha256(b"").hexdigest())


def test_an_unknown_and_an_erased_session_are_told_apart(
    collector: Collector, mine: str, store_address: str
) -> None:
    with open_source(store_address) as source:
        with pytest.raises(UserError, match="no session"):
            list(source.lines(SESSION))
        collector.send(mine, session_lines())
        collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
        with pytest.raises(UserError, match="was erased"):
            list(source.lines(SESSION))


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("sqlite:////nowhere/at/all/pairlog.db", "no store at .* --data"),
        ("sqlite://", "needs a file"),
    ],
)
def test_an_address_without_a_store_is_one_line(uri: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_source(uri)

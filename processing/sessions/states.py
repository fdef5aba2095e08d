"""Documents at any moment of a session."""

from __future__ import annotations

from collections.abc import Iterable

from pairlog.errors import UserError
from pairlog.line import LineError, decode
from pairlog.replay import Blobs, Player, ReplayError
from pairlog.source import Source


def blobs_of(source: Source, session: str) -> Blobs:
    """The blobs of one session of a source."""
    return lambda digest: source.blob(session, digest)


def player_at(player: Player, lines: Iterable[bytes], at: int | None) -> Player:
    """The player once it has seen all lines up to seq `at`, that one included; None means the end.

    `lines` are those behind what it has seen. Raises UserError where one of them cannot be replayed, or the
    session is shorter.
    """
    for line in lines:
        try:
            event = decode(line)
            if at is not None and event.seq > at:
                return player
            player.feed(event)
        except (LineError, ReplayError) as error:
            raise UserError(f"the session cannot be replayed beyond seq {player.seq}: {error}") from None
    if at is not None and at > player.seq:
        raise UserError(f"the session ends at seq {player.seq}; give --at a seq up to that, or `end`")
    return player


def text_of(player: Player, path: str) -> str:
    """The text of the document with this path, as the player stands.

    Raises UserError where there is none, or where its text was lost and not yet re-based.
    """
    try:
        replayed = player.at(path)
    except KeyError:
        paths = sorted({replayed.path for replayed in player.documents.values()})
        known = f"there are: {', '.join(paths)}" if paths else "no document was opened yet"
        raise UserError(f"no document {path} at seq {player.seq}; {known}") from None
    if not replayed.live:
        raise UserError(f"the text of {path} is not known at seq {player.seq}: it was lost or never recorded")
    return replayed.document.text

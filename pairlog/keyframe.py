"""A keyframe: what a player knows behind an event, from which a replay goes on; the texts are kept apart."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pairlog.document import Document, Observer
from pairlog.events import Session
from pairlog.line import decode, encode
from pairlog.replay import Blobs, Player, Replayed


def freeze(player: Player) -> bytes:
    """A player's state without the texts of its documents, as bytes."""
    documents = [
        [replayed.doc, replayed.path, replayed.language, replayed.open, replayed.live]
        for replayed in player.documents.values()
    ]
    header = None if player.header is None else encode(player.header).decode()
    state = {"seq": player.seq, "has_texts": player.has_texts, "header": header, "documents": documents}
    return json.dumps(state, ensure_ascii=False, separators=(",", ":")).encode()


def restore(
    data: bytes, texts: Mapping[int, str], blobs: Blobs | None = None, observer: Observer | None = None
) -> Player:
    """A player with the state that `freeze` was given; `texts` are those of its documents then."""
    state = json.loads(data)
    player = Player(blobs, observer)
    if state["header"] is not None:
        header = decode(state["header"].encode())
        assert isinstance(header, Session)
        player.header = header
    player.seq, player.has_texts = state["seq"], state["has_texts"]
    for doc, path, language, is_open, is_live in state["documents"]:
        document = Document(texts[doc], player.encoding, observer)
        player.documents[doc] = Replayed(doc, path, language, document, is_open, is_live)
    return player

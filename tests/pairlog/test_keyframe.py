"""A replay that goes on from a keyframe shows what one from the beginning shows."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairlog.events import Consent, Gap, PositionEncoding, Rename
from pairlog.keyframe import freeze, restore
from pairlog.line import decode
from pairlog.replay import Player
from tests.pairlog.sessions import random_session, random_step


def _state(player: Player) -> object:
    documents = [
        (it.doc, it.path, it.language, it.open, it.live, it.document.lines, it.document.encoding)
        for it in player.documents.values()
    ]
    return player.seq, player.header, player.has_texts, documents


def _again(player: Player) -> Player:
    texts = {doc: replayed.document.text for doc, replayed in player.documents.items()}
    return restore(freeze(player), texts)


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.integers(0, 30))
def test_from_any_event_on(chance: random.Random, encoding: PositionEncoding, place: int) -> None:
    writer = random_session(chance, encoding, 15)
    writer.add(Rename, doc=1, path="other.py", language="python")
    for _ in range(5):
        random_step(chance, writer)
    whole, half = Player(), Player()
    for line in writer.lines[:place]:
        half.feed(decode(line))
    later = _again(half)
    assert _state(later) == _state(half)
    for line in writer.lines:
        whole.feed(decode(line))
    for line in writer.lines[place:]:
        later.feed(decode(line))
    assert _state(later) == _state(whole)


@pytest.mark.parametrize(
    "what",
    [
        Consent(seq=2, t=2, level="metadata", use="private", policy="1"),
        Gap(seq=2, t=2, reason="interrupted", through=9),
    ],
)
def test_what_is_not_known_stays_unknown(what: Consent | Gap) -> None:
    player = Player()
    for line in random_session(random.Random(1), "utf-16", 0).lines:
        player.feed(decode(line))
    player.feed(what)
    assert _state(_again(player)) == _state(player)
    assert not player.documents[1].live

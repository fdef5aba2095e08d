"""Real recordings: the bundled session, typed in a real editor, and keystrokes of the corpus."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

import pairlog
from pairlog.replay import Player
from pairlog.source.files import FileSource
from processing.episodes.build import build
from processing.episodes.check import check
from processing.sessions.states import blobs_of, player_at
from processing.trajectories.build import steps
from processing.trajectories.diff import compose
from tests import corpus
from tests.processing.test_steps import made_steps
from tests.support.sessions import SessionBuilder

DEMO = Path(pairlog.__file__).parent / "data" / "demo"


def test_the_bundled_session_becomes_steps_that_compose_to_its_texts() -> None:
    with FileSource(DEMO) as source:
        (info,) = source.sessions()
        lines, blobs = list(source.lines(info.session)), blobs_of(source, info.session)
        made = steps(info, lines, blobs)
        player = player_at(Player(blobs), lines, None)
    patches: defaultdict[int | None, list[str]] = defaultdict(list)
    for step in made:
        if step.diff is not None:
            patches[step.doc].append(step.diff)
    finals = {doc: replayed.document.text for doc, replayed in player.documents.items()}
    assert {doc: compose(diffs) for doc, diffs in patches.items()} == finals
    decisions = [step.outcome["phase"] for step in made if step.kind == "completion" and step.outcome]
    assert sorted(decisions) == ["accepted", "rejected"]


@pytest.mark.usefixtures("sandboxed")
def test_the_bundled_session_makes_one_good_episode() -> None:
    with FileSource(DEMO) as source:
        (info,) = source.sessions()
        built, refused = build(info, list(source.lines(info.session)), blobs_of(source, info.session))
    assert refused == []
    assert [check(episode, times=1).reason for episode in built] == [None]


@pytest.mark.corpus
@pytest.mark.skipif(not corpus.present(), reason="the recorded editing traces are not here")
def test_real_keystrokes_become_steps_that_compose_to_the_text_they_left() -> None:
    trace = corpus.load("sveltecomponent")
    made = SessionBuilder()
    made.open(1, "component.svelte", trace.start)
    before_ms = 0
    for changes, t in zip(trace.edits, trace.times, strict=True):
        made.edit(1, *changes, after_ms=t - before_ms)
        before_ms = t
    made.save(1)
    assert compose(step.diff for step in made_steps(made) if step.diff is not None) == trace.end

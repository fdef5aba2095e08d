"""Prediction records: written whole, read strictly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ianvs_bridge.record import BadRecord, from_text, to_text
from processing.benchmark.models import Prediction

_FILES = st.lists(st.fixed_dictionaries({"path": st.text(), "text": st.text()}), max_size=3)


@given(st.text(), st.none() | _FILES)
def test_a_record_survives_the_round_trip(episode: str, files: list[dict[str, str]] | None) -> None:
    prediction = Prediction(episode=episode, model="human", files=files, latency_s=0.5)

    assert from_text(to_text(prediction)) == prediction


def test_a_record_of_another_author_needs_the_episode_and_the_files_only() -> None:
    text = json.dumps({"episode": "ep-1", "files": [{"path": "a.py", "text": ""}]})

    assert from_text(text) == Prediction(episode="ep-1", model="", files=[{"path": "a.py", "text": ""}])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="nothing"),
        pytest.param("def add(a, b): return a + b", id="code"),
        pytest.param("[]", id="a list"),
        pytest.param('{"files": []}', id="no episode"),
        pytest.param('{"episode": "ep-1"}', id="no files"),
        pytest.param('{"episode": "ep-1", "files": "text"}', id="files that are text"),
        pytest.param('{"episode": "ep-1", "files": [{"path": "a.py"}]}', id="a file without text"),
    ],
)
def test_anything_else_is_a_bad_record(text: object) -> None:
    with pytest.raises(BadRecord):
        from_text(text)

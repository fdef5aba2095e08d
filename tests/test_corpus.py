"""55,000 recorded keystrokes through the real recorder, sender and collector, and back byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pairlog.document import Document
from tests import corpus
from tests.lsp_server.client import Client
from tests.support.processes import Collector, end_leftovers

_SAVE_EVERY = 1000

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not corpus.present(), reason=f"the corpus is not in {corpus.FOLDER}"),
]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data")
    yield served
    served.stop()


@pytest.mark.parametrize("name", corpus.NAMES)
def test_a_recorded_trace_comes_back_byte_for_byte(name: str, collector: Collector, tmp_path: Path) -> None:
    trace = corpus.load(name)
    home, workspace = tmp_path / "home", tmp_path / "workspace"
    workspace.mkdir()
    client = Client()
    client.initialize(
        workspace,
        home=str(home),
        consent="content",
        collectorUrl=collector.address,
        token=collector.token("mine"),
    )
    saves = type_trace(client, workspace / "trace.txt", trace)
    assert client.shutdown() == 0

    (row,) = collector.ended()

    session = row["session"]
    # What the recorder learns of an edit later is a line too.
    told = Counter(event["type"] for event in collector.events(session) if event["type"] != "attribution")
    assert told == {"session": 1, "open": 1, "edit": len(trace.edits), "save": saves, "end": 1}
    assert collector.replay(session, "trace.txt") == trace.end.encode()
    assert collector.verify(session) == {
        "session": session,
        "saves": saves,
        "verified": True,
        "first_bad_seq": None,
    }
    assert end_leftovers(home) == []
    assert list((home / "spool").iterdir()) == list((home / "outbox").iterdir()) == []


def type_trace(client: Client, file: Path, trace: corpus.Trace) -> int:
    """One didChange for each transaction, a save with its text now and then; returns the number of saves."""
    uri = client.open(file, trace.start, version=0)
    editor = Document(trace.start)
    saves = 0
    for number, changes in enumerate(trace.edits, 1):
        client.change(uri, number, *changes)
        editor.apply(changes)
        if number % _SAVE_EVERY == 0 or number == len(trace.edits):
            client.save(uri, editor.text)
            saves += 1
    assert editor.text == trace.end
    return saves

"""A redaction replaces blobs: the old content goes, its bytes too, as soon as nothing names it."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines

OTHER = SESSION.replace("aa", "bb")
OLD, NEW = b"key = 'hunter2-and-more'\n", b"key = '****************'\n"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


PAIR = [digest(OLD), digest(NEW)]


def opens(content: bytes, session: str = SESSION) -> list[bytes]:
    """A session that opens a file of this content."""
    opened = line(1, "open", doc=1, path="a.py", why="opened", source="disk", blob=digest(content))
    return [session_lines(session=session)[0], opened, line(2, "focus", focused=True)]


def manifest(content: bytes) -> bytes:
    return json.dumps({"files": [{"path": "a.py", "mode": "100644", "blob": digest(content)}]}).encode()


def status(collector: Collector, token: str, content: bytes) -> int:
    return collector.ask(token, "GET", f"/v1/blobs/{digest(content)}").status_code


def test_lines_name_the_new_one_and_the_old_one_is_gone(collector: Collector, mine: str) -> None:
    collector.put(mine, OLD)
    collector.send(mine, opens(OLD))
    collector.put(mine, NEW)
    assert collector.holds(OLD)
    assert collector.redact(mine, blobs=[PAIR]).json() == {"revision": 1}
    assert collector.lines(mine) == [*opens(OLD)[:1], opens(NEW)[1], opens(OLD)[2]]
    assert (status(collector, mine, OLD), status(collector, mine, NEW)) == (404, 200)
    path = f"/v1/blobs/{digest(NEW)}?session={SESSION}"
    assert collector.ask(mine, "GET", path).content == NEW
    counted, kept = collector.bytes_counted()
    assert counted == kept
    assert not collector.holds(OLD)


@pytest.mark.parametrize("before", range(4))
def test_whenever_it_comes_the_lines_are_the_same(collector: Collector, mine: str, before: int) -> None:
    collector.put(mine, OLD)
    collector.put(mine, NEW)
    if before:
        collector.send(mine, opens(OLD)[:before])
    assert collector.redact(mine, blobs=[PAIR]).status_code == 200
    assert collector.send(mine, opens(OLD)).json() == {"acked": 2}
    assert collector.lines(mine) == opens(NEW)
    assert [status(collector, mine, content) for content in (OLD, NEW)] == [404, 200]


def test_one_that_was_under_way_goes_as_its_line_arrives(collector: Collector, mine: str) -> None:
    collector.put(mine, NEW)
    collector.redact(mine, blobs=[PAIR])
    collector.put(mine, OLD)
    collector.send(mine, opens(OLD))
    assert collector.lines(mine) == opens(NEW)
    assert status(collector, mine, OLD) == 404
    counted, kept = collector.bytes_counted()
    assert counted == kept
    assert not collector.holds(OLD)


def test_one_that_replaces_by_what_is_not_here_is_refused(collector: Collector, mine: str) -> None:
    collector.put(mine, OLD)
    collector.send(mine, opens(OLD))
    answer = collector.redact(mine, blobs=[PAIR])
    assert (problem(answer), answer.json()["sha256"]) == ((422, "blob"), digest(NEW))
    assert collector.lines(mine) == opens(OLD)
    collector.put(collector.token("theirs"), NEW)
    assert problem(collector.redact(mine, blobs=[PAIR])) == (422, "blob")
    collector.put(mine, NEW)
    assert collector.redact(mine, blobs=[PAIR]).json() == {"revision": 1}


def test_one_that_another_session_names_stays_for_that(collector: Collector, mine: str) -> None:
    collector.put(mine, OLD)
    collector.put(mine, NEW)
    collector.send(mine, opens(OLD))
    collector.send(mine, opens(OLD, OTHER), OTHER)
    collector.redact(mine, blobs=[PAIR])
    assert status(collector, mine, OLD) == 200
    assert collector.ask(mine, "GET", f"/v1/blobs/{digest(OLD)}?session={SESSION}").status_code == 404
    assert collector.ask(mine, "GET", f"/v1/blobs/{digest(OLD)}?session={OTHER}").status_code == 200
    collector.redact(mine, OTHER, blobs=[PAIR])
    assert status(collector, mine, OLD) == 404


def test_a_manifest_is_replaced_with_its_files(collector: Collector, mine: str) -> None:
    old, new = manifest(OLD), manifest(NEW)
    for content in (OLD, old, new):
        collector.put(mine, content)
    lines = [session_lines(consent="workspace")[0], line(1, "workspace", manifest=digest(old), files=1)]
    collector.send(mine, lines)
    pairs = [[digest(old), digest(new)]]
    answer = collector.redact(mine, blobs=pairs)
    assert (problem(answer), answer.json()["sha256"]) == ((422, "blob"), digest(NEW))
    collector.put(mine, NEW)
    assert collector.redact(mine, blobs=pairs).json() == {"revision": 1}
    assert json.loads(collector.lines(mine)[1])["manifest"] == digest(new)
    found = [status(collector, mine, content) for content in (OLD, old, NEW, new)]
    assert found == [404, 404, 200, 200]


def test_a_text_that_only_tells_of_the_hash_stays_as_it_is(collector: Collector, mine: str) -> None:
    collector.put(mine, NEW)
    told = f'the blob "{digest(OLD)}" or {digest(OLD)}'
    lines = [
        session_lines()[0],
        line(1, "open", doc=1, path="a", why="opened", source="disk", text=told),
        line(2, "run", id="r", phase="output", output=digest(OLD)),
    ]
    collector.send(mine, lines)
    collector.redact(mine, blobs=[PAIR])
    assert collector.lines(mine) == lines

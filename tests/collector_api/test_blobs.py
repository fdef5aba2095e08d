"""Contents that lines name: here before the line, whole, and counted."""

from __future__ import annotations

import json
import threading
from hashlib import sha256

import pytest

from pairlog.blobs import File, read_manifest
from tests.collector_api.driver import Collector, line, problem, session_lines

CONTENT = b"text of a file\n"
DIGEST = sha256(CONTENT).hexdigest()
MANIFEST = json.dumps({"files": [{"path": "a.py", "mode": "100644", "blob": DIGEST}]}).encode()


def test_a_content_is_kept_once_and_given_back(collector: Collector, mine: str) -> None:
    assert [collector.put(mine, CONTENT).status_code for _ in range(2)] == [201, 200]
    assert collector.ask(mine, "GET", f"/v1/blobs/{DIGEST}").content == CONTENT


def test_a_content_under_another_hash_is_refused(collector: Collector, mine: str) -> None:
    answer = collector.ask(mine, "PUT", f"/v1/blobs/{DIGEST}", content=b"something else")
    assert problem(answer) == (422, "hash")


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", DIGEST.upper(), "0", f"{DIGEST}%0d%0aX: y"])
def test_an_address_that_is_no_hash_names_nothing(collector: Collector, mine: str, name: str) -> None:
    assert collector.ask(mine, "PUT", f"/v1/blobs/{name}", content=CONTENT).status_code in (404, 422)
    assert collector.ask(mine, "GET", f"/v1/blobs/{name}").status_code == 404


def test_a_line_that_names_a_missing_content_waits_for_it(collector: Collector, mine: str) -> None:
    opened = line(1, "open", doc=1, path="a.py", why="opened", source="disk", blob=DIGEST)
    lines = [session_lines()[0], opened]
    answer = collector.send(mine, lines)
    assert problem(answer) == (422, "blob")
    assert (answer.json()["seq"], answer.json()["sha256"]) == (1, DIGEST)
    assert collector.lines_or_none(mine) is None
    collector.put(mine, CONTENT)
    assert collector.send(mine, lines).json() == {"acked": 1}


def test_a_manifest_needs_every_file_that_it_names(collector: Collector, mine: str) -> None:
    lines = [
        session_lines(consent="workspace")[0],
        line(1, "workspace", manifest=sha256(MANIFEST).hexdigest(), files=1),
    ]
    collector.put(mine, MANIFEST)
    answer = collector.send(mine, lines)
    assert (problem(answer), answer.json()["sha256"]) == ((422, "blob"), DIGEST)
    collector.put(mine, CONTENT)
    assert collector.send(mine, lines).json() == {"acked": 1}


def test_a_manifest_that_many_lines_name_is_read_once_and_not_by_the_writer(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def read(data: bytes) -> list[File]:
        threads.append(threading.current_thread().name)
        return read_manifest(data)

    monkeypatch.setattr("collector_api.rows.blobs.read_manifest", read)
    manifest = sha256(MANIFEST).hexdigest()
    named = [line(seq, "workspace", manifest=manifest, files=1) for seq in range(1, 40)]
    collector.put(mine, MANIFEST)
    collector.put(mine, CONTENT)
    assert collector.send(mine, [*session_lines(consent="workspace")[:1], *named]).json() == {"acked": 39}
    assert [name.startswith("AnyIO") for name in threads] == [True]


@pytest.mark.parametrize(
    "content", [b"no json", b"[]", b'{"files": [{"path": 1}]}', b'{"files": 3}', b"\xff"]
)
def test_a_manifest_that_is_none_is_named(collector: Collector, mine: str, content: bytes) -> None:
    collector.put(mine, content)
    workspace = line(1, "workspace", manifest=sha256(content).hexdigest(), files=1)
    answer = collector.send(mine, [session_lines()[0], workspace])
    assert (problem(answer), answer.json()["reason"]) == ((422, "blob"), "it is no manifest")


def test_another_contributors_content_does_not_count(collector: Collector, mine: str) -> None:
    collector.put(collector.token("theirs"), CONTENT)
    opened = line(1, "open", doc=1, path="a.py", why="opened", source="disk", blob=DIGEST)
    assert problem(collector.send(mine, [session_lines()[0], opened])) == (422, "blob")

"""What somebody hostile sends to a real server: each is refused by name, and the process stays well."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from pairlog.frame import pack
from tests.collector_api.driver import SESSION, line, session_lines
from tests.support.processes import Collector

OTHER = "0193f5a0-1c00-7000-8000-0000000000cc"
MIB = 2**20
HEADER, OPENED = session_lines()[:2]
RENAMED = line(1, "rename", doc=1, path="b.py")
DEEP = b'{"seq":2,"t":2,"type":"x","a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A server with a session of three lines."""
    collector = Collector(tmp_path_factory.mktemp("hostile") / "data")
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def mine(served: Collector) -> str:
    token = served.token("mine")
    answer = _post(served, token, pack([HEADER, OPENED, line(2, "close", doc=1)]))
    assert answer.json() == {"acked": 2}
    return token


@pytest.fixture(autouse=True)
def well(served: Collector, mine: str) -> Iterator[None]:
    """After each test the server writes, and what was stored before is there, unchanged."""
    yield
    assert httpx.get(f"{served.address}/readyz").status_code == 200
    row = httpx.get(f"{served.address}/v1/sessions/{SESSION}", headers=_token(mine)).json()
    assert (row["acked"], row["events"]) == (2, 3)


def _token(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _post(served: Collector, token: str, body: bytes, session: str = SESSION) -> httpx.Response:
    address = f"{served.address}/v1/sessions/{session}/frames"
    return httpx.post(address, content=body, headers=_token(token), timeout=60)


def _frame(last: bytes) -> bytes:
    return gzip.compress(HEADER + b"\n" + OPENED + b"\n" + last + b"\n", 1)


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        (b"", 422, "frame", "has no line"),
        (b"no gzip at all", 422, "frame", "no frame"),
        (_frame(b"{}")[:-5], 422, "frame", "no frame"),
        (gzip.compress(b"0" * 70 * MIB, 9), 413, "limit", "frame_unpacked_bytes_max"),
        (_frame(b'{"seq":2,"t":2,"type":"x","a":"' + b"a" * 17 * MIB + b'"}'), 422, "line", "line_bytes_max"),
        (_frame(DEEP), 422, "line", "json_depth_max"),
        (_frame(b'{"seq":2,"t":NaN,"type":"x"}'), 422, "line", "not JSON"),
        (_frame(b'{"seq":2,"t":1e999,"type":"x"}'), 422, "line", "seq 2"),
        (_frame(b'{"seq":2,"t":2,"type":"x","a":"\\ud800"}'), 422, "line", "not JSON"),
        (_frame(b'{"seq":2,"t":9223372036854775808,"type":"close","doc":1}'), 422, "line", "seq 2"),
        (_frame(b'{"seq":9223372036854775808,"t":2,"type":"x"}'), 422, "line", "9223372036854775808"),
        (_frame(b'{"seq":2,"t":2,"type":"x","a":' + b"1" * 5_000 + b"}"), 422, "line", "4300 digits"),
        (_frame(b'{"seq":2,"t":2,"type":"x","a":"\xff\xfe"}'), 422, "line", "not UTF-8"),
        (pack([HEADER, OPENED, line(2, "close", doc=2)]), 409, "conflict", "other bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_frame_that_is_none_is_refused_by_name(
    served: Collector, mine: str, body: bytes, status: int, code: str, says: str
) -> None:
    answer = _post(served, mine, body)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert says in told["detail"]


def test_an_old_frame_again_changes_nothing(served: Collector, mine: str) -> None:
    assert _post(served, mine, pack([HEADER, OPENED])).json() == {"acked": 2}


def test_another_tokens_session_takes_nothing(served: Collector) -> None:
    answer = _post(served, served.token("theirs"), pack([line(3, "close", doc=1)]))
    assert (answer.status_code, answer.json()["code"]) == (403, "owner")


@pytest.mark.parametrize(
    ("number", "path"),
    list(enumerate(["../../../etc/passwd", "/etc/passwd", "a\0b", "..\\..\\x", "C:\\x"])),
)
def test_a_path_that_leads_out_is_refused(served: Collector, mine: str, number: int, path: str) -> None:
    session = f"{OTHER[:-1]}{number}"
    for said in (OPENED, RENAMED):
        told = json.dumps(json.loads(said) | {"path": path}).encode()
        answer = _post(served, mine, pack([session_lines(session=session)[0], told]), session)
        assert (answer.status_code, answer.json()["code"]) == (422, "line")
        assert "leads out of the workspace" in answer.json()["reason"]


@pytest.mark.parametrize(
    ("number", "path"), list(enumerate(["a..b", "..a/b", "a/...", "C:x", "a/b c", "é/*****"], 6))
)
def test_a_path_of_odd_names_is_taken(served: Collector, mine: str, number: int, path: str) -> None:
    session = f"{OTHER[:-1]}{number:x}"
    opened = json.dumps(json.loads(OPENED) | {"path": path}).encode()
    answer = _post(served, mine, pack([session_lines(session=session)[0], opened]), session)
    assert answer.json() == {"acked": 1}


@pytest.mark.parametrize("name", ["..%2F..%2Fpairlog.db", "%2e%2e", "0" * 63, "A" * 64, "%00", "é"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_blob_has_a_hash_for_a_name(served: Collector, mine: str, method: str, name: str) -> None:
    answer = httpx.request(method, f"{served.address}/v1/blobs/{name}", headers=_token(mine))
    assert answer.status_code in (404, 405, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_line_breaks_in_an_address_or_an_id_bring_no_header(served: Collector) -> None:
    for address in ("/v1/%0d%0aX-Injected:%201", "/enter?key=%0d%0aX-Injected:%201"):
        assert "x-injected" not in httpx.get(f"{served.address}{address}").headers
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\rX-Injected: 1\r\n\r\n")
        assert b"x-injected" not in raw.recv(65536).lower()

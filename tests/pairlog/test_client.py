"""What `pairlog.client` makes of answers that break off, lie or never end; the other side is a socket."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.client import Client, CollectorError, Line
from pairlog.client.connection import ANSWER_BYTES_MAX
from pairlog.client.live import server_sent
from pairlog.errors import UserError
from pairlog.frame import pack
from tests.support.peer import Peer

SESSION = "0193f5a0-1c00-7000-8000-0000000000aa"
LINES = [
    b'{"seq":0,"t":0,"type":"x"}',
    b'{"seq":1,"t":1,"type":"gap","through":4}',
    b'{"seq":5,"t":5,"type":"x"}',
]
TOMBSTONE = {"id": 1, "session": SESSION, "at": "2026-11-01T09:00:00.000Z"}


def answer(body: bytes, head: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {head}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def said(body: dict[str, Any], head: str = "200 OK", *headers: str) -> bytes:
    return answer(json.dumps(body).encode(), head, *headers)


def broken_off(body: bytes) -> bytes:
    """The beginning of an answer, of which nothing more comes."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return b"%b%x\r\n%b" % (head, len(body) + 1, body)


PACKED = "Content-Encoding: gzip"
EMPTY = said({"sessions": [], "next": None})


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def waited() -> list[float]:
    """The pauses that the client made; nobody really waits."""
    return []


@pytest.fixture
def client(peer: Peer, waited: list[float]) -> Iterator[Client]:
    with Client(peer.address, "secret", sleep=waited.append) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "token", "why"),
    [
        ("http://example.org", "secret", "could be read on the way"),
        ("http://127.0.0.1.example.org", "secret", "could be read on the way"),
        ("ftp://127.0.0.1", "secret", "could be read on the way"),
        ("127.0.0.1:8377", "secret", "could be read on the way"),
        ("https://me:secret@127.0.0.1", "secret", "is no address of a collector"),
        ("http://127.0.0.1:8377/?a=b", "secret", "is no address of a collector"),
        ("http://127.0.0.1:8377\n", "secret", "is no address of a collector"),
        ("http://127.0.0.1", "a\r\nX: y", "characters that no token has"),
        ("http://127.0.0.1", "plg_\xe4", "characters that no token has"),
    ],
)
def test_a_token_goes_to_no_address_where_others_could_read_it(address: str, token: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        Client(address, token)


def test_a_proxy_that_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1")
    with pytest.raises(UserError, match="the proxy that the environment names cannot be used"):
        Client("https://example.org", "secret")
    Client("http://127.0.0.1", "secret").close()


def test_a_request_says_who_asks_and_a_redirect_is_not_followed(peer: Peer, client: Client) -> None:
    other = Peer()
    peer.answers = [answer(b"", "307 Go", f"Location: {other.address}")]
    with pytest.raises(CollectorError, match="a redirect") as refused:
        client.session("s/1")
    assert (refused.value.status, len(peer.requests), other.requests) == (307, 1, [])
    first, *headers = peer.requests[0].decode().split("\r\n")
    assert first == "GET /pairlog/v1/sessions/s%2F1 HTTP/1.1"
    assert "Authorization: Bearer secret" in headers
    other.close()


def test_nobody_waits_for_one_who_never_answered(waited: list[float]) -> None:
    with (
        Client("http://127.0.0.1:9", "secret", sleep=waited.append) as client,
        pytest.raises(
            CollectorError, match=r"no answer from http://127.0.0.1:9 \(.*\); is `pairlog serve` up\?"
        ),
    ):
        list(client.sessions())
    assert waited == []


def test_what_was_cut_off_is_asked_again_but_an_erasure_is_not(
    peer: Peer, client: Client, waited: list[float]
) -> None:
    peer.answers = [EMPTY, None, None, EMPTY]
    assert [list(client.sessions()), list(client.sessions())] == [[], []]
    assert (len(waited), len(peer.requests)) == (2, 4)
    peer.answers = [None]
    with pytest.raises(CollectorError, match="no answer"):
        client.erase(SESSION)
    assert (len(waited), len(peer.requests)) == (2, 5)


def test_patience_is_as_long_as_it_is_asked_for_and_ends(
    peer: Peer, client: Client, waited: list[float]
) -> None:
    busy = {"code": "rate", "detail": "more than 500; wait a second and go on"}
    peer.answers = [
        said(busy, "429 Slow down", "Retry-After: 7"),
        said({"code": "storage", "detail": "the disk is full"}, "503 No", "Retry-After: 50"),
        said(busy, "429 Slow down", "Retry-After: 4"),
    ]
    with pytest.raises(CollectorError, match=r"wait a second and go on \(come again in 4 s\)"):
        client.session(SESSION)
    assert waited == [7.0, 50.0]


def test_an_archive_is_waited_for_while_another_is_under_way(
    peer: Peer, client: Client, waited: list[float], tmp_path: Path
) -> None:
    busy = {"code": "rate", "detail": "one such request is under way"}
    peer.answers = [said(busy, "429 Slow down", "Retry-After: 2"), answer(b"a tar"), broken_off(b"a")]
    file = tmp_path / "mine.tar"
    client.take_out(file)
    assert (file.read_bytes(), waited) == (b"a tar", [2.0])
    with pytest.raises(CollectorError, match="no answer"):
        client.take_out(file)
    assert ([it.name for it in tmp_path.iterdir()], file.read_bytes(), len(waited)) == (
        [file.name],
        b"a tar",
        1,
    )


@pytest.mark.parametrize("lines", [1, 2])
def test_lines_go_on_behind_the_last_one_that_came(lines: int, peer: Peer, client: Client) -> None:
    peer.answers = [broken_off(pack(LINES[:lines])), answer(pack(LINES[lines:]))]
    assert list(client.lines(SESSION)) == LINES
    asked = [request.split(b" ")[1].rpartition(b"=")[2] for request in peer.requests]
    assert asked == [b"0", [b"1", b"5"][lines - 1]]


def test_one_who_gives_nothing_more_is_given_up(peer: Peer, client: Client, waited: list[float]) -> None:
    peer.answers = [broken_off(pack(LINES[:1])), *[broken_off(b"")] * 20]
    read = client.lines(SESSION)
    assert next(read) == LINES[0]
    with pytest.raises(CollectorError, match="no answer"):
        next(read)
    assert 25 < sum(waited) <= 60


Ask = Callable[[Client], object]


@pytest.mark.parametrize(
    ("ask", "lie"),
    [
        (lambda client: list(client.sessions()), answer(b"<html>")),
        (lambda client: list(client.sessions()), answer(b"[" * 100_000)),
        (lambda client: list(client.sessions()), said({"sessions": {}})),
        (lambda client: list(client.sessions()), said({"sessions": [], "next": "more"})),
        (lambda client: list(client.sessions()), said({"sessions": [{"session": SESSION}], "next": None})),
        (lambda client: list(client.sessions()), said({"sessions": [], "next": 7})),
        (lambda client: list(client.sessions()), answer(gzip.compress(b"{}", mtime=0), "200 OK", PACKED)),
        (lambda client: list(client.tombstones(1)), said({"tombstones": [TOMBSTONE]})),
        (lambda client: client.acked(SESSION), said({"acked": "many"})),
        (lambda client: client.blob(SESSION, "0" * 64), answer(b"another content")),
        (lambda client: list(client.lines(SESSION)), answer(b"<html>")),
        (lambda client: list(client.lines(SESSION)), answer(gzip.compress(b"0" * 2**28, 1, mtime=0))),
        (lambda client: list(client.lines(SESSION)), answer(pack(LINES)[:-1])),
        (lambda client: list(client.live(SESSION)), answer(b"event: line\ndata: {}\n\n")),
        (lambda client: list(client.live(SESSION)), answer(b"event: forget\ndata: {}\n\n")),
        (lambda client: list(client.live(SESSION)), answer(b'event: redaction\ndata: {"spans": [7]}\n\n')),
        (lambda client: list(client.live(SESSION)), answer(b"data: " + b"x" * 17 * 2**20)),
    ],
)  # fmt: skip
def test_what_no_collector_says_is_told(ask: Ask, lie: bytes, peer: Peer, client: Client) -> None:
    peer.answers = [lie, lie]
    with pytest.raises(CollectorError, match="answers as no collector does; give the address"):
        ask(client)


def test_an_answer_without_an_end_is_not_read_to_it(peer: Peer, client: Client) -> None:
    peer.answers = [answer(b" " * (ANSWER_BYTES_MAX + 2**20))]
    with pytest.raises(CollectorError, match="answers with more than 33,554,432 bytes"):
        list(client.sessions())


def test_a_refusal_obeys_no_terminal_and_is_no_longer_than_a_line(peer: Peer, client: Client) -> None:
    peer.answers = [said({"code": "x", "detail": "\x1b[2J\nroot: " + "a" * 10_000}, "400 No")]
    with pytest.raises(CollectorError) as refused:
        client.session(SESSION)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_one_who_may_watch_no_more_is_told_why(peer: Peer, client: Client) -> None:
    peer.answers = [answer(b"event: line\nid: 3\ndata: {}\n\n"), said({"code": "token"}, "401 No")]
    watched = client.live(SESSION, 3)
    assert next(watched) == Line(3, b"{}")
    with pytest.raises(CollectorError, match="takes no such token"):
        next(watched)
    assert peer.requests[1].startswith(b"GET /pairlog/v1/sessions/%b/live?from=4 " % SESSION.encode())


def test_events_of_a_later_version_and_comments_are_passed_over(peer: Peer, client: Client) -> None:
    known = b"event: line\r\nid: 3\r\ndata: {}\r\n\r\nevent: end\ndata: {}\n\n"
    peer.answers = [answer(b": all is well\n\nevent: later\ndata: {}\n\n" + known)]
    assert list(client.live(SESSION)) == [Line(3, b"{}")]


@given(st.lists(st.binary().filter(lambda data: not {*b"\r\n"} & {*data})), st.data())
def test_events_are_the_same_however_they_are_cut(datas: list[bytes], data: st.DataObject) -> None:
    text = b"".join(b"id: %d\nevent: line\ndata: %b\n\n" % (seq, said) for seq, said in enumerate(datas))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert [(event.number, event.data) for event in server_sent(pieces)] == list(enumerate(datas))

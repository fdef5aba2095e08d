"""What answers may look like, and what is no answer; the other side is a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lsp_server.sending.collector import Collector, Unreachable
from lsp_server.sending.wire import ANSWER_BYTES_MAX
from pairlog.exchange import Answer
from tests.support.peer import Peer

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"acked": 7}'


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def ask(peer: Peer) -> Iterator[Callable[..., Answer]]:
    collector = Collector(peer.address, "secret", seconds_max=0.5)

    def answer(*answers: bytes | None) -> Answer:
        peer.answers += answers
        return collector.post_frame("s 1", b"frame")

    yield answer
    collector.close()


def test_a_request_is_one_piece_and_says_who_asks(ask: Callable[..., Answer], peer: Peer) -> None:
    assert ask(OK) == Answer(200, {"acked": 7})
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert (first, body) == ("POST /pairlog/v1/sessions/s%201/frames HTTP/1.1", b"frame")
    assert {"Authorization: Bearer secret", "Content-Length: 5", "Content-Type: application/gzip"} < set(
        lines
    )


def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_made_anew(
    ask: Callable[..., Answer], peer: Peer
) -> None:
    assert [ask(OK, OK).status, ask().status, ask(None, OK).status] == [200, 200, 200]
    assert len(peer.requests) == 4


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'7\r\n{"acked\r\n5;x=1\r\n": 7}\r\n0\r\nA: b\r\n\r\n',
        b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"acked": 7}',
        b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"acked": 7}',
    ],
)
def test_every_way_to_frame_a_body_is_understood(answer: bytes, ask: Callable[..., Answer]) -> None:
    assert ask(answer) == Answer(200, {"acked": 7})


@pytest.mark.parametrize(
    ("given", "understood"),
    [("2.5", 2.5), ("99999999", 3600.0), ("-1", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("nan", None)],
)
def test_retry_after_is_obeyed_in_seconds_and_within_an_hour(
    given: str, understood: float | None, ask: Callable[..., Answer]
) -> None:
    answer = f"HTTP/1.1 429 Slow down\r\nRetry-After: {given}\r\nContent-Length: 0\r\n\r\n".encode()
    assert ask(answer) == Answer(429, {}, understood)


def test_a_redirect_is_an_answer_and_nobody_follows_it(ask: Callable[..., Answer], peer: Peer) -> None:
    answer = ask(b"HTTP/1.1 307 Go\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, len(peer.requests)) == (307, 1)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_BYTES_MAX + 1), "of more than"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "of more than"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000, "head is longer than"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{", "no whole answer within 0.5 s"),
        (None, "closed in mid-answer"),
    ],
)
def test_what_is_no_answer_is_said(answer: bytes | None, why: str, ask: Callable[..., Answer]) -> None:
    with pytest.raises(Unreachable, match=why):
        ask(answer)


def test_a_token_that_could_break_out_of_its_header_is_not_sent(peer: Peer) -> None:
    peer.answers = [OK]
    collector = Collector(peer.address, "a\r\nX: y")
    assert collector.session("s").status == 200
    assert b"Authorization" not in peer.requests[0]
    collector.close()

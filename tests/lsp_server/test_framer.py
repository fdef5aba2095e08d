from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.protocol.framer import Framer, FramingError


def framed(bodies: list[bytes]) -> bytes:
    return b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)


@given(st.lists(st.binary(max_size=200)), st.lists(st.integers(1, 300)))
def test_bodies_come_out_whole_however_the_stream_is_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream, framer, found = framed(bodies), Framer(), []
    for cut in [*cuts, len(stream)]:
        found += framer.feed(stream[:cut])
        stream = stream[cut:]
    assert found + framer.feed(stream) == bodies


def test_other_headers_and_spellings_are_read() -> None:
    stream = b"content-type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:2\r\n\r\n{}"
    assert Framer().feed(stream) == [b"{}"]


def test_a_body_in_many_pieces_is_joined_once() -> None:
    framer, body = Framer(), b"x" * 1_000_000
    stream = framed([body, b"after"])
    found = [it for at in range(0, len(stream), 65536) for it in framer.feed(stream[at : at + 65536])]
    assert found == [body, b"after"]


@pytest.mark.parametrize("stream", [b"Hello\r\n\r\n", b"Content-Length: -1\r\n\r\n", b"x" * 5000])
def test_a_stream_out_of_step_is_an_error(stream: bytes) -> None:
    with pytest.raises(FramingError):
        Framer().feed(stream)

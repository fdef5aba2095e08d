"""Heads of requests that drip, never end or are no HTTP, on real sockets: refused by name, and closed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from collector_api.server.connections import ClientConnection
from collector_api.server.headers import SAFE

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#: Long enough for all that is to go well, on a busy machine.
SECONDS_MAX = 30


class Hasty(ClientConnection):
    head_seconds_max = 0.2
    head_bytes_max = 1_000


class Slower(ClientConnection):
    head_seconds_max = SECONDS_MAX
    head_bytes_max = 1_000


class Patient(ClientConnection):
    answer_seconds_max = 0.2


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Says `ok` once the body is there, which it does not wait for where it is announced as too long."""
    while b"x-unread" not in dict(scope["headers"]) and (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def _talk(kind: type[ClientConnection], talk: Talk, answer: ASGIApp = _answer) -> None:
    async def run() -> None:
        config = uvicorn.Config(answer, log_config=None, lifespan="off", timeout_keep_alive=SECONDS_MAX)
        config.load()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: kind(config, ServerState(), {}), "127.0.0.1", 0)
        async with server, asyncio.timeout(SECONDS_MAX):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                await talk(reader, writer)
            finally:
                writer.close()

    asyncio.run(run())


async def _dripping(writer: asyncio.StreamWriter, drop: bytes) -> None:
    """Write until the connection is closed, never resting for as long as a head may take."""
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def _drip(writer: asyncio.StreamWriter, drop: bytes) -> AsyncIterator[None]:
    dripping = asyncio.create_task(_dripping(writer, drop))
    yield
    dripping.cancel()


async def _told(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the connection ends, however it does."""
    told = b""
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65536):
            told += part
    return told


@pytest.mark.parametrize("drop", [b"", b"\r\n", b"X: y\r\n"], ids=["silence", "line breaks", "headers"])
def test_a_head_that_does_not_come_in_time_is_given_up(drop: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\n" if drop[:1] == b"X" else b"")
        async with _drip(writer, drop):
            told = await _told(reader)
        assert told.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in told
        assert b"head_seconds_max" in told

    _talk(Hasty, talk)


def test_a_head_that_does_not_end_is_refused() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        async with _drip(writer, b"y" * 100):
            told = await _told(reader)
        assert told.startswith(b"HTTP/1.1 431 ")
        assert b"head_bytes_max" in told

    _talk(Slower, talk)


@pytest.mark.parametrize("before", [b"", WHOLE], ids=["the first", "behind another"])
def test_a_whole_head_that_is_too_long_is_refused_however_it_comes(before: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if before:
            writer.write(before)
            assert await reader.readuntil(b"ok")
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"y" * 1_000 + b"\r\n\r\n")
        told = await _told(reader)
        assert told.startswith(b"HTTP/1.1 431 ")
        assert b"head_bytes_max" in told

    _talk(Slower, talk)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
        b"no request\r\n\r\n",
    ],
    ids=["a bare CR", "two lengths", "a length below 0", "a chunk without a size", "no method"],
)
def test_what_is_no_http_is_refused_as_all_else_is(sent: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        head, _, body = (await _told(reader)).partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines)
        problem = json.loads(body)
        assert status == b"HTTP/1.1 400 Bad Request"
        assert (problem["status"], problem["code"]) == (400, "request")
        assert headers == {
            b"content-type": b"application/problem+json",
            b"content-length": b"%d" % len(body),
            b"x-request-id": problem["request"].encode(),
            b"connection": b"close",
            **dict(SAFE),
        }

    _talk(Slower, talk)


def test_what_is_no_http_falls_into_no_answer_to_a_request_before() -> None:
    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOLE + b"no request\r\n\r\n")
        assert await _told(reader) == b""

    _talk(Slower, talk, waiting)


@pytest.mark.parametrize("drop", [b"\r\n", b"G"], ids=["line breaks", "half a request"])
def test_a_second_head_is_waited_for_no_longer_than_the_first(drop: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOLE)
        assert await reader.readuntil(b"ok")
        writer.write(drop)
        async with _drip(writer, b"" if drop == b"G" else drop):
            assert (await _told(reader)).startswith(b"HTTP/1.1 408 ")

    _talk(Hasty, talk)


def test_a_body_that_nobody_reads_does_not_go_on_for_ever() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nX-Unread: 1\r\nContent-Length: 1000000\r\n\r\n")
        assert await reader.readuntil(b"ok")
        async with _drip(writer, b"x"):
            assert (await _told(reader)).startswith(b"HTTP/1.1 408 ")

    _talk(Hasty, talk)


def test_what_takes_long_once_its_head_is_there_is_not_cut_off() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n")
            for _ in range(20):
                await asyncio.sleep(Hasty.head_seconds_max / 10)
                writer.write(b"x" * 100)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")

    _talk(Hasty, talk)


def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + b"x" * 50_000
        writer.write(body + WHOLE + body + WHOLE[:10])
        for _ in range(3):
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        writer.write(WHOLE[10:])
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")

    _talk(Slower, talk)


def test_an_answer_that_nobody_takes_is_broken_off() -> None:
    ended = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not ended.is_set():
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            if (await _message_or_none(receive)) == "http.disconnect":
                ended.set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOLE)
        await ended.wait()

    _talk(Patient, talk, endless)


async def _message_or_none(receive: Receive) -> str | None:
    """What came by now."""
    try:
        return str((await asyncio.wait_for(receive(), 0.001))["type"])
    except asyncio.TimeoutError:
        return None

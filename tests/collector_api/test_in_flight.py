"""What requests hold in memory is bounded, and a frame is dealt with by the size that it unpacks to."""

from __future__ import annotations

import asyncio
import gzip
import io
import random
from dataclasses import replace
from hashlib import sha256

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from collector_api.arriving.in_flight import InFlight
from collector_api.arriving.opening import Opener
from collector_api.limits import Limits, Pace
from collector_api.problems import BadFrame, BadLine, TooFast
from collector_api.server.app import create_app
from collector_api.store import Store
from pairlog.frame import pack
from tests.collector_api.driver import ADDRESS, SESSION, SMALL, Collector, line, on_sqlite, session_lines

#: As long as a few thousand keys, and packed shorter than one.
LONG = [*session_lines()[:1], line(1, "x", a="a" * 1_000_000)]

#: A session and a content of some hundred bytes, which do not pack.
CONTENT = random.Random(1).randbytes(600)
DIGEST = sha256(CONTENT).hexdigest()
LONG_NAMES = session_lines(workspace=random.Random(2).randbytes(500).hex())[:1]


def _with_name(data: bytes, name: str) -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=file, mtime=0) as packer:
        packer.write(data)
    return file.getvalue()


#: A frame of one line whose own head is as long.
STUFFED = _with_name(LONG[0] + b"\n", "n" * 1_000_000)


def _pace() -> Pace:
    return Pace("requests_per_second_max", 500, 2_000)


def test_one_token_holds_no_more_than_its_share_and_all_no_more_than_theirs() -> None:
    in_flight = InFlight(Limits(in_flight_bytes_max=10, token_in_flight_bytes_max=6))
    with in_flight.held(1) as mine, in_flight.held(1) as mine_too, in_flight.held(2) as theirs:
        mine.take(4)
        with pytest.raises(TooFast, match="token_in_flight_bytes_max"):
            mine_too.take(3)
        mine_too.take(2)
        with pytest.raises(TooFast, match="`in_flight_bytes_max`"):
            theirs.take(5)
        theirs.take(4)
        assert in_flight.bytes == 10
    assert in_flight.bytes == 0


@on_sqlite
@pytest.mark.parametrize(
    "path", [f"/v1/sessions/{SESSION}/frames", f"/v1/blobs/{DIGEST}"], ids=["frames", "a content"]
)
def test_what_is_asked_for_and_not_read_takes_the_room_of_its_token(
    store_address: str, store: Store, path: str
) -> None:
    limits = Limits(token_answers_bytes_max=1_000)
    with asyncio.Runner() as loop:
        collector = Collector(store_address, store, create_app(store, limits), loop)
        mine = collector.token("mine")
        collector.put(mine, CONTENT)
        collector.send(mine, LONG_NAMES)
        whole = collector.ask(mine, "GET", path)
        assert (whole.status_code, 500 < len(whole.content) < 1_000) == (200, True)
        meanwhile = loop.run(while_nobody_reads(collector, mine, path))
        assert (meanwhile.status_code, meanwhile.json()["code"]) == (429, "rate")
        assert "token_answers_bytes_max" in meanwhile.json()["detail"]
        assert collector.app.state.answers.bytes == 0
        assert collector.ask(mine, "GET", path).content == whole.content


async def while_nobody_reads(collector: Collector, token: str, path: str) -> httpx.Response:
    """The answer to a second question while the first one's is under way."""
    headers = {"Authorization": f"Bearer {token}"}
    under_way, may_end = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def held_up(message: Message) -> None:
            if message["type"] == "http.response.body":
                under_way.set()
                await may_end.wait()
            await send(message)

        await collector.app(scope, receive, held_up)

    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=headers) as slow,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(collector.app), base_url=ADDRESS, headers=headers
        ) as quick,
    ):
        first = asyncio.create_task(slow.get(path))
        await under_way.wait()
        answer = await quick.get(path)
        may_end.set()
        assert (await first).status_code == 200
    return answer


@on_sqlite
def test_frames_that_unpack_to_more_than_there_is_room_for_are_told_to_wait(
    store_address: str, store: Store
) -> None:
    limits = Limits(token_in_flight_bytes_max=2_500_000)
    with asyncio.Runner() as loop:
        collector = Collector(store_address, store, create_app(store, limits), loop)
        mine = collector.token("mine")
        answers = loop.run(_at_once(collector, mine, 10))
        assert {answer.status_code for answer in answers} == {200, 429}
        assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 429} == {"1"}
        # What was held is given back.
        assert collector.app.state.in_flight.bytes == 0
        assert collector.send(mine, session_lines()).status_code == 200


async def _at_once(collector: Collector, token: str, count: int) -> list[httpx.Response]:
    """The answers to a long frame of each of so many sessions."""
    transport = httpx.ASGITransport(collector.app)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as client:
        sessions = [f"0193f5a0-1c00-7000-8000-0000000000{number:02}" for number in range(count)]
        return await asyncio.gather(
            *(
                client.post(
                    f"/v1/sessions/{session}/frames",
                    content=pack([*session_lines(session=session)[:1], LONG[1]]),
                )
                for session in sessions
            )
        )


@pytest.mark.parametrize("body", [pack(LONG), STUFFED], ids=["unpacks to much", "is long itself"])
def test_a_frame_that_takes_long_does_not_hold_up_the_others(body: bytes) -> None:
    async def turns_meanwhile() -> int:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        limits = Limits()
        task = asyncio.create_task(others())
        with InFlight(limits).held(1) as held:
            await Opener(limits, _pace()).open(body, SESSION, held)
        task.cancel()
        return turns

    assert asyncio.run(turns_meanwhile()) > 1


@pytest.mark.parametrize("body", [pack(LONG), STUFFED], ids=["unpacks to much", "is long itself"])
def test_what_a_frame_takes_counts_against_the_pace(body: bytes) -> None:
    limits = Limits()
    pace = Pace("requests_per_second_max", 1, 5, lambda: 0.0)

    async def open_long() -> None:
        with InFlight(limits).held(1) as held:
            await Opener(limits, pace).open(body, SESSION, held)

    asyncio.run(open_long())
    with pytest.raises(TooFast) as refusal:
        pace.take(1)
    # A million bytes are 7 requests more; 5 were free.
    assert refusal.value.retry_after_s == 3


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (pack(LONG) + pack([line(2, "x")]), "more"),
        (pack(LONG) + pack([]) * 100_000, "more"),
        (pack(LONG)[:-4] + b"\x09\0\0\0", "more than 9 bytes when unpacked, which is what it says"),
    ],
    ids=["two members", "many empty members", "a size that is not its own"],
)
def test_a_frame_is_one_gzip_member_of_the_size_that_it_says(body: bytes, why: str) -> None:
    limits = Limits()

    async def open_it() -> None:
        with InFlight(limits).held(1) as held:
            await Opener(limits, _pace()).open(body, SESSION, held)

    with pytest.raises(BadFrame, match=why):
        asyncio.run(open_it())


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (b"[" * 70 + b"]" * 70, "json_depth_max"),
        (b"[" + b"[]," * 200 + b'"["]', "json_containers_max"),
        (b'[["\\"]"],' + b"[" * 70, "json_depth_max"),
    ],
)
def test_a_line_of_too_many_brackets_is_refused_by_the_name_of_the_limit(more: bytes, named: str) -> None:
    limits = replace(SMALL, json_containers_max=100)
    raw = b'{"seq":1,"t":1,"type":"x","a":' + more + b"}"

    async def open_it() -> None:
        with InFlight(limits).held(1) as held:
            await Opener(limits, _pace()).open(pack([LONG[0], raw]), SESSION, held)

    with pytest.raises(BadLine, match=named):
        asyncio.run(open_it())


def test_brackets_in_strings_are_none() -> None:
    limits = replace(SMALL, json_containers_max=100)
    raw = b'{"seq":1,"t":1,"type":"x","a":"' + b"[{" * 200 + b'\\"' + b"[" * 200 + b'"}'

    async def opened() -> int:
        with InFlight(limits).held(1) as held:
            return len(await Opener(limits, _pace()).open(pack([LONG[0], raw]), SESSION, held))

    assert asyncio.run(opened()) == 2

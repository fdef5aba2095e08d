"""Two hundred who watch one session of a real server, over connections of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx

from pairlog.frame import pack
from tests.support.processes import Collector

WATCHERS = 200
#: `watchers_max` of one token.
PER_TOKEN = 32
SEEN_S_MAX = 2.0


def last_seen_s(served: Collector, session: str, lines: Sequence[bytes]) -> float:
    """From the moment when a line is sent to the moment when the last watcher has it, in seconds.

    That of the slowest line; the header, `lines[0]`, is what they have before.
    """
    tokens = [served.token("mine") for _ in range(-(-WATCHERS // PER_TOKEN))]
    return asyncio.run(asyncio.wait_for(_watched(served.address, tokens, session, lines), 60))


async def _watched(address: str, tokens: list[str], session: str, lines: Sequence[bytes]) -> float:
    path = f"{address}/v1/sessions/{session}"
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:

        async def send(line: bytes) -> None:
            assert (await http.post(f"{path}/frames", content=pack([line]), headers=headers[0])).is_success

        seen = [asyncio.Semaphore(0) for _ in lines]

        async def watch(number: int) -> None:
            token = headers[number // PER_TOKEN]
            async with http.stream("GET", f"{path}/live", headers=token) as answer:
                assert answer.status_code == 200
                async for line in answer.aiter_lines():
                    if line.startswith("id: "):
                        seen[int(line[4:])].release()

        async def all_have(seq: int) -> None:
            for _ in range(WATCHERS):
                await seen[seq].acquire()

        await send(lines[0])
        spent = []
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(watch(number)) for number in range(WATCHERS)]
            await all_have(0)
            for seq, line in enumerate(lines[1:], 1):
                begun = time.monotonic()
                await send(line)
                await all_have(seq)
                spent.append(time.monotonic() - begun)
            for task in watching:
                task.cancel()
        return max(spent)

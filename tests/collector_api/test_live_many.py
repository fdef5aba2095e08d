"""Two hundred who watch one session of a real server."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from pairlog.frame import pack
from tests.collector_api.driver import SESSION, session_lines
from tests.support.processes import Collector

WATCHERS = 200
#: `watchers_max` of one token.
PER_TOKEN = 32
SEEN_S_MAX = 2.0


async def _last_seen_s(address: str, tokens: list[str]) -> float:
    """From the moment when a line is sent to the moment when the last watcher has it, in seconds."""
    lines = session_lines()
    path = f"{address}/v1/sessions/{SESSION}"
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http:
        assert (await http.post(f"{path}/frames", content=pack(lines[:1]), headers=headers[0])).is_success
        ready = asyncio.Semaphore(0)

        async def watch(number: int) -> float:
            token = headers[number // PER_TOKEN]
            async with http.stream("GET", f"{path}/live", headers=token) as answer:
                assert answer.status_code == 200
                async for line in answer.aiter_lines():
                    if line == "id: 0":
                        ready.release()
                    if line == "id: 1":
                        return time.monotonic()
            raise AssertionError("the connection ended before the line came")

        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(watch(number)) for number in range(WATCHERS)]
            for _ in range(WATCHERS):
                await ready.acquire()
            begun = time.monotonic()
            sent = await http.post(f"{path}/frames", content=pack(lines[1:2]), headers=headers[0])
            assert sent.json() == {"acked": 1}
        return max(task.result() for task in watching) - begun


def test_two_hundred_watchers_see_a_line_within_two_seconds(tmp_path: Path) -> None:
    served = Collector(tmp_path / "data")
    try:
        tokens = [served.token("mine") for _ in range(-(-WATCHERS // PER_TOKEN))]
        spent = asyncio.run(asyncio.wait_for(_last_seen_s(served.address, tokens), 60))
    finally:
        served.stop()
    print(f"{spent:.3f} s")
    assert spent <= SEEN_S_MAX

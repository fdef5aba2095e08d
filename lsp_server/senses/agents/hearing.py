"""Hears what agents tell by OpenTelemetry: the sense behind a port of this machine alone (docs/agents.md)."""

from __future__ import annotations

import asyncio
import errno
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lsp_server.recording.recorder import Recorder
from lsp_server.senses.agents.batch import Batch, Told, read_batch
from lsp_server.senses.agents.connection import Body
from lsp_server.senses.agents.port import OtlpPort
from lsp_server.senses.agents.retries import Retries
from lsp_server.senses.agents.tally import Tally
from lsp_server.senses.sense import Place, Tell

#: So often it is tried again to have the port that somebody else has.
_RETRY_SECONDS = 5.0
#: So many are told before others have their turn: a few milliseconds.
_TOLD_PER_TURN = 50
_NO_FOLDER = (
    "events that name no folder belong to no recording; set OTEL_RESOURCE_ATTRIBUTES=pairlog.workspace=FOLDER"
)


class AgentEvents:
    """Its sockets live in the event loop; what a request says is found out in a thread."""

    def __init__(self, port: int) -> None:
        self._number = port
        self._retries = Retries()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="agents")
        self._place: Place | None = None
        self._tell: Tell | None = None
        self._tally: Tally | None = None
        self._port: OtlpPort | None = None
        self._opening: asyncio.Future[None] | None = None

    def start(self, place: Place, tell: Tell) -> None:
        """Listen from now on, or as soon as the port is free."""
        self._place, self._tell = place, tell
        self._tally = Tally(tell)
        self._port = OtlpPort(self._number, self._take, self._miss)
        self._opening = asyncio.ensure_future(self._open(place, self._port))

    def stop(self) -> None:
        """Hear nothing more."""
        if self._opening is not None:
            self._opening.cancel()
        if self._port is not None:
            self._port.close()
        if self._tally is not None:
            self._tally.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _open(self, place: Place, port: OtlpPort) -> None:
        said = ""
        while True:
            try:
                await port.open()
                place.show("")
                return
            except OSError as error:
                is_taken = error.errno == errno.EADDRINUSE
                why = "another program, or another window, has it" if is_taken else error.strerror
                words = f"agents are not heard here: port {self._number}: {why}"
            if words != said:
                place.show(words)
                print(f"pairlog: {words}", file=sys.stderr)
                said = words
            await asyncio.sleep(_RETRY_SECONDS)

    async def _take(self, body: Body) -> tuple[int, str]:
        assert self._place is not None and self._tell is not None and self._tally is not None
        loop = asyncio.get_running_loop()
        batch: Batch = await loop.run_in_executor(self._thread, read_batch, body, self._place.root)
        fresh = [it for it in batch.told if self._retries.is_fresh(it.mark)]
        for first in range(0, len(fresh), _TOLD_PER_TURN):
            some = fresh[first : first + _TOLD_PER_TURN]
            self._tell(partial(self._write, told=some))
            await asyncio.sleep(0)
        for detail, mark in batch.not_understood:
            if self._retries.is_fresh(mark):
                self._tally.add("unsupported", detail)
        return batch.without_folder, _NO_FOLDER

    def _miss(self) -> None:
        assert self._tally is not None
        self._tally.add("not_emitted", "a request of an agent that could not be taken")

    def _write(self, recorder: Recorder, told: Sequence[Told]) -> None:
        assert self._place is not None
        now_ms = time.time_ns() // 1_000_000
        folder = recorder.documents.folder
        named = {path: folder.within(path) for it in told for path in it.observation.get("paths") or ()}
        # Git is asked about all of them at once.
        recorder.documents.gate.denied([it for it in named.values() if it is not None and it != "."])
        for it in told:
            at_ms = it.at_ms
            if at_ms is not None and at_ms < self._place.told_from_ms():
                continue
            observation = it.observation
            if observation["type"] == "agent":
                # The folder itself is no file, and says nothing that the session does not.
                paths = [path for path in observation.get("paths") or () if named[path] != "."]
                at = None if at_ms is None else recorder.ago(max(0, now_ms - at_ms))
                observation = {**observation, "paths": paths or None, "at": at}
            recorder.observe(observation)

"""Standard input as an event source: polled where it can be, read by a thread where it cannot.

pygls reads each header and each body through a thread pool, which costs more than all the rest of a
keystroke. Here one wake-up of the event loop reads what is there.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

#: What one read takes at most; Linux's pipes hold 64 KiB.
_READ_BYTES = 256 * 1024


async def read_all(descriptor: int, feed: Callable[[bytes], None]) -> None:
    """Call `feed` with each piece that comes, in the event loop's thread; returns at the end of the input.

    What `feed` raises ends the reading and is raised here.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def take(data: bytes) -> None:
        if ended.done():
            return
        if not data:
            ended.set_result(None)
            return
        try:
            feed(data)
        except Exception as error:
            ended.set_exception(error)

    def readable() -> None:
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        take(data)

    try:
        loop.add_reader(descriptor, readable)
    except (NotImplementedError, OSError, ValueError):
        # Windows, or standard input is a file.
        threading.Thread(target=_read_in_thread, args=(descriptor, loop, take), daemon=True).start()
        await ended
        return
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)


def _read_in_thread(descriptor: int, loop: asyncio.AbstractEventLoop, take: Callable[[bytes], None]) -> None:
    data = b" "
    while data:
        try:
            data = os.read(descriptor, _READ_BYTES)
        except OSError:
            data = b""
        try:
            loop.call_soon_threadsafe(take, data)
        except RuntimeError:
            return  # the loop is closed: nobody listens any more

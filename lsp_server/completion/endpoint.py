"""An OpenAI-compatible endpoint over HTTP: one request, one text, within a time limit.

The only file that needs httpx, which takes as long to import as the rest of the recorder: so it is imported
where an `Endpoint` is made, off the event loop. No redirect is followed, because a prompt and a key are for
the address that the user wrote down; nothing compressed is taken, so that no small answer becomes large.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING

from lsp_server.completion.context import Context
from lsp_server.completion.prompt import WrongAnswer, body_of, path_of, piece_of
from lsp_server.completion.settings import CompletionSettings
from lsp_server.completion.stream import ANSWER_BYTES_MAX, Stream, decoded
from pairlog import __version__

if TYPE_CHECKING:
    import httpx

_ERROR_BYTES_MAX = 4096
_ERROR_CHARS_MAX = 160


class EndpointError(Exception):
    """Why there is no answer, in words for people."""


class Endpoint:
    """Takes about 0.1 s to make, and may be made in any thread; is asked in one event loop."""

    def __init__(self, settings: CompletionSettings) -> None:
        import httpx

        self._settings = settings
        self._address = settings.url + path_of(settings)
        headers = {"Accept-Encoding": "identity", "User-Agent": f"pairlog/{__version__}"}
        if settings.key is not None:
            headers["Authorization"] = f"Bearer {settings.key}"
        # What the environment says of proxies is for other machines; whom to trust is this system's word.
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=None,
            follow_redirects=False,
            trust_env=not settings.is_local,
            verify=ssl.create_default_context(),
        )
        self._failures = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)

    async def ask(self, model: str, context: Context) -> str:
        """What the model writes at the cursor, as it comes. Raises EndpointError."""
        seconds = self._settings.timeout_ms / 1000
        try:
            return await asyncio.wait_for(self._ask(model, context), seconds)
        except (asyncio.TimeoutError, TimeoutError):
            raise EndpointError(f"no whole answer within {seconds:g} s") from None
        except WrongAnswer as error:
            raise EndpointError(str(error)) from None
        except self._failures as error:
            raise EndpointError(str(error) or type(error).__name__) from None

    async def _ask(self, model: str, context: Context) -> str:
        body = body_of(self._settings, model, context)
        async with self._client.stream("POST", self._address, json=body) as answer:
            if answer.status_code != 200:
                raise EndpointError(await _refusal(answer))
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise WrongAnswer("a compressed answer, which was not asked for")
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                return await _streamed(answer)
            if kind == "application/json":
                return piece_of(decoded(await _whole(answer, ANSWER_BYTES_MAX)))
            raise WrongAnswer(f"an answer of the type {kind[:40] or 'unknown'}")


async def _streamed(answer: httpx.Response) -> str:
    stream = Stream()
    async for data in answer.aiter_raw():
        await _others_turn()
        stream.feed(data)
        if stream.is_done:
            return stream.text
    stream.end()
    return stream.text


async def _whole(answer: httpx.Response, bytes_max: int) -> bytes:
    found = []
    size = 0
    async for data in answer.aiter_raw():
        await _others_turn()
        found.append(data)
        size += len(data)
        if size > bytes_max:
            raise WrongAnswer(f"an answer of more than {bytes_max} bytes")
    return b"".join(found)


async def _others_turn() -> None:
    """Keys, and the time limit, come between two pieces also where thousands of them came in one read."""
    await asyncio.sleep(0)


async def _refusal(answer: httpx.Response) -> str:
    """The status, and what the endpoint says of it where that is the protocol's JSON."""
    if answer.is_redirect:
        return f"it answers {answer.status_code}, a redirect, which is not followed"
    said = ""
    try:
        told = json.loads(await _whole(answer, _ERROR_BYTES_MAX))
        error = told.get("error", told) if isinstance(told, dict) else None
        message = error.get("message") if isinstance(error, dict) else error
        if isinstance(message, str):
            said = "".join(it if it.isprintable() else " " for it in message[:_ERROR_CHARS_MAX])
    except (ValueError, RecursionError, WrongAnswer):
        pass
    return f"it answers {answer.status_code}" + (f": {said}" if said else "")

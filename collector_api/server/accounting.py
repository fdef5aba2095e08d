"""Every request gets an id and is counted; one that was refused, failed or late leaves a line in the log."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from time import monotonic
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector_api.metrics import Metrics
from collector_api.problems import Broken, NoStorage, Problem
from collector_api.routes.rendering import rendered

_log = logging.getLogger(__name__)

#: An id that a proxy or a client gave is kept where it is harmless in a header and in a log.
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
_SLOW_S = 1.0


class Accounting:
    """Stands around an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a fault in it is answered here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        # Random enough to find a line of a log by; the kernel's own would be a system call more.
        ident = given if _ID.fullmatch(given) else f"{random.getrandbits(64):016x}"
        state: dict[str, Any] = {"request_id": ident}
        scope["state"] = state
        begun = monotonic()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._account(scope, state, status, monotonic() - begun)
                message = {**message, "headers": [*message["headers"], (b"x-request-id", ident.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except asyncio.CancelledError:
            # The server ends, and does not wait for this any more.
            if status:
                raise
            problem = NoStorage("the collector ends")
            state["problem"] = problem
            await rendered(problem, ident)(scope, receive, send_with_id)
        except Exception:
            _log.exception("a request failed", extra={"fields": _facts(scope, state)})
            if status:
                # The answer has begun: only a connection that breaks tells that it is not whole.
                raise
            broken = Broken("the collector failed at this request; its log says where, by the id of it")
            state["problem"] = broken
            await rendered(broken, ident)(scope, receive, send_with_id)

    def _account(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
        facts = _facts(scope, state)
        self._metrics.answered(facts["method"], facts["route"], status, seconds)
        problem = state.get("problem")
        if problem is not None:
            self._metrics.refused(problem.code, str(problem.members.get("limit", "")))
            facts["code"] = problem.code
            if isinstance(problem, NoStorage):
                facts["reason"] = problem.reason
        if status >= 400 or seconds > _SLOW_S:
            level = logging.INFO if status < 500 else logging.WARNING
            what = "answered late" if status < 400 else "refused" if status < 500 else "failed"
            said = {**facts, "status": status, "ms": round(seconds * 1000)}
            _log.log(level, what, extra={"fields": said})


def refused_unread(metrics: Metrics, problem: Problem, ident: str, status: int) -> None:
    """Account for what was refused before it was known as a request."""
    facts = {"request": ident, "method": "other", "route": "none", "code": problem.code, "status": status}
    metrics.answered("other", "none", status, 0)
    metrics.refused(problem.code, str(problem.members.get("limit", "")))
    _log.info("refused", extra={"fields": facts})


def _facts(scope: Scope, state: dict[str, Any]) -> dict[str, Any]:
    """What may be told of a request: no address, which may hold a key, and no name."""
    facts: dict[str, Any] = {
        "request": state["request_id"],
        "method": scope["method"] if scope["method"] in _METHODS else "other",
        "route": state.get("route", "none"),
    }
    if state.get("session"):
        facts["session"] = state["session"]
    if state.get("principal"):
        facts["contributor"] = state["principal"].contributor
    return facts

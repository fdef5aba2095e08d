"""The application: routes, the door before them, and every error as a problem document."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from collector_api.arriving.arrivals import Arrivals
from collector_api.arriving.in_flight import InFlight
from collector_api.arriving.opening import Opener
from collector_api.arriving.turns import Turns
from collector_api.door.auth import Doorkeeper, admitted
from collector_api.door.reads import Reads
from collector_api.limits import Limits, Pace
from collector_api.metrics import Metrics
from collector_api.pages.pages import add_pages, problem_page, wants_page
from collector_api.problems import BadRequest, NoPath, Problem
from collector_api.routes import (
    blobs,
    contributors,
    frames,
    health,
    live,
    reads,
    redactions,
    sessions,
    studies,
    tombstones,
)
from collector_api.routes.description import describe
from collector_api.routes.readiness import Readiness
from collector_api.routes.rendering import rendered
from collector_api.server.accounting import Accounting
from collector_api.server.headers import SafeHeaders
from collector_api.store import Store
from pairlog import __version__


def create_app(store: Store, limits: Limits | None = None) -> FastAPI:
    """The collector over a store; whoever opened the store closes it."""
    limits = limits or Limits()
    app = FastAPI(
        title="Pairlog collector",
        version=__version__,
        # The pages of documentation would load scripts from elsewhere; `/openapi.json` stays.
        docs_url=None,
        redoc_url=None,
        dependencies=[admitted],
    )
    app.state.store = store
    app.state.reads = Reads(store)
    app.state.limits = limits
    pace = Pace("requests_per_second_max", limits.requests_per_second_max, limits.requests_burst_max)
    doors = Pace(
        "address_requests_per_second_max",
        limits.address_requests_per_second_max,
        limits.address_requests_burst_max,
    )
    app.state.doorkeeper = Doorkeeper(store, pace, doors)
    app.state.readiness = Readiness(store)
    app.state.in_flight = InFlight(limits)
    app.state.answers = InFlight(limits, "answers")
    app.state.forgetting = Turns("forgets_max", limits.forgets_max)
    app.state.redacting = asyncio.Lock()
    app.state.exporting = Turns("exports_max", limits.exports_max)
    app.state.opener = Opener(limits, pace)
    arrivals = Arrivals(store, limits)
    app.state.arrivals = arrivals
    app.state.metrics = Metrics(
        lambda: arrivals.waiting + store.waiting, lambda: store.bell.watchers, lambda: store.stale_files
    )
    app.add_middleware(Accounting, metrics=app.state.metrics)
    app.add_middleware(SafeHeaders)
    frames.add_post_frame(app)
    add_pages(app)
    for module in (
        frames,
        redactions,
        live,
        sessions,
        blobs,
        contributors,
        tombstones,
        reads,
        studies,
        health,
    ):
        app.include_router(module.router)
    described: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not described:
            described.update(describe(app))
        return described

    app.openapi = openapi  # type: ignore[method-assign]
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http)
    return app


def _render(request: Request, problem: Problem) -> Response:
    request.state.problem = problem
    if wants_page(request):
        return problem_page(problem)
    return rendered(problem, request.state.request_id)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _render(request, error)


async def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = " ".join(str(part) for part in first["loc"])
    return _render(request, BadRequest(f"{where}: {first['msg']}"))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _render(request, NoPath(error.status_code, f"{request.method} {request.url.path}: {error.detail}"))

"""The application: routes, the door before them, and every error as a problem document."""

from __future__ import annotations

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from collector_api.auth import Doorkeeper, admitted
from collector_api.browser import Browser
from collector_api.headers import SafeHeaders
from collector_api.limits import Limits, Pace
from collector_api.pages import add_pages, problem_page, wants_page
from collector_api.problems import BadRequest, Broken, NoPath, Problem
from collector_api.routes import blobs, contributors, frames, health, live, redactions, sessions, tombstones
from collector_api.store import Store
from pairlog import __version__


def create_app(store: Store, browser: Browser | None = None, limits: Limits | None = None) -> FastAPI:
    """The collector over a store; whoever opened the store closes it."""
    limits = limits or Limits()
    browser = browser or Browser()
    app = FastAPI(
        title="Pairlog collector",
        version=__version__,
        # The pages of documentation would load scripts from elsewhere; `/openapi.json` stays.
        docs_url=None,
        redoc_url=None,
        dependencies=[admitted],
    )
    app.state.store = store
    app.state.limits = limits
    app.state.browser = browser
    app.state.doorkeeper = Doorkeeper(store, browser, Pace(limits))
    app.add_middleware(SafeHeaders)
    add_pages(app)
    for module in (frames, redactions, live, sessions, blobs, contributors, tombstones, health):
        app.include_router(module.router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    return app


def _render(request: Request, problem: Problem) -> Response:
    if wants_page(request):
        return problem_page(problem)
    headers = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        orjson.dumps(problem.body()), problem.status, headers, media_type="application/problem+json"
    )


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


async def _fault(request: Request, error: Exception) -> Response:
    return _render(request, Broken("the collector failed at this request; its log says where"))

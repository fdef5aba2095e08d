"""A problem as the answer to a program: `application/problem+json`."""

from __future__ import annotations

import json

from starlette.responses import Response

from collector_api.problems import Problem


def rendered(problem: Problem, request_id: str) -> Response:
    """The answer, with the id of the request in it, by which the log can be searched."""
    headers = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    # Whatever somebody sent, a number of any size or half a surrogate pair, can be written by this encoder.
    body = json.dumps({**problem.body(), "request": request_id}).encode()
    return Response(body, problem.status, headers, media_type="application/problem+json")

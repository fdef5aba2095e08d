"""A route without a framework's help, for the address that every few keys come to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from collector_api.door.auth import admit


class PlainRoute(APIRoute):
    """Described like any other; its endpoint is called with the request alone.

    To work out what an endpoint depends on takes longer for each request than to decode a frame.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint, behind the door that every route has."""
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            await admit(request)
            answer: Response = await endpoint(request, **request.path_params)
            return answer

        return handle

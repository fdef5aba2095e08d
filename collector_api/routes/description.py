"""The description of the API, `/openapi.json`: every route with its door and the form of its refusals."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from collector_api.door.access import ACCESS
from collector_api.routes.answers import ProblemAnswer

_REFUSAL = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}
_REFUSALS = {
    "4XX": {"description": "Refused: `code` says why, `detail` what to do", "content": _REFUSAL},
    "5XX": {"description": "No room, no storage, or a fault: send it again later", "content": _REFUSAL},
}
#: What the framework says of refusals, and is not how this application refuses.
_NOT_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """The description as a JSON object."""
    told = get_openapi(title=app.title, version=app.version, routes=app.routes)
    parts = told.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas["ProblemAnswer"] = ProblemAnswer.model_json_schema()
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            access = ACCESS[method.upper(), path]
            operation["security"] = [] if access.door == "open" else [{"token": []}]
            if access.roles:
                operation["x-roles"] = sorted(access.roles)
            operation["responses"].pop("422", None)
            operation["responses"] |= _REFUSALS
    return told

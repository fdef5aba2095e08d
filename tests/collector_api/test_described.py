"""Requests made from the description of the API, thrown at every route: the answers are as it says."""

from __future__ import annotations

import gzip
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.collector_api.driver import SESSION, Collector, session_lines


@schemathesis.serializer("application/gzip")
def _packed(context: schemathesis.SerializationContext, value: Any) -> Any:
    """A body that is made up, as it is or as the content of a gzip member."""
    data = value if isinstance(value, bytes) else getattr(value, "data", str(value).encode())
    return data if len(data) % 2 else gzip.compress(data)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
#: For each route; all of them take a few seconds.
EXAMPLES = 8


def test_every_answer_is_as_described_and_none_is_a_fault(collector: Collector) -> None:
    collector.send(collector.token("mine"), session_lines())
    api = schemathesis.openapi.from_asgi("/openapi.json", collector.app)
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) == 23
    for operation in operations:
        # One of them erases whoever asks.
        _throw(operation, collector.token("root", "admin"))


def _throw(operation: schemathesis.APIOperation, token: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        if "session" in case.path_parameters:
            # Of one that is not here there is nothing to ask.
            case.path_parameters["session"] = SESSION
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    ask()

"""What the routes answer and take, as the description of the API shows it; with an example of each.

The routes write their answers themselves: nothing here is on the way of a frame.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_SESSION = "0193f5a0-1c00-7000-8000-0000000000aa"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_AT = "2026-11-01T09:00:00.000Z"
_ROW: dict[str, Any] = {
    "session": _SESSION,
    "project": "6c1b8a2e",
    "contributor": "mine",
    "editor": "Neovim 0.7.2",
    "started_at": _AT,
    "ended_at": "2026-11-01T09:25:13.220Z",
    "events": 1841,
    "last_seq": 1840,
    "complete": True,
    "verified": True,
    "use": "research",
    "consent": "content",
    "revision": 0,
    "languages": ["python"],
    "has_tests": True,
    "has_completions": False,
    "study": "pairs-1",
    "condition": "without",
}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class ProblemAnswer(BaseModel):
    """A refusal: `code` is the word that programs go by, `request` the id that the log knows it by.

    What else a code brings (`seq`, `expected`, `limit`, `max`, `reason`, `sha256`) stands beside them.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Lines are missing",
                    "status": 409,
                    "detail": "the next line must have seq 41; send from there",
                    "code": "hole",
                    "expected": 41,
                    "request": "5f0c9a7be1d24c03",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    request: str


class AckedAnswer(BaseModel):
    """The last seq that is stored, once it is durable."""

    model_config = _example(acked=40)

    acked: int


class RevisionAnswer(BaseModel):
    """The revision that a redaction led to."""

    model_config = _example(revision=1)

    revision: int


class ForgottenAnswer(RevisionAnswer):
    """The revision that a forget led to, and the last seq that is stored."""

    model_config = _example(revision=1, acked=40)

    acked: int


class SessionAnswer(BaseModel):
    """A row of `pairlog sessions --json`."""

    model_config = _example(**_ROW)

    session: str
    project: str | None
    contributor: str | None
    editor: str
    started_at: str
    ended_at: str | None
    events: int
    last_seq: int
    complete: bool
    verified: bool | None
    use: str
    consent: str
    revision: int
    languages: list[str]
    has_tests: bool
    has_completions: bool
    study: str | None
    condition: str | None


class OneSessionAnswer(SessionAnswer):
    """A row, and the last seq that is stored as `acked`."""

    model_config = _example(**_ROW, acked=1840)

    acked: int


class SessionsAnswer(BaseModel):
    """Rows in the order of their last change; `next` is the `changed_after` that shows what follows."""

    model_config = _example(sessions=[_ROW], next=1207)

    sessions: list[SessionAnswer]
    next: int | None


class BlobAnswer(BaseModel):
    """The name of a content."""

    model_config = _example(sha256=_SHA256)

    sha256: str


class TombstoneAnswer(BaseModel):
    """A session that was erased, or with `from` and `through` those of its lines that were forgotten."""

    id: int
    session: str
    at: str
    first: int | None = Field(alias="from")
    through: int | None


class TombstonesAnswer(BaseModel):
    """What was erased, in the order in which it was."""

    model_config = _example(
        tombstones=[{"id": 7, "session": _SESSION, "at": _AT, "from": None, "through": None}]
    )

    tombstones: list[TombstoneAnswer]


class ReadAnswer(BaseModel):
    """Somebody read a session, for the first time on a day."""

    id: int
    session: str
    reader: str
    role: str
    at: str


class ReadsAnswer(BaseModel):
    """Readings, in the order in which they happened."""

    model_config = _example(
        reads=[{"id": 3, "session": _SESSION, "reader": "reader", "role": "researcher", "at": _AT}]
    )

    reads: list[ReadAnswer]


class NewStudy(BaseModel):
    """A study to begin."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"study": "pairs-1", "conditions": ["with", "without"]}]},
    )

    study: str = Field(max_length=64)
    conditions: list[str] = Field(max_length=16)


class AssignmentAnswer(BaseModel):
    """A study, and the caller's condition in it."""

    model_config = _example(study="pairs-1", condition="without")

    study: str
    condition: str | None


class StudyAnswer(AssignmentAnswer):
    """A study, with the number of its members."""

    conditions: list[str]
    members: int
    created_at: str


class StudiesAnswer(BaseModel):
    """All studies, by name."""

    model_config = _example(
        studies=[
            {
                "study": "pairs-1",
                "conditions": ["with", "without"],
                "members": 24,
                "condition": "without",
                "created_at": _AT,
            }
        ]
    )

    studies: list[StudyAnswer]


class MemberAnswer(BaseModel):
    """Somebody in a study, in their condition; `left_at` where they left."""

    contributor: str
    condition: str
    joined_at: str
    left_at: str | None


class MembersAnswer(BaseModel):
    """Who is and was in a study."""

    model_config = _example(
        members=[{"contributor": "mine", "condition": "without", "joined_at": _AT, "left_at": None}]
    )

    members: list[MemberAnswer]


class HealthAnswer(BaseModel):
    """`ok`, or `ready`."""

    model_config = _example(status="ok")

    status: str


class ReadyAnswer(HealthAnswer):
    """`ready`, and how many jobs waited to be written before."""

    model_config = _example(status="ready", waiting=0)

    waiting: int


def binary(media_type: str, description: str) -> dict[str, Any]:
    """A body that is bytes, for `openapi_extra`."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


def given(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """An answer that is bytes or text, for `responses`."""
    return _given(media_type, description, {"type": "string"})


def events(*names: str) -> dict[int | str, dict[str, Any]]:
    """An answer of server-sent events; before OpenAPI 3.2 the schema of such a stream is that of an event."""
    schema = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"enum": names}, "id": {"type": "string"}, "data": {"type": "string"}},
    }
    return _given("text/event-stream", "events as they come, `data` of each a JSON object", schema)


def _given(media_type: str, description: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


def body(example: dict[str, Any], *required: str) -> dict[str, Any]:
    """A JSON object that a route reads by itself, for `openapi_extra`."""
    schema = {"type": "object", "required": list(required)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}

"""The one table of who may call what. A route that is not in it answers nobody.

Whose session it is, and what its `use` allows, is asked where the session is read (`sessions.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from collector_api.rows.tokens import Role

#: `bearer`: a token in the request. `page`: a token, or the browser's cookie. `open`: anybody.
Door = Literal["bearer", "page", "open"]


@dataclass(frozen=True)
class Access:
    """The door of a route, and the roles that may pass it."""

    door: Door
    roles: frozenset[Role] = frozenset()


_EVERYONE = frozenset[Role]({"contributor", "researcher", "admin"})
_WRITERS = frozenset[Role]({"contributor", "admin"})

_READ = Access("bearer", _EVERYONE)
_WRITE = Access("bearer", _WRITERS)
_ADMIN = Access("bearer", frozenset[Role]({"admin"}))
_PAGE = Access("page", _EVERYONE)
_OPEN = Access("open")

ACCESS: dict[tuple[str, str], Access] = {
    ("POST", "/v1/sessions/{session}/frames"): _WRITE,
    ("GET", "/v1/sessions/{session}/frames"): _READ,
    ("POST", "/v1/sessions/{session}/redactions"): _WRITE,
    ("POST", "/v1/sessions/{session}/forget"): _WRITE,
    ("GET", "/v1/sessions/{session}/live"): _READ,
    ("GET", "/v1/sessions/{session}"): _READ,
    ("DELETE", "/v1/sessions/{session}"): _WRITE,
    ("GET", "/v1/sessions"): _READ,
    ("PUT", "/v1/blobs/{sha256}"): _WRITE,
    ("GET", "/v1/blobs/{sha256}"): _READ,
    ("GET", "/v1/tombstones"): _READ,
    ("GET", "/v1/contributors/me/reads"): _READ,
    ("GET", "/v1/reads"): _ADMIN,
    ("GET", "/v1/studies"): _READ,
    ("POST", "/v1/studies"): _ADMIN,
    ("GET", "/v1/studies/{study}/members"): _ADMIN,
    ("PUT", "/v1/studies/{study}/members/me"): _WRITE,
    ("DELETE", "/v1/studies/{study}/members/me"): _WRITE,
    ("GET", "/v1/contributors/me/export"): _READ,
    ("DELETE", "/v1/contributors/me"): _WRITE,
    ("GET", "/healthz"): _OPEN,
    ("GET", "/readyz"): _OPEN,
    ("GET", "/metrics"): _OPEN,
    ("GET", "/openapi.json"): _OPEN,
    ("GET", "/static"): _OPEN,
    ("GET", "/"): _PAGE,
    ("GET", "/sessions/{session}"): _PAGE,
    ("GET", "/sessions/{session}/documents/{doc}"): _PAGE,
    ("GET", "/enter"): _OPEN,
    ("POST", "/enter"): _OPEN,
    ("POST", "/leave"): _OPEN,
}

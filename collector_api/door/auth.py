"""Who asks, and whether the table of access lets them: the one dependency of every route."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from collector_api.door import browser
from collector_api.door.access import ACCESS, Access
from collector_api.door.browser import COOKIE
from collector_api.limits import Pace
from collector_api.problems import BadRequest, BadToken, ForeignForm, NoPath, Problem, WrongRole
from collector_api.rows import tokens
from collector_api.rows.tokens import Principal
from collector_api.store import Store
from pairlog.ids import is_session

#: How long a revoked token may still be taken.
_FRESH_S = 1.0
#: How often `last used` is written.
_TOUCH_S = 60.0
_KNOWN_MAX = 10_000


class Doorkeeper:
    """Knows the tokens of a store, and the cookies given out for them."""

    def __init__(self, store: Store, pace: Pace, doors: Pace, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._pace = pace
        #: By address, for those who say nothing that is known.
        self._doors = doors
        self._clock = clock
        self._known: dict[str, tuple[Principal, float]] = {}
        self._touched: dict[int, float] = {}

    async def admit(self, request: Request) -> Principal | None:
        """Who asks; None at an open door. Raises NoPath, BadRequest, BadToken, WrongRole or TooFast."""
        access = _access(request)
        _check_address(request)
        if access.door != "bearer" and request.method not in ("GET", "HEAD"):
            _check_origin(request)
        if access.door == "open":
            self._doors.take(_came_from(request))
            return None
        principal = await self.bearer(request, request.headers.get("authorization", ""))
        if principal is None and access.door == "page" and COOKIE in request.cookies:
            principal = await self._looked_up(request, self._who, request.cookies[COOKIE])
        if principal is None:
            raise BadToken("this needs a token in force: send `Authorization: Bearer TOKEN`")
        if principal.role not in access.roles:
            raise WrongRole(f"a token with the role {principal.role} may not do this")
        self._pace.take(principal.token)
        return principal

    async def bearer(self, request: Request, header: str) -> Principal | None:
        """Whose token an Authorization header carries; None for none in force. Raises TooFast."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        moment = self._clock()
        principal, until = self._known.get(token, (None, 0.0))
        if principal is None or moment >= until:
            if principal is None:
                principal = await self._looked_up(request, self._find, token)
            else:
                principal = await run_in_threadpool(self._find, token)
            if principal is None:
                self._known.pop(token, None)
                return None
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[token] = (principal, moment + _FRESH_S)
        self._note_use(principal.token, moment)
        return principal

    async def _looked_up(
        self, request: Request, find: Callable[[str], Principal | None], secret: str
    ) -> Principal | None:
        """Who has a secret that may be anybody's guess; each one that is wrong counts to its address."""
        address = _came_from(request)
        self._doors.check(address)
        principal = await run_in_threadpool(find, secret)
        if principal is None:
            self._doors.charge(address, 1)
        return principal

    def _who(self, cookie: str) -> Principal | None:
        with self._store.reading() as connection:
            return browser.who(connection, cookie)

    def _find(self, token: str) -> Principal | None:
        with self._store.reading() as connection:
            return tokens.find(connection, token)

    def _note_use(self, token: int, moment: float) -> None:
        if moment - self._touched.get(token, float("-inf")) < _TOUCH_S:
            return
        self._touched[token] = moment
        try:
            self._store.write(lambda connection: tokens.touch(connection, token))
        except Problem:
            # When a token was last used is nothing to refuse a request for.
            del self._touched[token]


async def admit(request: Request) -> Principal | None:
    """Who asks, noted with the request; None at an open door. Raises BadToken, WrongRole or TooFast."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    session = request.path_params.get("session", "")
    request.state.session = session if is_session(session) else None
    request.state.principal = None
    request.state.principal = await doorkeeper.admit(request)
    principal: Principal | None = request.state.principal
    return principal


async def caller_of(request: Request) -> Principal:
    """Who was admitted with this request. Raises BadToken where nobody was asked for."""
    principal: Principal | None = request.state.principal
    if principal is None:
        raise BadToken("this address needs a token")
    return principal


#: Stands before every route of the application.
admitted = Depends(admit)

#: Who asks, for the routes that need to know.
Caller = Annotated[Principal, Depends(caller_of)]


def _came_from(request: Request) -> str:
    """The address that a request came from, as a trusted proxy tells it."""
    return "" if request.client is None else request.client.host


def _check_address(request: Request) -> None:
    """Raises NoPath or BadRequest for an address with a NUL in it: PostgreSQL could not even look for it."""
    if "\0" in request.scope["path"]:
        raise NoPath(404, "the address holds a NUL character (%00), which stands in no name")
    if b"%00" in request.scope["query_string"]:
        raise BadRequest("a parameter holds a NUL character (%00), which stands in no name; leave it out")


def _check_origin(request: Request) -> None:
    """A form that changes something is sent by our own page alone. Raises ForeignForm.

    A browser says where a form comes from; who is no browser says nothing, and has no cookie to be misused.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site not in ("same-origin", "none") or (origin is not None and origin != own):
        raise ForeignForm(
            "this form was sent by another site; open the collector's own page and send it there"
        )


def _access(request: Request) -> Access:
    template = getattr(request.scope.get("route"), "path", None)
    access = ACCESS.get((request.method, str(template)))
    request.state.route = str(template)
    if access is None:
        raise WrongRole(f"{request.method} {request.url.path} is open to nobody")
    return access

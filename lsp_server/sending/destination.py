"""Where a session goes: its own route, or that of the settings, with a token that its collector takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lsp_server.home.layout import Route, SessionFiles, tokens_in
from pairlog.home import Home


class Destination:
    """Keeps the route until it is looked up anew."""

    def __init__(self, home: Home, files: SessionFiles, defaults: Callable[[], Route]) -> None:
        """`defaults` gives the route of the settings as they are now."""
        self._home = home
        self._files = files
        self._defaults = defaults
        self._known: Route | None = None
        self._refused_tokens: set[str | None] = set()

    def route(self) -> Route:
        """Where the lines go; without a collector where none is set."""
        if self._known is None:
            own = self._files.read_route()
            route = own if own.collector is not None else self._defaults()
            self._known = self._with_another_token(route)
        return self._known

    def look_up_anew(self) -> None:
        """Something went wrong on the way there, and somebody may have mended the route since."""
        self._known = None

    def refuse_token(self) -> None:
        """The collector does not take the token of this route."""
        self._refused_tokens.add(self.route().token)

    def _with_another_token(self, route: Route) -> Route:
        """The route with a token that was set since its own was refused by this collector, if any was."""
        if route.collector is None or route.token not in self._refused_tokens:
            return route
        defaults = self._defaults()
        tokens = [defaults.token] if defaults.collector in (None, route.collector) else []
        for token in (*tokens, *tokens_in(self._home, route.collector)):
            if token and token not in self._refused_tokens:
                return replace(route, token=token)
        # All were refused: begin again, for a collector can learn a token.
        self._refused_tokens.clear()
        return route

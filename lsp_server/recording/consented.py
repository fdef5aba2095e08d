"""Whether, and at which level, a client's folder may be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lsp_server.home.settings import Settings
from pairlog.address import is_safe
from pairlog.consent import Consented, lowest, stored
from pairlog.errors import UserError


@dataclass(frozen=True)
class Permission:
    """The choice that holds; without one, `why` says in a line why nothing is recorded.

    `is_fault` is false where that is what somebody chose, so that nobody needs to be told; `refusal` is their
    choice of the level `off`.
    """

    consent: Consented | None
    why: str = ""
    is_fault: bool = False
    refusal: Consented | None = None


class ConsentWatch:
    """Hears a choice made with `pairlog consent` while a recording runs."""

    def __init__(self, settings: Settings, root: Path) -> None:
        self._settings = settings
        self._root = root
        #: Made once: it is looked at every second.
        self._file = settings.home.consent
        self._seen = self._stamp()

    def heard(self) -> Permission | None:
        """What may be recorded from now on; None where nobody chose anything since the last call."""
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        return permission(self._settings, self._root)

    def choose(self, settings: Settings) -> None:
        """The client's own choice is another one from now on."""
        self._settings = settings
        self._seen = -1

    def _stamp(self) -> int:
        try:
            return self._file.stat().st_mtime_ns
        except OSError:
            return 0


def permission(settings: Settings, root: Path | None) -> Permission:
    """What may be recorded in the folder `root`."""
    if root is None:
        return Permission(None, "no folder is open; consent is given per folder")
    try:
        choice = lowest(settings.consent, stored(settings.home, root))
    except UserError as error:
        return Permission(None, str(error), is_fault=True)
    if choice is None:
        return Permission(None, "no consent for this folder; `pairlog consent` gives it")
    if choice.level == "off":
        return Permission(None, "recording is switched off for this folder", refusal=choice)
    if settings.collector is not None and not is_safe(settings.collector):
        return Permission(
            None,
            "a collector on another machine needs an address that begins with https://, so nothing is "
            "recorded; change the collector's address",
            is_fault=True,
        )
    return Permission(choice)

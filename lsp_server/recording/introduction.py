"""The first line of a session: who is recorded, where, and on whose word."""

from __future__ import annotations

from typing import Literal, NamedTuple

from lsp_server.workspace.git import Facts
from pairlog import WIRE, __version__
from pairlog.consent import Consented
from pairlog.events import PositionEncoding, Session


class Client(NamedTuple):
    """Who is recorded: the editor's name and version, and how it counts columns."""

    name: str
    version: str
    encoding: PositionEncoding


class Introduction(NamedTuple):
    """What the headers of all sessions of a recording have in common; `workspace` is a keyed hash."""

    client: Client
    clock: Literal["recorder", "client"]
    workspace: str

    def header(
        self, session: str, started_at: str, facts: Facts, consent: Consented, previous: str | None
    ) -> Session:
        """The header of a session; `previous` is the one that it continues."""
        if consent.level == "off":
            raise RuntimeError("a session begins on somebody's word")
        return Session(
            seq=0,
            t=0,
            wire=WIRE,
            session=session,
            started_at=started_at,
            editor={"name": self.client.name, "version": self.client.version},
            recorder={"name": "pairlog", "version": __version__},
            position_encoding=self.client.encoding,
            clock=self.clock,
            workspace=self.workspace,
            project=facts.project,
            remote=facts.remote,
            head=facts.head,
            branch=facts.branch,
            previous=previous,
            causes="inferred",
            consent=consent.level,
            use=consent.use,
            policy=consent.policy,
        )

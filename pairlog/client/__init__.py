"""The client of a collector, for programs: `Client(address, token)`."""

from __future__ import annotations

from pairlog.client.client import Client
from pairlog.client.errors import CollectorError
from pairlog.client.live import Forgotten, Line, Redaction, Told
from pairlog.client.rows import Study, Tombstone
from pairlog.source.wanted import Wanted

__all__ = [
    "Client",
    "CollectorError",
    "Forgotten",
    "Line",
    "Redaction",
    "Study",
    "Told",
    "Tombstone",
    "Wanted",
]

"""Contents that no line names: one whose session was erased before its lines came goes after a day."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic

from sqlalchemy import Connection, exists, select
from sqlmodel import col

from collector_api import blobs, ledger
from collector_api.archive import Database
from collector_api.tables import Blob, Named

#: A sender that was held up for longer is told that they are missing, and sends them again.
KEPT_S = 24 * 3_600.0
#: How often it looks.
EVERY_S = 3_600.0

_UNNAMED = select(col(Blob.contributor_id), col(Blob.sha256)).where(
    ~exists().where(
        col(Named.contributor_id) == col(Blob.contributor_id), col(Named.sha256) == col(Blob.sha256)
    )
)


class Unnamed:
    """Remembers since when contents are without a name; one that is begun anew gives them another day."""

    def __init__(self, store: Database, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._next = float("-inf")
        self._since: dict[tuple[int, str], float] = {}

    def drop(self) -> int:
        """Delete those that were without a name at each look of a day; returns their bytes."""
        moment = self._clock()
        if moment < self._next:
            return 0
        self._next = moment + EVERY_S
        with self._store.reading() as connection:
            found = [(contributor, sha256) for contributor, sha256 in connection.execute(_UNNAMED)]
        self._since = {it: self._since.get(it, moment) for it in found}
        old: dict[int, set[str]] = {}
        for (contributor, sha256), since in self._since.items():
            if moment - since >= KEPT_S:
                old.setdefault(contributor, set()).add(sha256)
        return sum(self._store.written(partial(_drop, contributor=it, digests=old[it])) for it in old)


def _drop(connection: Connection, contributor: int, digests: set[str]) -> int:
    return blobs.give_back(connection, contributor, digests - ledger.promised(connection, contributor))

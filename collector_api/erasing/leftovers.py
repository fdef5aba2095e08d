"""Contents that no line names: they came before a line that did not, or its session went first."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlmodel import col

from collector_api.database.tables import Blob, Named, RedactionRow
from collector_api.limits import Limits
from collector_api.lines.redactions import SEQ_MAX, read_redaction
from collector_api.rows import blobs
from collector_api.rows.archive import Database
from pairlog.moment import write

#: How long a content waits for its line; a sender that is asked for it brings it again.
KEPT_FOR = timedelta(days=1)
#: How many are dropped in one commit: whoever writes waits for it.
_AT_ONCE = 100
_ANY = Limits(redaction_spans_max=2**62)


def drop(store: Database, moment: datetime) -> int:
    """Drop the contents that no line named within a day before `moment`; returns how many.

    Those that take the place of others in lines that are still to come stay.
    """
    before = write(moment - KEPT_FOR)
    with store.reading() as connection:
        unnamed = _unnamed(connection)
    dropped = 0
    for contributor, digests in unnamed.items():
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            dropped += store.written(lambda connection: _drop(connection, contributor, some, before))  # noqa: B023
    return dropped


def _unnamed(connection: Connection) -> dict[int, list[str]]:
    # Indexes alone tell: no content is read.
    every = select(col(Blob.contributor_id), col(Blob.sha256))
    found: dict[int, list[str]] = defaultdict(list)
    for contributor, sha256 in connection.execute(
        every.except_(select(col(Named.contributor_id), col(Named.sha256)))
    ):
        found[contributor].append(sha256)
    return found


def _drop(connection: Connection, contributor: int, digests: list[str], before: str) -> int:
    """Drop those of these that are still as old; one may have come again meanwhile."""
    mine = (col(Blob.contributor_id) == contributor, col(Blob.created_at) < before)
    still = select(col(Blob.sha256)).where(*mine, col(Blob.sha256).in_(digests))
    going = set(connection.execute(still).scalars()) - _expected(connection, contributor)
    blobs.give_back(connection, contributor, going)
    return len(going)


def _expected(connection: Connection, contributor: int) -> set[str]:
    """The contents that lines of this contributor get in the place of others."""
    question = select(col(RedactionRow.body)).where(
        col(RedactionRow.contributor_id) == contributor,
        col(RedactionRow.kind) == "redaction",
        # One that replaces contents reaches any line.
        col(RedactionRow.through) == SEQ_MAX,
    )
    bodies = connection.execute(question).scalars()
    return {new for body in bodies for _, new in read_redaction(body, _ANY).blobs}

"""Nothing of what was masked is left in the files of a store."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest

from collector_api.database.database import database_at
from collector_api.erasing.redacting import redact
from collector_api.lines.redactions import Redaction
from collector_api.store import Store
from pairlog.masking import Span
from tests.collector_api.driver import SESSION, SMALL, Collector, on_sqlite
from tests.collector_api.secret import (
    SAVES,
    SECRET,
    SPANS,
    TEXT,
    masked_lines,
    secret_lines,
    send_unpacked,
)


@pytest.mark.parametrize("padding", [0, 2_000, 9_000])
def test_no_byte_of_what_was_masked_is_left_in_the_files(
    collector: Collector, mine: str, padding: int
) -> None:
    lines = secret_lines()
    # Large enough for pages of its own.
    lines[1] = lines[1].replace(b'"why"', b'"later":"' + os.urandom(padding).hex().encode() + b'","why"')
    send_unpacked(collector, mine, lines)
    old_hash = sha256(TEXT.encode()).hexdigest()
    assert collector.holds(SECRET)
    assert collector.holds(old_hash)
    collector.redact(mine, spans=SPANS, saves=SAVES)
    assert not collector.holds(SECRET)
    assert not collector.holds(SECRET[:8])
    assert not collector.holds(old_hash)


def test_what_arrives_masked_never_was_in_the_files(collector: Collector, mine: str) -> None:
    collector.redact(mine, spans=SPANS, saves=SAVES)
    send_unpacked(collector, mine, secret_lines())
    assert collector.lines(mine) == masked_lines()
    assert not collector.holds(SECRET)


@on_sqlite
def test_one_who_reads_meanwhile_ends_in_peace_and_then_it_is_gone_for_good(
    collector: Collector, mine: str
) -> None:
    send_unpacked(collector, mine, secret_lines())
    with collector.store.reading() as reader:
        query = "SELECT data FROM frame"
        before = reader.exec_driver_sql(query).scalar_one()
        assert collector.redact(mine, spans=SPANS, saves=SAVES).json() == {"revision": 1}
        assert collector.lines(mine) == masked_lines()
        assert reader.exec_driver_sql(query).scalar_one() == before
        assert collector.holds(SECRET)
    assert collector.store.scrubbed(10)
    assert not collector.holds(SECRET)


@on_sqlite
def test_what_a_collector_that_was_killed_left_in_its_log_goes_as_the_next_one_starts(
    collector: Collector, mine: str, store_address: str
) -> None:
    send_unpacked(collector, mine, secret_lines())
    redaction = Redaction("r1", tuple(Span(*span) for span in SPANS))
    collector.store.write(lambda connection: redact(connection, SESSION, 1, redaction, SMALL)).result()
    assert collector.holds(SECRET)
    Store(database_at(store_address)).close()
    assert not collector.holds(SECRET)

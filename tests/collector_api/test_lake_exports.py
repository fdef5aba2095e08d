"""One export at a time; one that is held up for long loses nothing, whatever is done meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collector_api.archiving import files as lake_files
from collector_api.archiving.export import export
from collector_api.database.database import database_at
from collector_api.database.direct import Direct
from collector_api.lake.place import Lake, LakeError
from collector_api.rows import frames
from tests.collector_api.driver import SESSION, Collector, session_lines

OTHER = SESSION.replace("aa", "bb")
LONG_AGO = "UPDATE lake_file SET at = '2026-01-01T00:00:00.000Z' WHERE NOT ready"


class HeldUp:
    """A store and a lake together; something happens ahead of the step of this number, a commit or a file."""

    def __init__(self, store: Direct, lake: Lake, step: int, meanwhile: Callable[[], None]) -> None:
        self._store, self._lake = store, lake
        self._left, self._meanwhile = step, meanwhile
        self.reading = store.reading
        self.address, self.open, self.has, self.delete = lake.address, lake.open, lake.has, lake.delete

    def written(self, job: Callable[..., Any]) -> Any:
        self._step()
        return self._store.written(job)

    def put(self, name: str, data: bytes) -> None:
        self._step()
        self._lake.put(name, data)

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            self._left = 99
            self._meanwhile()


@pytest.fixture
def two(collector: Collector, mine: str) -> Collector:
    """A collector with two sessions of one day."""
    for session in (SESSION, OTHER):
        collector.send(mine, session_lines(session=session), session)
    return collector


def test_a_second_export_is_refused_in_one_line(
    two: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database_at(two.address).exporting():
        assert two.command("lake", "export", "--to", str(tmp_path / "lake")) == 1
    assert capsys.readouterr().err == (
        "pairlog: another export to a lake is under way on this store; try again when it has ended\n"
    )
    two.export(tmp_path / "lake")


@pytest.mark.parametrize("step", range(5))
def test_an_export_that_is_held_up_for_an_hour_loses_nothing(
    two: Collector, mine: str, tmp_path: Path, step: int
) -> None:
    lake = Lake(str(tmp_path / "lake"))
    before = [two.lines(mine, session) for session in (SESSION, OTHER)]

    def an_hour(store: Direct) -> None:
        store.written(lambda connection: connection.exec_driver_sql(LONG_AGO))
        assert lake_files.sweep(store) == []
        store.written(lambda connection: lake_files.inserted(connection, lake.address, "day=2026-11-02/b"))

    with Direct(database_at(two.address)) as store:
        held_up: Any = HeldUp(store, lake, step, lambda: an_hour(store))
        with suppress(LakeError):
            export(held_up, held_up, lambda done: None)
        with store.reading() as connection:
            known = set(connection.exec_driver_sql("SELECT name FROM lake_file").scalars())
    assert [two.lines(mine, session) for session in (SESSION, OTHER)] == before
    assert {f"lines/{name}" for name in known - {"day=2026-11-02/b"}} == set(lake.names(""))
    two.bytes_counted()


def test_a_file_that_somebody_is_at_is_not_given_up(two: Collector, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    name = "day=2026-11-02/a.parquet"
    with Direct(database_at(two.address)) as store:
        number = store.written(lambda connection: lake_files.inserted(connection, lake.address, name))
        file = lake_files.Written(number, name)
        store.written(lambda connection: connection.exec_driver_sql(LONG_AGO))
        goes_on = partial(store.written, lambda connection: lake_files.hold(connection, file))
        sweeping: Any = HeldUp(store, lake, 0, goes_on)
        assert lake_files.sweep(sweeping) == []
        goes_on()


def test_who_began_to_read_before_a_file_was_written_anew_reads_on(
    two: Collector, mine: str, tmp_path: Path
) -> None:
    two.export(tmp_path / "lake")
    before = two.lines(mine)
    with two.store.reading() as connection:
        assert list(frames.lines_from(connection, OTHER))
        two.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
        assert list(frames.lines_from(connection, SESSION)) == before

"""An export that dies at any of its steps loses nothing; the next one leaves each session in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector_api.archiving import files as lake_files
from collector_api.archiving.export import export
from collector_api.database.database import database_at
from collector_api.database.direct import Direct
from collector_api.lake.place import Lake
from pairlog.source import open_source
from tests.collector_api.driver import SESSION, Collector, session_lines

DAYS = ("2026-11-01", "2026-11-02")
IDS = [SESSION.replace("aa", f"a{number}") for number in range(3)]


class Killed(BaseException):
    """What nobody catches."""


class Mortal:
    """A store and a lake together: the step of this number, a commit or a file, is the last one begun."""

    def __init__(self, store: Direct, lake: Lake, steps: int, *, after: bool) -> None:
        self._store, self._lake = store, lake
        self._left = steps
        self._after = after
        self.reading = store.reading
        self.address, self.open, self.has, self.delete = lake.address, lake.open, lake.has, lake.delete

    def written(self, job: Callable[..., Any]) -> Any:
        return self._step(lambda: self._store.written(job))

    def put(self, name: str, data: bytes) -> None:
        self._step(lambda: self._lake.put(name, data))

    def _step(self, do: Callable[[], Any]) -> Any:
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Killed
        result = do()
        if self._left < 0:
            raise Killed
        return result


@pytest.fixture
def filled(collector: Collector, mine: str) -> Collector:
    for number, session in enumerate(IDS):
        started_at = f"{DAYS[number % 2]}T09:00:00.000Z"
        collector.send(mine, session_lines(5 + number, session, started_at=started_at), session)
    return collector


@pytest.mark.parametrize("after", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("steps", range(10))
def test_nothing_is_lost_and_nothing_is_left_over(
    filled: Collector, mine: str, tmp_path: Path, steps: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> list[list[bytes]]:
        return [filled.lines(mine, session) for session in IDS]

    before = lines()
    folder = tmp_path / "lake"
    with Direct(database_at(filled.address)) as store:
        mortal: Any = Mortal(store, Lake(str(folder)), steps, after=after)
        try:
            export(mortal, mortal, lambda done: None)
        except Killed:
            assert lines() == before
        # One that is erased now is in no file that was left behind.
        filled.ask(mine, "DELETE", f"/v1/sessions/{IDS[0]}")
        monkeypatch.setattr(lake_files, "_READY_AFTER", timedelta(0))
        export(store, Lake(str(folder)), lambda done: None)
        with store.reading() as connection:
            known = connection.exec_driver_sql("SELECT name FROM lake_file").scalars().all()
    assert lines_of(folder) == dict(zip(IDS[1:], before[1:], strict=True))
    assert sorted(known) == sorted(path.relative_to(folder / "lines").as_posix() for path in files(folder))
    assert [filled.lines(mine, session) for session in IDS[1:]] == before[1:]
    filled.bytes_counted()


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def lines_of(folder: Path) -> dict[str, list[bytes]]:
    with open_source(f"lake://{folder}") as source:
        return {row.session: list(source.lines(row.session)) for row in source.sessions()}

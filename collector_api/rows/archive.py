"""Sessions whose lines are in a lake: where they are, and how they are read. Nobody writes to them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, select, update
from sqlmodel import col, func

from collector_api.database import places
from collector_api.database.tables import LakeFile, SessionRow
from collector_api.lines.decoder import seq_of
from collector_api.problems import NoStorage
from pairlog.frame import pack, parts

if TYPE_CHECKING:
    from collector_api.lake.lines import LinesFile

T = TypeVar("T")

_AWAY = "the lake cannot be read"

LINES, CONTENTS = "lines", "contents"


class Database(Protocol):
    """What moving sessions needs: to read the store as it is, and to have a job written."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that only reads."""

    def written(self, job: Callable[[Connection], T]) -> T:
        """What a job returns, once it is durable."""


class InLake(Exception):
    """The lines of `session` are in a lake, and must come back to the store before anything changes them."""

    def __init__(self, session: str) -> None:
        super().__init__(f"the lines of session {session} are in a lake")
        self.session = session


class Place(NamedTuple):
    """Where a session's lines are: the address of a lake, and the name of a file there."""

    lake: str
    name: str

    def open(self) -> LinesFile:
        """The file. Raises NoStorage where it cannot be read now."""
        # Only who has a lake needs what it is read with.
        try:
            from collector_api.lake.lines import LinesFile
            from collector_api.lake.place import Lake, LakeError
        except ModuleNotFoundError as error:
            raise NoStorage(f"a lake needs {error.name}: pip install 'pairlog[lake]'") from None
        try:
            return LinesFile(Lake(self.lake).open(f"{LINES}/{self.name}"))
        except LakeError as error:
            raise NoStorage(_AWAY, f"the lake {self.lake}: {error}") from None

    def is_gone(self) -> bool:
        """Whether the lake can be reached, and has no such file."""
        from collector_api.lake.place import Lake, LakeError

        try:
            return not Lake(self.lake).has(f"{LINES}/{self.name}")
        except LakeError:
            return False


def check_hot(row: SessionRow) -> None:
    """Raises InLake where a session's lines cannot be changed where they are."""
    if row.lake_file_id is not None:
        raise InLake(row.id)


def place_of(connection: Connection, session: str) -> Place | None:
    """Where the lines of a session are; None where they are in the store, or nowhere."""
    question = (
        select(col(LakeFile.lake), col(LakeFile.name))
        .join(SessionRow, col(SessionRow.lake_file_id) == col(LakeFile.id))
        .where(col(SessionRow.id) == session)
    )
    found = connection.execute(question).one_or_none()
    return None if found is None else Place(places.whole(connection, found.lake), found.name)


def lines_from(connection: Connection, session: str, first: int = 0) -> Iterator[bytes] | None:
    """The lines of a session in a lake from seq `first` on; None where they are in the store, or nowhere.

    Raises NoStorage, also as they are read, where the lake cannot be read.
    """
    place = place_of(connection, session)
    if place is None:
        return None
    try:
        return _lines(place, place.open(), session, first)
    except NoStorage:
        # A file that is written anew goes while transactions of before still read its name.
        with connection.engine.connect() as fresh:
            now = place_of(fresh, session)
        if now is None or now == place:
            raise
        return _lines(now, now.open(), session, first)


def _lines(place: Place, file: LinesFile, session: str, first: int) -> Iterator[bytes]:
    from collector_api.lake.place import LakeError

    try:
        yield from (line for line in file.lines(session) if seq_of(line) >= first)
    except LakeError as error:
        raise NoStorage(_AWAY, f"the lake {place.lake}: {error}") from None


def some_from(
    connection: Connection, session: str, first: int, frames_max: int, bytes_max: int
) -> tuple[list[bytes], int]:
    """The next few frames of a session in a lake from seq `first` on, none at the end, and where to go on."""
    found: list[bytes] = []
    for part in parts(lines_from(connection, session, first) or ()):
        found.append(pack(part))
        first = seq_of(part[-1]) + 1
        if len(found) == frames_max or sum(map(len, found)) > bytes_max:
            break
    return found, first


def leave_behind(connection: Connection, row: SessionRow) -> None:
    """Note that the file where a session's lines are must not hold them any more."""
    if row.lake_file_id is not None:
        this = col(LakeFile.id) == row.lake_file_id
        connection.execute(update(LakeFile).where(this).values(stale=True))


def is_stale(connection: Connection) -> bool:
    """Whether any file of a lake waits to be written anew, or to be deleted."""
    waiting = col(LakeFile.stale) | ~col(LakeFile.ready)
    return connection.execute(select(col(LakeFile.id)).where(waiting).limit(1)).first() is not None


def stale_files(connection: Connection) -> int:
    """How many files of a lake hold what they must not hold any more."""
    return connection.execute(select(func.count()).where(col(LakeFile.stale))).scalar_one()


def lakes(connection: Connection) -> list[str]:
    """The addresses of the lakes that a store knows."""
    kept = connection.execute(select(col(LakeFile.lake)).distinct()).scalars()
    return [places.whole(connection, lake) for lake in kept]

"""A lake file of lines: Parquet, a row for each change, and in its footer the sessions that it holds."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector_api.lake.columns import NAMES, RANGE, lines, rows
from collector_api.lake.place import LakeError
from pairlog.source import SessionInfo

#: Rows that are unpacked together: enough for dictionaries to pay, few enough to read one session quickly.
GROUP_ROWS = 65_536
#: Of lines with long texts fewer: they are in memory together.
_GROUP_BYTES = 64 * 1024 * 1024
_KEY = b"pairlog.sessions"

_TYPES = {"seq": pa.int64(), "t": pa.int64(), "doc": pa.int32(), "version": pa.int32()} | dict.fromkeys(
    RANGE, pa.int32()
)
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in NAMES])
# Measured on the corpus (docs/decisions.md): half of what pyarrow's defaults take.
_OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 9,
    "use_dictionary": ["session", "type", "text", "cause", "evidence", "rule", "ref"],
    "column_encoding": dict.fromkeys(("seq", "t", "doc", "version"), "DELTA_BINARY_PACKED")
    | dict.fromkeys(RANGE, "BYTE_STREAM_SPLIT"),
    "write_statistics": ["session", "seq"],
}


@dataclass(frozen=True)
class Entry:
    """A session in a file: its row of the list, and which rows of the file are its own."""

    info: SessionInfo
    first_row: int
    rows: int


class LinesWriter:
    """Builds a file in memory, session by session."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._writer = pq.ParquetWriter(self._out, _SCHEMA, **_OPTIONS)
        self._columns: dict[str, list[Any]] = {name: [] for name in NAMES}
        self._entries: list[Entry] = []
        self._size = 0
        self.rows = 0

    def add(self, info: SessionInfo, session_lines: Iterable[bytes]) -> None:
        """Add a session."""
        first = self.rows
        for line in session_lines:
            for row in rows(info.session, line):
                for name in NAMES:
                    self._columns[name].append(row.get(name))
                self.rows += 1
            self._size += len(line)
            if len(self._columns["seq"]) >= GROUP_ROWS or self._size >= _GROUP_BYTES:
                self._flush()
        self._entries.append(Entry(info, first, self.rows - first))

    def finish(self) -> bytes:
        """The bytes of the file."""
        self._flush()
        entries = json.dumps([asdict(entry) for entry in self._entries], separators=(",", ":"))
        self._writer.add_key_value_metadata({_KEY: entries.encode()})
        self._writer.close()
        return self._out.getvalue()

    def _flush(self) -> None:
        if self._columns["seq"]:
            self._writer.write_table(pa.table(self._columns, _SCHEMA), row_group_size=GROUP_ROWS)
        self._columns, self._size = {name: [] for name in NAMES}, 0


class LinesFile:
    """A file that is read. Raises LakeError where it is none of ours."""

    def __init__(self, source: Any) -> None:
        try:
            self._file = pq.ParquetFile(source)
            found = json.loads((self._file.metadata.metadata or {})[_KEY])
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise LakeError(f"not a lake file of Pairlog ({error})") from None
        entries = (Entry(SessionInfo(**entry["info"]), entry["first_row"], entry["rows"]) for entry in found)
        self.entries = {entry.info.session: entry for entry in entries}

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises LakeError where it is not here, or damaged."""
        entry = self.entries.get(session)
        if entry is None:
            raise LakeError(f"session {session} is not in this lake file")
        held: dict[str, list[Any]] = {name: [] for name in NAMES}
        for table in self._tables(entry):
            for name, values in table.items():
                held[name] += values
            # The last line may go on in the next group.
            whole = held["seq"].index(held["seq"][-1])
            yield from lines({name: values[:whole] for name, values in held.items()})
            held = {name: values[whole:] for name, values in held.items()}
        yield from lines(held)

    def _tables(self, entry: Entry) -> Iterator[Mapping[str, list[Any]]]:
        begin, end = entry.first_row, entry.first_row + entry.rows
        start = 0
        for group in range(self._file.num_row_groups):
            size = self._file.metadata.row_group(group).num_rows
            first, last = max(begin, start), min(end, start + size)
            if first < last:
                try:
                    table = self._file.read_row_group(group)
                except (pa.ArrowException, OSError) as error:
                    raise LakeError(f"a lake file is damaged ({error})") from None
                yield table.slice(first - start, last - first).to_pydict()
            start += size

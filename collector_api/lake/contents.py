"""A lake file of contents: Parquet, a row for each content, with the sessions that name it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector_api.lake.place import LakeError

_SCHEMA = pa.schema(
    [("sha256", pa.string()), ("sessions", pa.list_(pa.string())), ("data", pa.large_binary())]
)
#: Contents that are compressed, and unpacked, together.
_GROUP_BYTES = 8 * 1024 * 1024


class ContentsWriter:
    """Builds a file in memory, content by content."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._writer = pq.ParquetWriter(
            self._out, _SCHEMA, compression="zstd", compression_level=9, use_dictionary=["sessions"]
        )
        self._waiting: list[tuple[str, list[str], bytes]] = []
        self._size = 0

    def add(self, sha256: str, sessions: list[str], data: bytes) -> None:
        """Add a content and the sessions that name it."""
        self._waiting.append((sha256, sessions, data))
        self._size += len(data)
        if self._size >= _GROUP_BYTES:
            self._flush()

    def finish(self) -> bytes:
        """The bytes of the file."""
        self._flush()
        self._writer.close()
        return self._out.getvalue()

    def _flush(self) -> None:
        if self._waiting:
            columns = [list(column) for column in zip(*self._waiting, strict=True)]
            self._writer.write_table(pa.table(columns, schema=_SCHEMA))
        self._waiting, self._size = [], 0


class ContentsFile:
    """A file that is read. Raises LakeError where it is none."""

    def __init__(self, source: Any) -> None:
        try:
            self._file = pq.ParquetFile(source)
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"not a lake file of contents ({error})") from None

    def read(self, session: str, sha256: str) -> bytes | None:
        """A content that a session names; None where it names no such content."""
        for group in range(self._file.num_row_groups):
            names = self._group(group, ["sha256", "sessions"])
            for place, (digest, sessions) in enumerate(zip(names["sha256"], names["sessions"], strict=True)):
                if digest == sha256 and session in sessions:
                    found: bytes = self._group(group, ["data"])["data"][place]
                    return found
        return None

    def all(self) -> Iterator[tuple[str, list[str], bytes]]:
        """Each content with its hash and the sessions that name it."""
        for group in range(self._file.num_row_groups):
            table = self._group(group, _SCHEMA.names)
            yield from zip(table["sha256"], table["sessions"], table["data"], strict=True)

    def _group(self, group: int, columns: list[str]) -> dict[str, list[Any]]:
        try:
            found: dict[str, list[Any]] = self._file.read_row_group(group, columns).to_pydict()
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"a lake file is damaged ({error})") from None
        return found

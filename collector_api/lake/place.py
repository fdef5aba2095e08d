"""Where a lake is: a folder, or a bucket of any store that speaks S3; files go there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from pairlog.errors import UserError

_PART = ".part"


class LakeError(Exception):
    """The lake cannot be used now, or a file of it is damaged; the message says which."""


def lake_address(word: str) -> str:
    """The address of a lake as it is kept: a folder becomes a whole path.

    Raises UserError for one that no lake can have.
    """
    scheme = word.partition("://")[0] if "://" in word else ""
    if scheme == "s3":
        parts = urlsplit(word)
        if "@" in parts.netloc or "secret" in parts.query:
            raise UserError(
                "an address is no place for a key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        return word
    if scheme not in ("", "file"):
        raise UserError(f"no lake at {scheme}://; name a folder, or s3://BUCKET/PREFIX")
    return str(Path(word.removeprefix("file://")).absolute())


class Lake:
    """A lake at an address as `lake_address` gives it. Raises LakeError where it cannot be reached."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._root: str
        try:
            self._files, self._root = (
                fs.FileSystem.from_uri(address) if "://" in address else (fs.LocalFileSystem(), address)
            )
        except (pa.ArrowException, OSError) as error:
            raise LakeError(_reason(error)) from None
        self._root = self._root.rstrip("/")
        self._is_local = isinstance(self._files, fs.LocalFileSystem)

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, durably. Raises LakeError; then there is none of this name."""
        try:
            if self._is_local:
                _write(Path(self._root, name), data)
            else:
                with self._files.open_output_stream(f"{self._root}/{name}") as stream:
                    stream.write(data)
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"{name} cannot be written: {_reason(error)}") from None

    def open(self, name: str) -> Any:
        """A file to read from, which may be closed. Raises LakeError where there is none."""
        try:
            return self._files.open_input_file(f"{self._root}/{name}")
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"{name} cannot be read: {_reason(error)}") from None

    def has(self, name: str) -> bool:
        """Whether there is such a file. Raises LakeError where nobody can say."""
        try:
            kind = self._files.get_file_info(f"{self._root}/{name}").type
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"{name} cannot be looked for: {_reason(error)}") from None
        return bool(kind != fs.FileType.NotFound)

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is well. Raises LakeError."""
        path = f"{self._root}/{name}"
        try:
            if self._is_local:
                # What a process that was killed left of it.
                Path(path).with_suffix(_PART).unlink(missing_ok=True)
            if self.has(name):
                self._files.delete_file(path)
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"{name} cannot be deleted: {_reason(error)}") from None

    def names(self, folder: str) -> Iterator[str]:
        """The names of the files in a folder and in those below it, in their order. Raises LakeError."""
        where = f"{self._root}/{folder}"
        try:
            found = self._files.get_file_info(fs.FileSelector(where, allow_not_found=True, recursive=True))
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"it cannot be listed: {_reason(error)}") from None
        start = len(str(self._root)) + 1
        yield from sorted(info.path[start:] for info in found if info.is_file and _is_ours(info.path))


def new_name(day: str) -> str:
    """A name for the files of a day, `YYYY-MM-DD`; the same one in `lines` and in `contents`."""
    return f"day={day}/{secrets.token_hex(8)}.parquet"


def _is_ours(path: str) -> bool:
    return path.endswith(".parquet")


def _write(path: Path, data: bytes) -> None:
    for folder in reversed((path.parent, *path.parent.parents[:2])):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(_PART)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    """One line of what may be many."""
    return str(error).strip().partition("\n")[0][:300]

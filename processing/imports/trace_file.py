"""`pairlog import editing-trace`: a trace's file, and what its options say of it."""

from __future__ import annotations

import argparse
import gzip
import zlib
from pathlib import Path, PurePosixPath

from pairlog.errors import UserError
from pairlog.position import scrub
from processing.imports.editing_trace import session_lines
from processing.imports.imported import Imported
from processing.imports.trace import BadTrace, read_trace

_UNPACKED_BYTES_MAX = 512 * 1024 * 1024
_ENDINGS = (".gz", ".json")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this kind has."""
    parser.add_argument("file", type=Path, metavar="PATH", help="the trace: JSON, gzipped or not")
    parser.add_argument(
        "--path", metavar="NAME", help="the document's path in the session (default: the file's name)"
    )
    parser.add_argument("--language", metavar="ID", help="its language, such as rust (default: not told)")


def read(args: argparse.Namespace) -> list[Imported]:
    """The session of the trace, alone. Raises UserError where the file is none, or cannot be read."""
    path = document_path(args.file) if args.path is None else _relative(args.path)
    try:
        return [session_lines(read_trace(_unpacked(args.file)), path, args.language, args.use)]
    except BadTrace as error:
        raise UserError(f"{args.file} is no editing trace: {error}; docs/import.md tells the form") from None


def document_path(file: Path) -> str:
    """The name of a trace's document: its file's, without `.json.gz`."""
    name = file.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending) or name
    return scrub(name)


def _relative(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or not path.isprintable():
        raise UserError(f"--path {path!r} is no path inside a workspace; give one such as src/main.rs")
    return str(pure)


def _unpacked(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            data = (gzip.GzipFile(fileobj=stream) if packed else stream).read(_UNPACKED_BYTES_MAX + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file} is damaged: {error}; get the file again") from None
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from None
    if len(data) > _UNPACKED_BYTES_MAX:
        raise UserError(f"{file} holds more than {_UNPACKED_BYTES_MAX} bytes; cut the trace into parts")
    return data

"""A line as it leaves: its secrets masked, also those in the contents that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lsp_server.home.blob_store import BlobStore
from lsp_server.home.spool import HIDDEN
from lsp_server.sending.hold import kind_of
from lsp_server.sending.release import withheld
from pairlog.blobs import File, read_manifest, write_manifest
from pairlog.consent import Choice
from pairlog.errors import UserError
from pairlog.events import PositionEncoding
from pairlog.line import parse, write
from pairlog.masking import Span, mask, mask_text
from pairlog.pointer import ALL, BLOB_TEXT
from pairlog.rules import Scanner
from pairlog.stripping import Contents, strip


class Outgoing:
    """Masks lines. Masked contents are kept beside those that they are made of, under their own names."""

    def __init__(self, scanner: Scanner, blobs: BlobStore) -> None:
        self._scanner = scanner
        self._blobs = blobs
        self._clean: dict[str, str] = {}

    def leave(self, line: bytes, spans: Iterable[Span], encoding: PositionEncoding) -> bytes:
        """The line with these characters masked. Raises OSError where a masked content cannot be kept."""
        spans = list(spans)
        if any(span.pointer == ALL for span in spans):
            # The name of a field cannot be masked: it would be another field.
            return withheld(line, "a field whose name holds a secret")
        if spans:
            (line,) = mask((line,), spans, encoding)
        in_blob = [(span.start, span.length) for span in spans if span.pointer == BLOB_TEXT]
        if in_blob or f'"{HIDDEN}":'.encode() in line:
            line = self._open(line, in_blob, encoding)
        elif b'"type":"workspace"' in line:
            line = self._workspace(line)
        return line

    def content(self, digest: str) -> bytes:
        """A content by its SHA-256. Raises FileNotFoundError where it is lost."""
        data = self._blobs.get(digest)
        if data is None:
            raise FileNotFoundError(2, "a content is lost", digest)
        return data

    def _open(self, line: bytes, in_blob: list[tuple[int, int]], encoding: PositionEncoding) -> bytes:
        body = parse(line)
        if body["type"] != "open":
            return line
        body.pop(HIDDEN, None)
        data = self._blobs.get(body["blob"]) if in_blob else None
        if data is not None:
            text = mask_text(data.decode("utf-8", "replace"), in_blob, encoding)
            body["blob"] = self._blobs.keep(text.encode())
        return write(body)

    def _workspace(self, line: bytes) -> bytes:
        body = parse(line)
        manifest = body.get("manifest")
        data = self._blobs.get(manifest) if isinstance(manifest, str) else None
        if data is None:
            return line
        try:
            files = read_manifest(data)
        except UserError:
            return line
        clean = [File(self._masked(file.path), file.mode, self._content(file.blob)) for file in files]
        if clean == files:
            return line
        body["manifest"] = self._blobs.keep(write_manifest(clean))
        return write(body)

    def _content(self, digest: str) -> str:
        """The name of a file's content without its secrets."""
        if digest not in self._clean:
            data = self._blobs.get(digest)
            clean = digest if data is None else self._blobs.keep(self._masked_bytes(data))
            self._clean[digest] = self._clean[clean] = clean
        return self._clean[digest]

    def _masked_bytes(self, data: bytes) -> bytes:
        try:
            return self._masked(data.decode()).encode()
        except UnicodeDecodeError:
            # One byte is one character, so whatever it is stays what it is.
            return self._masked(data.decode("latin-1")).encode("latin-1")

    def _masked(self, text: str) -> str:
        found = self._scanner.find(text)
        if not found:
            return text
        return mask_text(text, [(it.start, it.end - it.start) for it in found], "utf-32")


def at_level(
    line: bytes, level: Choice, key: bytes, contents: Contents, masked: Callable[[bytes], bytes]
) -> bytes:
    """A line of the spool as it leaves where `level` is in force: stripped, else masked by `masked`.

    Where nothing of it may leave, the `gap` in its place. `contents` gives what a blob holds.
    """
    if level in ("off", "metadata"):
        if kind_of(line) == b"consent":
            return line
        return strip(line, "metadata", key, contents) or withheld(line, "at the level `metadata`")
    return strip(masked(line), level, key) or withheld(line, f"at the level `{level}`")

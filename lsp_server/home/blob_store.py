"""The contents that lines name, in the home until the collector has them."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path


class BlobStore:
    """Files named by the SHA-256 of their bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes, sync: bool = True) -> str:
        """Store `data` and return its SHA-256; `sync` waits for the disk. Raises OSError."""
        digest = sha256(data).hexdigest()
        file = self._folder / digest
        if file.exists():
            return digest
        fresh = self._folder / f".{digest}.{os.getpid()}"
        try:
            with fresh.open("wb") as stream:
                stream.write(data)
                if sync:
                    stream.flush()
                    os.fsync(stream.fileno())
            fresh.replace(file)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        return digest

    def has(self, digest: str) -> bool:
        """Whether a blob is here."""
        return (self._folder / digest).exists()

    def get(self, digest: str) -> bytes | None:
        """The bytes of a blob; None where it is not here, or where a crash left something else."""
        try:
            data = (self._folder / digest).read_bytes()
        except OSError:
            return None
        return data if sha256(data).hexdigest() == digest else None

    def clear(self) -> None:
        """Remove all blobs; only for who knows that nobody needs one."""
        for file in self._folder.iterdir():
            file.unlink(missing_ok=True)

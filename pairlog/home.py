"""`PAIRLOG_HOME`: where a recorder and its sender keep what they hold.

```
spool/SESSION.ndjson      what the recorder wrote; plain lines, appended only
spool/SESSION.json        where the session goes: collector and token (mode 0600)
outbox/SESSION.ndjson     what the sender released, the very bytes that are uploaded
blobs/SHA256              contents that lines name, until the collector has them
control/SESSION.ndjson    orders to a recorder and its sender; appended only
consent.json              the choices made with `pairlog consent`
key                       the secret behind keyed hashes
forgotten                 words that were taken back, as keyed hashes
refused/SESSION.ndjson    lines that were set aside, with a `gap` in their place
status.json               how the sender is doing; recorder-SESSION.json: how a recorder is
sender.lock sender.pid sender.log sender.bell recorder-SESSION.pid blobs.lock
links/SESSION.json        which recorded edits an imported session made (docs/import.md)
listening/NAME.json       where a recorder listens for test runs; NAME.sock is its socket
data/                     the store of a collector that runs here
```
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pairlog.errors import UserError


@dataclass(frozen=True)
class Home:
    """The paths inside one home folder. `open_home` makes the folder itself."""

    path: Path

    @property
    def spool(self) -> Path:
        """Lines as they were recorded."""
        return self.path / "spool"

    @property
    def outbox(self) -> Path:
        """Lines as they are sent."""
        return self.path / "outbox"

    @property
    def blobs(self) -> Path:
        """Contents that wait for upload."""
        return self.path / "blobs"

    @property
    def control(self) -> Path:
        """Orders."""
        return self.path / "control"

    @property
    def consent(self) -> Path:
        """The choices of consent."""
        return self.path / "consent.json"

    @property
    def forgotten(self) -> Path:
        """The words that were taken back."""
        return self.path / "forgotten"

    @property
    def delivered(self) -> Path:
        """Where the sessions of the last day went."""
        return self.path / "delivered"

    @property
    def data(self) -> Path:
        """The data folder of a collector."""
        return self.path / "data"

    def key(self) -> bytes:
        """The 32 secret bytes of this home, made on first use."""
        file = self.path / "key"
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_bytes()
        with os.fdopen(descriptor, "wb") as stream:
            key = os.urandom(32)
            stream.write(key)
        return key


def default_home() -> Path:
    """`PAIRLOG_HOME`, else the platform's folder for a user's data."""
    named = os.environ.get("PAIRLOG_HOME")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("pairlog", appauthor=False))


def make_private(folder: Path) -> None:
    """Make a folder, with those above it that are missing, for its owner alone. Raises OSError."""
    # The mode that `mkdir` is given is that of the last one it makes.
    for missing in reversed([it for it in (folder, *folder.parents) if not it.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)


def open_home(path: Path | None = None) -> Home:
    """The home at `path` (default: `default_home()`), its folders made, readable by its owner alone.

    Raises UserError where the folder cannot be made or written.
    """
    home = Home((path or default_home()).absolute())
    try:
        for folder in (home.path, home.spool, home.outbox, home.blobs, home.control):
            make_private(folder)
    except OSError as error:
        raise UserError(
            f"cannot use the folder {home.path}: {error.strerror}; "
            "set PAIRLOG_HOME to a folder that you may write"
        ) from None
    return home

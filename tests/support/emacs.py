"""Drives a real Emacs in a terminal of its own: keys go in one at a time."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).parents[2] / "docs" / "editors" / "emacs.el"

_QUIET = "(setq make-backup-files nil create-lockfiles nil auto-save-default nil)"


def setup(folder: Path, modes: list[str], command: list[str], options: dict[str, Any]) -> Path:
    """An init file, as a user writes it, that loads `docs/editors/emacs.el`."""
    plist = " ".join(f":{name} {json.dumps(value)}" for name, value in options.items())
    words = " ".join(json.dumps(word) for word in command)
    file = folder / "init.el"
    file.write_text(
        f"(package-initialize)\n{_QUIET}\n(setq pairlog-modes '({' '.join(modes)}))\n"
        f"(setq pairlog-command '({words}))\n(setq pairlog-options '({plist}))\n"
        f"(load {json.dumps(str(CONFIG))} nil t)\n"
    )
    return file


class Emacs:
    """One Emacs on a terminal that nobody sees."""

    def __init__(self, init: Path, file: Path) -> None:
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._process = subprocess.Popen(
            ["emacs", "-nw", "-q", "--no-site-file", "-l", str(init), str(file)],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": str(init.parent)},
            start_new_session=True,
            # Emacs asks for the terminal that it belongs to.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inner)
        self.screen = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press(self, keys: str) -> None:
        """Send keys as a terminal does."""
        os.write(self._terminal, keys.encode())

    def quit(self) -> int:
        """Leave with C-x C-c; returns the exit code."""
        self.press("\x18\x03")
        return self._process.wait(timeout=20)

    def close(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=20)
        os.close(self._terminal)

    def _read(self) -> None:
        # A terminal whose other side is closed gives an error in place of an end.
        with suppress(OSError):
            while data := os.read(self._terminal, 65536):
                self.screen += data

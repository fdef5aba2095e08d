"""Drives a real Neovim over its RPC: keys go in one at a time, and each is waited for."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pynvim

from tests.support.processes import is_alive

CONFIG = Path(__file__).parents[2] / "docs" / "editors" / "neovim.lua"

_NEOVIM = ["nvim", "--embed", "--headless", "--clean", "-n", "-i", "NONE"]
_SECONDS_MAX = 20.0
_PAUSE_SECONDS = 0.002

#: All that a key can change: mode, buffer, text, cursor, command line, view, the place in the undo tree.
_STATE = """
return {
  vim.fn.mode(1), vim.fn.bufnr(), vim.b.changedtick, vim.fn.getcurpos(), vim.fn.getcmdline(),
  vim.fn.getcmdpos(), vim.fn.winsaveview().topline, vim.fn.changenr(), vim.bo.modified,
}
"""
_START = """
local file, options, settings = ...
package.loaded.pairlog = dofile(file)
for name, value in pairs(settings) do package.loaded.pairlog[name] = value end
package.loaded.pairlog.setup(options)
"""
_KEY = re.compile(r"<[^<>\s]+>|.", re.DOTALL)


def keys(text: str) -> Iterator[str]:
    """The single keys of a text in Neovim's notation: `ciw<Esc>` is five keys."""
    yield from _KEY.findall(text)


def literal(text: str) -> str:
    """The keys that type `text` as it is."""
    return text.replace("<", "<lt>").replace("\n", "<CR>")


class Neovim:
    """One Neovim without a screen.

    `options` are the recorder's initializationOptions, `settings` the fields of neovim.lua's module.
    """

    def __init__(
        self,
        folder: Path,
        options: dict[str, Any],
        cmd: list[str],
        env: dict[str, str],
        cursor_ms: int = 100,
        **settings: Any,
    ) -> None:
        # `env` replaces itself by Neovim, so the process that pynvim starts is Neovim.
        start = ["env", "-C", str(folder), *(f"{name}={value}" for name, value in env.items())]
        # Without swap files and history, which would outlive it.
        self.api = pynvim.attach("child", argv=[*start, *_NEOVIM])
        #: Called with each key before it is pressed.
        self.before_key: Callable[[str], None] = lambda key: None
        self.pid: int = self.api.funcs.getpid()
        settings |= {"cmd": cmd, "cursor_ms": cursor_ms}
        self.api.exec_lua(_START, str(CONFIG), options, settings)

    def open(self, path: str) -> None:
        """Edit a file, relative to the folder, and wait until the recorder has it."""
        self.type(f":edit {literal(path)}<CR>")
        self.wait(lambda: self.api.exec_lua(_ATTACHED), f"the recorder did not get {path}")

    def wait_state(self, state: str) -> None:
        """Wait until the recorder says that it is in `state`."""
        try:
            self.wait(lambda: self.api.vars.get("pairlog") == state, f"the recorder did not say {state}")
        except TimeoutError as error:
            said = self.api.vars.get("pairlog")
            raise TimeoutError(f"{error}, but {said}") from None

    def type(self, text: str) -> None:
        """Press keys, each after the one before did its work.

        For keys that change something each: a count, or a command that waits for its second key (`gg`, `fx`),
        goes whole to `press`.
        """
        for key in keys(text):
            self.press(key)

    def press(self, key: str, until: Callable[[], object] | None = None) -> None:
        """Press a key, and wait until it has changed something, or made `until` true."""
        self.before_key(key)
        before = self._state()
        self.api.input(key)
        self.wait(until or (lambda: self._state() != before), f"the key {key} changed nothing")

    def insert(self, text: str) -> None:
        """Type text, in insert mode, as it is: where Neovim indents by itself, the indent is mended."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.press("<CR>")
                self._indent(len(line) - len(line.lstrip(" ")))
                line = line.lstrip(" ")
            self.type(literal(line))

    def paste(self, text: str) -> None:
        """Paste, as a terminal does."""
        self.api.api.paste(text, True, -1)

    def save(self) -> None:
        """Write the buffer, as a person does."""
        self.type("<Esc>" if self.mode().startswith("i") else "")
        self.type(":write<CR>")
        self.wait(lambda: not self.api.current.buffer.options["modified"], "the file was not written")

    def mode(self) -> str:
        """Neovim's word for the mode that it is in."""
        return str(self.api.api.get_mode()["mode"])

    def text(self) -> str:
        """The lines of the buffer, each ended by LF."""
        return "".join(f"{line}\n" for line in self.api.current.buffer[:])

    def observe(self, **observation: Any) -> None:
        """Tell the recorder of the current buffer what LSP does not say."""
        self.api.exec_lua('require("pairlog").observe(...)', observation)

    def uri(self) -> str:
        """The address of the current buffer."""
        return str(self.api.exec_lua("return vim.uri_from_bufnr(0)"))

    def quit(self) -> None:
        """Leave with `:qa!` and wait until the process is gone."""
        if self.mode() != "n":
            self.press("<Esc>")
        self.type(":qa!")
        self.api.input("<CR>")
        self._gone()

    def kill(self) -> None:
        """End the process as a crash does."""
        os.kill(self.pid, signal.SIGKILL)
        self._gone()

    def close(self) -> None:
        """End the process if it still runs; for tests that failed."""
        if is_alive(self.pid):
            self.kill()

    def wait(self, condition: Callable[[], object], problem: str) -> None:
        """Wait until `condition` holds. Raises TimeoutError with `problem` after some time."""
        until = time.monotonic() + _SECONDS_MAX
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(problem)
            time.sleep(_PAUSE_SECONDS)

    def _state(self) -> Any:
        return self.api.exec_lua(_STATE)

    def _indent(self, wanted: int) -> None:
        line = self.api.current.line
        for _ in range(wanted - len(line)):
            self.press("<Space>")
        while len(self.api.current.line) > wanted:
            self.press("<BS>")

    def _gone(self) -> None:
        self.wait(lambda: not is_alive(self.pid), "Neovim did not end")
        self.api.close()


_ATTACHED = """
local client = vim.lsp.get_client_by_id(vim.b.pairlog or -1)
return client ~= nil and client.attached_buffers[vim.fn.bufnr()] == true
"""

"""What is found out about a folder when a session or a run starts, beside the event loop: no key waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from lsp_server.home.blob_store import BlobStore
from lsp_server.workspace import manifest
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.git import Facts
from lsp_server.workspace.manifest import Known, Manifest


class Gathering:
    """Git's facts, and at level `workspace` the manifest, gathered by a thread of its own."""

    def __init__(
        self,
        gate: Gate,
        blobs: BlobStore | None,
        ask: Callable[[Path], Facts],
        known: Known,
        until_ns: int | None = None,
    ) -> None:
        """Start gathering; `blobs` is where a manifest is kept, None where none is wanted.

        `ask` finds git's facts; `known` and `until_ns` are as `manifest.take` has them.
        """
        self.facts = Facts()
        self.manifest: Manifest | None = None
        #: Why there is no manifest.
        self.trouble: str | None = None
        self._gate = gate
        self._blobs = blobs
        self._ask = ask
        self._moment = (known, until_ns)
        self._known = threading.Event()
        self._finished = threading.Event()
        threading.Thread(target=self._gather, name="gathering", daemon=True).start()

    def wait_for_facts(self, seconds: float) -> Facts:
        """Git's facts; empty where git took longer."""
        self._known.wait(seconds)
        return self.facts

    def wait_for_manifest(self, seconds: float) -> bool:
        """Whether gathering is over, after waiting for at most this long."""
        return self._finished.wait(seconds)

    def _gather(self) -> None:
        root = self._gate.folder.root
        try:
            self.facts = self._ask(root)
            self._known.set()
            if self._blobs is not None:
                self.manifest = manifest.take(root, self._blobs, self._gate.denies_tracked, *self._moment)
                if self.manifest is None:
                    self.trouble = "the folder is in no git repository, so no files are tracked"
        except OSError as error:
            self.trouble = f"the tracked files could not be stored ({error.strerror})"
        finally:
            self._known.set()
            self._finished.set()

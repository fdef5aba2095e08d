"""Sessions for tests, made line by line, and written as `pairlog export --out` writes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pairlog.blobs import File, write_manifest
from pairlog.document import Document
from pairlog.events import TYPES
from pairlog.frame import pack
from pairlog.line import encode

SESSION = "0198c1f0-0000-7000-8000-000000000001"


class SessionBuilder:
    """Lines in the order of the calls; every call takes `after_ms`, the time since the line before."""

    def __init__(self, session: str = SESSION, **header: Any) -> None:
        self.session = session
        self.lines: list[bytes] = []
        self.blobs: dict[str, bytes] = {}
        self.t = 0
        self._documents: dict[int, Document] = {}
        self._paths: dict[int, str] = {}
        self._seen: dict[str, int] = {}
        fields = {
            "wire": 1,
            "session": session,
            "started_at": "2026-11-23T09:00:00.000Z",
            "editor": {"name": "Test", "version": "1"},
            "recorder": {"name": "pairlog", "version": "0.1.0"},
            "position_encoding": "utf-16",
            "clock": "client",
            "workspace": "w",
            "consent": "workspace",
            "use": "research",
            "policy": "2026-11",
            "project": "p",
            "head": "c0ffee",
        }
        self.add("session", **{**fields, **header})

    def add(self, event: str, after_ms: int = 100, **fields: Any) -> int:
        """Any line; returns its seq."""
        seq = len(self.lines)
        self.t += after_ms if seq else 0
        self.lines.append(encode(TYPES[event](seq=seq, t=self.t, **fields)))
        return seq

    def workspace(self, files: dict[str, str | bytes], **fields: Any) -> int:
        """The manifest of tracked files, with its blobs."""
        entries = []
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entries.append(File(path, "100644", self.blob(data)))
        manifest = self.blob(write_manifest(entries))
        return self.add("workspace", manifest=manifest, files=len(entries), **fields)

    def blob(self, data: bytes) -> str:
        """Keep a blob; returns its SHA-256."""
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return digest

    def open(self, doc: int, path: str, text: str, **fields: Any) -> int:
        """A document is opened."""
        self._documents[doc], self._paths[doc] = Document(text), path
        fields = {"why": "opened", "source": "editor", "language": "python", **fields}
        return self.add("open", doc=doc, path=path, text=text, **fields)

    def edit(self, doc: int, *changes: tuple[int, int, int, int, str], **fields: Any) -> int:
        """Changes to a document; typed where no cause is given."""
        self._documents[doc].apply(changes)
        fields = {"cause": "typed", "evidence": "observed", **fields}
        return self.add("edit", doc=doc, changes=list(changes), **fields)

    def type(self, doc: int, line: int, column: int, text: str, after_ms: int = 120) -> None:
        """Text typed key by key."""
        for character in text:
            self.edit(doc, (line, column, line, column, character), after_ms=after_ms)
            line, column = (line + 1, 0) if character == "\n" else (line, column + 1)

    def save(self, doc: int, **fields: Any) -> int:
        """A document is saved as it stands."""
        fields = {"sha256": self._documents[doc].sha256(), "sha256_of": "text", **fields}
        self._seen[str(doc)] = seq = self.add("save", doc=doc, **fields)
        return seq

    def run(self, name: str, outcomes: dict[str, str], command: str = "python -m pytest -q") -> int:
        """A test run with its results; returns the seq of its start."""
        saw = dict(self._seen)
        started = self.add("run", id=name, phase="started", kind="test", command=command, saw=saw)
        for test, outcome in outcomes.items():
            message: dict[str, Any] = {"message": "assert 4 == 6"} if outcome == "failed" else {}
            self.add("test", run=name, test=test, outcome=outcome, **message)
        failed = any(outcome == "failed" for outcome in outcomes.values())
        self.add("run", id=name, phase="ended", exit_code=int(failed), duration_ms=400)
        return started

    def text(self, doc: int) -> str:
        """A document as it stands."""
        return self._documents[doc].text

    def end(self) -> SessionBuilder:
        """The last line."""
        self.add("end", reason="shutdown")
        return self

    def blob_of(self, digest: str) -> bytes:
        """A blob that was kept."""
        return self.blobs[digest]

    def write(self, folder: Path) -> Path:
        """Write the session as an exported folder; returns it."""
        (folder / "blobs").mkdir(parents=True)
        (folder / "session.ndjson.gz").write_bytes(pack(self.lines))
        for digest, data in self.blobs.items():
            (folder / "blobs" / digest).write_bytes(data)
        return folder


CART = """\
def total(prices):
    result = 0
    for price in prices:
        result = price
    return result
"""
CART_TEST = """\
from shop.cart import total


def test_empty():
    assert total([]) == 0


def test_total():
    assert total([1, 2, 3]) == 6
"""
OUTCOMES = {"tests/test_cart.py::test_empty": "passed", "tests/test_cart.py::test_total": "failed"}
PASSED = dict.fromkeys(OUTCOMES, "passed")
PROJECT: dict[str, str | bytes] = {
    "README.md": "# Shop\n",
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n",
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/logo.bin": b"\xff\xfe\x00",
    "tests/test_cart.py": CART_TEST,
}


def cart_session(session: str = SESSION, **header: Any) -> SessionBuilder:
    """A person mends a failing test: a wrong try, an undo, one suggestion refused and one taken.

    Lines 0..n: runs r1 (fails), r2 (fails after the wrong try), r3 (passes).
    """
    made = SessionBuilder(session, **header)
    made.workspace(PROJECT)
    made.open(1, "shop/cart.py", CART)
    made.open(2, "tests/test_cart.py", CART_TEST)
    made.run("r1", OUTCOMES)
    made.add("select", doc=1, selections=[(3, 17, 3, 17)], after_ms=4000)
    made.type(1, 3, 17, "1 + ")
    made.save(1)
    made.run("r2", OUTCOMES)
    made.edit(1, (3, 17, 3, 21, ""), cause="undo", evidence="reported", after_ms=3000)
    made.type(1, 3, 17, "res")
    offered: dict[str, Any] = {"doc": 1, "position": (3, 20), "model": "some-model", "surface": "inline"}
    made.add("completion", id="c1", phase="shown", text="ult * ", **offered)
    made.add("completion", id="c1", phase="rejected")
    made.add("completion", id="c2", phase="shown", text="ult + ", **offered)
    made.add("completion", id="c2", phase="accepted")
    made.edit(1, (3, 20, 3, 20, "ult + "), cause="completion", evidence="reported", ref="c2")
    made.save(1)
    made.run("r3", PASSED)
    return made.end()


def write_sessions(folder: Path, sessions: Sequence[SessionBuilder]) -> Path:
    """Write several sessions side by side; returns the folder that `--from` takes."""
    for made in sessions:
        made.write(folder / made.session)
    return folder


def jsonl(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

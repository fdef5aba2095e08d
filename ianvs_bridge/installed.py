"""Facts about this interpreter: is Ianvs here, does its Sedna fit, do both start.

Sedna is judged by its source, not by its version: unrelated and older packages carry the same name.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from ianvs_bridge.fact import Fact, missing, present

_PYTHON_MIN = (3, 11)
_START_S_MAX = 60
_INSTALL = "install it as its own documentation says, into this environment"
_SEDNA = "install the Sedna wheel that lies inside Ianvs' repository (sedna-0.6.0.1)"


def python(version: tuple[int, int, int]) -> Fact:
    """Is this Python new enough for the modules of the job?"""
    found = ".".join(map(str, version))
    if version >= _PYTHON_MIN:
        return present("python", found)
    return missing("python", found, "install Ianvs and Pairlog under Python 3.11 or later")


def ianvs() -> Fact:
    """Is the package `core` here, and is it Ianvs'?"""
    if _find("core") is None:
        return missing("ianvs", "no package `core`", _INSTALL)
    if _find("core.cmd.benchmarking") is None:
        return missing("ianvs", "a package `core` that is not Ianvs'", "remove it: Ianvs owns that name")
    return present("ianvs", "core.cmd.benchmarking")


def sedna() -> Fact:
    """Is the package `sedna` here, and has it what Ianvs calls?"""
    spec = _find("sedna")
    if spec is None or not spec.submodule_search_locations:
        return missing("sedna", "no package `sedna`", _SEDNA)
    lacks = list(sedna_lacks(Path(next(iter(spec.submodule_search_locations)))))
    if lacks:
        return missing("sedna", f"another build: no {', no '.join(lacks)}", _SEDNA)
    return present("sedna", "JsonlDataParse, JSONMetaDataParse, LCReporter_enable")


def sedna_lacks(package: Path) -> Iterator[str]:
    """Yield what a Sedna in this folder lacks of what Ianvs needs."""
    classes, _ = _names(package / "datasources" / "__init__.py")
    yield from sorted({"JsonlDataParse", "JSONMetaDataParse"} - classes)
    _, arguments = _names(package / "core" / "joint_inference" / "joint_inference.py")
    yield from sorted({"LCReporter_enable"} - arguments)
    if not (package / "common" / "class_factory.py").is_file():
        yield "class_factory"


def module(name: str, distribution: str) -> Fact:
    """Is a module here that Ianvs or Sedna imports?"""
    if _find(name) is None:
        return missing(distribution, f"no module `{name}`", f"pip install {distribution}")
    return present(distribution, f"module `{name}`")


def starts() -> Fact:
    """Does Ianvs import in a process of its own? The one sure test that nothing is missing."""
    command = [sys.executable, "-c", "import core.cmd.benchmarking"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_START_S_MAX, check=False)
    except subprocess.TimeoutExpired:
        return missing("starts", f"no answer in {_START_S_MAX} s", "try `ianvs -v` by hand")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return missing("starts", last, "install what is named here")
    return present("starts", "`ianvs` imports")


def _find(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None


def _names(path: Path) -> tuple[set[str], set[str]]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return set(), set()
    nodes = list(ast.walk(tree))
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return classes, {node.arg for node in nodes if isinstance(node, ast.arg)}

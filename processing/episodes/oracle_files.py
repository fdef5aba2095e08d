"""Which files decide: tests and what steers them. No answer of a model may bring or change one."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import PurePosixPath

_TESTS = ("test_*.py", "*_test.py", "conftest.py")
_FOLDERS = frozenset({"test", "tests"})
#: Settings of pytest, and what an interpreter loads by itself.
_STEERING = frozenset(
    {
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
        "sitecustomize.py",
        "usercustomize.py",
    }
)


def decides(path: str) -> bool:
    """Whether a file belongs to the tests, and not to an answer."""
    pure = PurePosixPath(path)
    return (
        pure.name in _STEERING
        or any(fnmatch(pure.name, pattern) for pattern in _TESTS)
        or not _FOLDERS.isdisjoint(pure.parts[:-1])
    )

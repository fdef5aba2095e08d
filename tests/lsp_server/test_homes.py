"""Homes that cannot be used are refused in one line that says what to do."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from lsp_server.home import locks
from lsp_server.recording import handles
from pairlog.cli import main
from pairlog.errors import UserError
from tests.lsp_server.desk import Desk


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _wait: bool) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr(locks, "_lock", refuse)
    with pytest.raises(UserError) as refused:
        Desk(tmp_path)
    told = str(refused.value)
    assert told.endswith(
        "lies on a file system without locks (no locks here); set PAIRLOG_HOME to a folder on a local disk"
    )
    assert "\n" not in told and list((tmp_path / "home" / "spool").iterdir()) == []


def test_a_home_that_became_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(handles, "Spool", refuse)
    with pytest.raises(UserError) as refused:
        Desk(tmp_path)
    told = str(refused.value)
    assert "Read-only file system" in told and "set PAIRLOG_HOME to another folder" in told
    assert list((tmp_path / "home" / "spool").iterdir()) == []
    assert list((tmp_path / "home").glob("recorder-*")) == []


def test_orders_in_a_home_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path)
    monkeypatch.setenv("PAIRLOG_HOME", str(desk.home.path))

    def refuse(_descriptor: int, _wait: bool) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(locks, "_lock", refuse)
    assert main(["pause", "all"]) == 1
    assert capsys.readouterr().err.count("\n") == 1

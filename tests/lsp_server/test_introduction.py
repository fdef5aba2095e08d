"""The header of a session, which nobody is recorded without."""

from __future__ import annotations

import pytest

from lsp_server.recording.introduction import Client, Introduction
from lsp_server.workspace.git import Facts
from pairlog.consent import parse


def test_no_session_begins_without_consent() -> None:
    introduction = Introduction(Client("Test", "1", "utf-16"), "recorder", "0" * 64)
    with pytest.raises(RuntimeError, match="somebody's word"):
        introduction.header("session", "2026-11-26T00:00:00.000Z", Facts(), parse("off"), None)

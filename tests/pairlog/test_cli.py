from __future__ import annotations

import subprocess
import sys

import pytest

from pairlog import __version__
from pairlog.cli import MOUNTS, main


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"pairlog {__version__}\n")


@pytest.mark.parametrize("words", [[], ["dance"], ["sessions", "--no-such-option"]])
def test_words_that_are_off_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: pairlog" in capsys.readouterr().err


def test_a_missing_extra_is_named_in_one_line() -> None:
    done = run(
        "import sys; sys.modules['fastapi'] = None\nfrom pairlog.cli import main\nsys.exit(main(['serve']))"
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "pairlog: `pairlog serve` needs fastapi, which is not installed; "
        "install it with: pip install 'pairlog[collector]'"
    )


def test_an_unknown_session_is_one_line_and_exit_1(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pairlog", "replay", "ffff", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("pairlog: ")


def test_the_help_of_every_command_can_be_asked_for() -> None:
    for name in MOUNTS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0


def test_the_recorder_loads_no_compiled_package() -> None:
    done = run(
        "import sys, lsp_server.cli, lsp_server.protocol.server, lsp_server.sending.sender\n"
        "print([name for name, module in sys.modules.items()"
        " if 'site-packages' in (getattr(module, '__file__', None) or '')"
        " and not module.__file__.endswith('.py')])"
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")

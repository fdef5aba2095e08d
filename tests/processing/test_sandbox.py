"""Real bubblewrap, real hostile programs. Run as root, as CI does, and as a plain user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pairlog.errors import Refused
from processing.episodes import sandbox
from processing.episodes.limits import MIB, Limits, Outcome
from processing.episodes.watch import resident_bytes

pytestmark = pytest.mark.usefixtures("sandboxed")

FILES = {"pkg/data.txt": (b"data", "100644"), "tool.sh": (b"#!/bin/sh\necho tool\n", "100755")}


def inside(code: str, limits: Limits | None = None) -> Outcome:
    return sandbox.run([sys.executable, "-I", "-c", code], FILES, limits or Limits(wall_s=20))


def commands_with(mark: str) -> list[bytes]:
    """The command lines of all processes on this machine that hold `mark`."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes()
        except OSError:
            continue
        if mark.encode() in line:
            found.append(line)
    return found


def said(code: str) -> str:
    outcome = inside(code)
    assert outcome.exit_code == 0, outcome.output.decode()
    return outcome.output.decode().strip()


def test_a_program_runs_in_a_copy_of_the_workspace() -> None:
    code = "import subprocess; print(open('pkg/data.txt').read(), subprocess.check_output('./tool.sh'))"
    assert said(code) == r"data b'tool\n'"


def test_the_exit_code_is_the_programs() -> None:
    assert inside("raise SystemExit(7)").exit_code == 7


def test_it_is_not_root_and_holds_no_power() -> None:
    code = "import os; print(os.getuid() != 0, os.getgid() != 0, os.getgroups() in ([], [os.getgid()]))"
    assert said(code) == "True True True"
    status = said("print(open('/proc/self/status').read())")
    powers = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {powers[name] for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert powers["NoNewPrivs"] == "1"


def test_there_is_no_network() -> None:
    code = """
import socket
print([name for _, name in socket.if_nameindex()])
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(error.strerror)
"""
    assert said(code).splitlines() == ["['lo']", "Network is unreachable"]


def test_nothing_of_ours_can_be_written() -> None:
    code = """
import os, sys
for place in ("/", "/etc", "/usr", "/seed", "/dev", "/proc/sys/kernel", sys.prefix, sys.base_prefix):
    try:
        open(os.path.join(place, "planted"), "w")
        print("wrote in", place)
    except OSError:
        pass
open("mine", "w").write("x")
open("/tmp/mine", "w").write("x")
print("done")
"""
    assert said(code) == "done"


def test_there_is_no_home_and_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAIRLOG_TOKEN", "secret")
    (tmp_path / "private").write_text("secret")
    code = f"""
import os
print(sorted(os.environ))
print(os.path.exists({str(tmp_path)!r}), os.path.exists({str(Path.cwd() / "pyproject.toml")!r}))
"""
    environment, seen = said(code).splitlines()
    assert "PAIRLOG_TOKEN" not in environment
    assert seen == "False False"


def test_no_other_process_can_be_seen() -> None:
    code = "import os; print(sum(name.isdecimal() for name in os.listdir('/proc')) < 8)"
    assert said(code) == "True"


def test_no_further_user_namespace_can_be_made() -> None:
    assert said("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))") == "-1"


def test_a_fork_bomb_meets_its_bound() -> None:
    code = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except OSError:
    print(made)
"""
    outcome = inside(code, Limits(wall_s=20, processes=20))
    assert outcome.exit_code == 0
    assert 0 < int(outcome.output) < 20


def test_one_process_cannot_take_more_memory_than_allowed() -> None:
    outcome = inside("bytearray(600 * 1024 * 1024)", Limits(wall_s=20, memory_bytes=512 * MIB))
    assert (outcome.exit_code, b"MemoryError" in outcome.output) == (1, True)


def test_many_processes_together_cannot_either() -> None:
    code = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = bytearray(os.urandom(1)) * (100 * 1024 * 1024)
        time.sleep(60)
time.sleep(60)
"""
    outcome = inside(code, Limits(wall_s=20, memory_bytes=400 * MIB))
    assert (outcome.stopped, outcome.exit_code) == ("memory", None)


@pytest.mark.parametrize("place", ["/workspace", "/tmp", "/dev/shm"])
def test_files_meet_their_bounds(place: str) -> None:
    code = f"""
try:
    for number in range(100):
        open(f"{place}/{{number}}", "wb").write(bytes(1024 * 1024))
except OSError as error:
    print(error.strerror)
"""
    outcome = inside(code, Limits(wall_s=20, disk_bytes=8 * MIB))
    assert outcome.output == b"No space left on device\n"


def test_one_file_meets_its_bound() -> None:
    outcome = inside("open('big', 'wb').write(bytes(2 * 1024 * 1024))", Limits(wall_s=20, file_bytes=MIB))
    assert b"File too large" in outcome.output


def test_processor_time_meets_its_bound() -> None:
    outcome = inside("while True: pass", Limits(wall_s=20, cpu_s=1))
    assert outcome.exit_code == 128 + 9


def test_output_is_cut_and_the_program_goes_on() -> None:
    outcome = inside("print('x' * 100_000); raise SystemExit(5)", Limits(wall_s=20, output_bytes=1000))
    assert (outcome.exit_code, outcome.output) == (5, b"x" * 1000)


def test_a_time_out_ends_the_whole_tree() -> None:
    mark = os.urandom(8).hex()
    code = f"""
import os, sys, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        os.execv(sys.executable, [sys.executable, "-I", "-c", "import time; time.sleep(600)", "{mark}"])
print("begun", flush=True)
time.sleep(600)
"""
    outcome = inside(code, Limits(wall_s=1))
    assert (outcome.stopped, outcome.exit_code, outcome.output) == ("time", None, b"begun\n")
    assert commands_with(mark) == []


def test_what_was_left_in_the_background_ends_with_the_program() -> None:
    mark = os.urandom(8).hex()
    code = f"""
import subprocess, sys
sleeper = [sys.executable, "-I", "-c", "import time; time.sleep(600)", "{mark}"]
subprocess.Popen(sleeper, start_new_session=True)
"""
    assert inside(code).exit_code == 0
    assert commands_with(mark) == []


def test_the_report_comes_out_and_only_up_to_its_bound() -> None:
    code = "import sys; open(sys.argv[1], 'w').write('r' * 5000)"
    command = [sys.executable, "-I", "-c", code, sandbox.REPORT]
    outcome = sandbox.run(command, FILES, Limits(wall_s=20, report_bytes=4096))
    assert outcome.report == b"r" * 4096
    outcome = sandbox.run(command, FILES, Limits(wall_s=20))
    assert (outcome.output, outcome.report) == (b"", b"r" * 5000)


def test_without_bubblewrap_it_refuses_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.available.cache_clear()
    try:
        with monkeypatch.context() as patch:
            patch.setenv("PATH", "")
            with pytest.raises(Refused, match="bwrap and prlimit and setpriv not found; install bubblewrap"):
                sandbox.run(["true"], FILES, Limits())
    finally:
        sandbox.available.cache_clear()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_works_for_a_plain_user_or_says_in_one_line_why_not() -> None:
    """With the system's interpreter, as ours may lie where only root can look."""
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    if python is None:
        pytest.skip("no interpreter that every user may run")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for package in ("pairlog", "processing"):
            shutil.copytree(Path(sandbox.__file__).parents[2] / package, Path(folder) / package)
        done = subprocess.run(
            [python, "-c", "from processing.episodes import sandbox; print(sandbox.available())"],
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=True,
        )
    answer = done.stdout.strip()
    assert answer == "None" or (answer.startswith("bubblewrap does not work here: ") and "\n" not in answer)


def test_the_memory_of_a_process_that_is_gone_is_none() -> None:
    assert resident_bytes(2**22 + 1) == 0

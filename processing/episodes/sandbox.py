"""The sandbox: runs hostile code with bubblewrap, or says why this machine cannot.

Inside there is a read-only system, the interpreter that runs Pairlog, and a copy of the workspace in memory:
no network, no home, no other process, no environment of ours, and a user who is not root. Nothing that is
written there outlives the run; what comes out is the output and one report, both bounded.

What it does not stop: a test process can forge its own report, as it shares an interpreter with the tests.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pairlog.errors import Refused
from processing.episodes.limits import Limits, Outcome
from processing.episodes.watch import watch
from processing.episodes.workspace import Files, lay

#: Stands in a command for the path of the report.
REPORT = "{report}"

_TOOLS = ("bwrap", "prlimit", "setpriv")
_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin")
_SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
)
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
#: To become the user who is nobody, and for nothing else.
_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
#: Users that exist nowhere. The kernel counts processes per user, so each run of root's gets its own.
_FIRST_UID, _UIDS = 1_900_000_000, 50_000_000
_ENVIRONMENT = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "sandbox",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
#: Lays the workspace, runs the program without the descriptor of the report, then hands the report out.
_INSIDE = """\
exec 3>&2 2>&1
report=$1 bytes=$2
shift 2
cp -RP /seed/. . || exit 125
"$@" 3>&-
code=$?
[ -f "$report" ] && head -c "$bytes" "$report" >&3
exit $code
"""


def require() -> None:
    """Raises Refused where this machine cannot run hostile code safely."""
    reason = available()
    if reason is not None:
        raise Refused(f"nothing can be executed on this machine: {reason}")


@cache
def available() -> str | None:
    """None where the sandbox works, found out by running a program in it; else the reason in one line."""
    if sys.platform != "linux":
        return f"the sandbox needs Linux, and this is {sys.platform}"
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{' and '.join(missing)} not found; install bubblewrap and util-linux"
    probe = "import os; assert os.getuid(); print(open('hello').read())"
    outcome = _run([sys.executable, "-I", "-c", probe], {"hello": (b"inside", "100644")}, Limits(wall_s=20))
    if outcome.exit_code == 0 and outcome.output == b"inside\n":
        return None
    said = (outcome.report + outcome.output).decode("utf-8", "replace").split("\n")
    last = next((line for line in reversed(said) if line.strip()), f"exit {outcome.exit_code}")
    return f"bubblewrap does not work here: {last.strip()[:200]}"


def run(command: Sequence[str], files: Files, limits: Limits) -> Outcome:
    """Run `command` in a copy of `files`; a word `{report}` in it becomes the path of the report to write.

    Raises Refused where this machine cannot do it safely, and
    `processing.episodes.workspace.BadWorkspace` where the files cannot be laid.
    """
    require()
    return _run(command, files, limits)


def _run(command: Sequence[str], files: Files, limits: Limits) -> Outcome:
    report = f"/report/{secrets.token_hex(8)}"
    program = [report if word == REPORT else word for word in command]
    with tempfile.TemporaryDirectory(prefix="pairlog-sandbox-") as folder:
        seed = Path(folder) / "seed"
        lay(seed, files)
        started = time.monotonic()
        with subprocess.Popen(
            [
                *_bubblewrap(seed, limits),
                "--",
                *_limited(limits),
                *_nobody(),
                *("sh", "-c", _INSIDE, "sh", report, str(limits.report_bytes)),
                *program,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                output, told, stopped = watch(process, limits)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        duration_s = time.monotonic() - started
    exit_code = None if stopped else process.returncode
    return Outcome(exit_code=exit_code, output=output, report=told, duration_s=duration_s, stopped=stopped)


def _bubblewrap(seed: Path, limits: Limits) -> Iterator[str]:
    yield from ("bwrap", "--die-with-parent", *_NAMESPACES)
    if os.geteuid() == 0:
        # Root mounts what only root may read (an interpreter below /root), and changes user afterwards.
        yield from ("--cap-drop", "ALL")
        for capability in _CAPABILITIES:
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--disable-userns")
    yield "--clearenv"
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    for name, value in {"PATH": path, **_ENVIRONMENT}.items():
        yield from ("--setenv", name, value)
    for place in (*_SYSTEM, *_SETTINGS):
        yield from ("--ro-bind-try", place, place)
    yield from ("--proc", "/proc", "--dev", "/dev")
    for place in ("/dev/shm", "/tmp", "/workspace", "/report"):
        size = limits.report_bytes if place == "/report" else limits.disk_bytes
        yield from ("--perms", "1777", "--size", str(size), "--tmpfs", place)
    # Behind the folders in memory, for the interpreter may lie below /tmp.
    for place in _interpreter():
        # bubblewrap makes what lies above a mount for its own user alone.
        for above in reversed(Path(place).parents[:-1]):
            yield from ("--perms", "0755", "--dir", str(above))
        yield from ("--ro-bind", place, place)
    yield from ("--ro-bind", str(seed), "/seed")
    yield from ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace")


def _interpreter() -> list[str]:
    """The folders of the running interpreter and of what is installed for it, but for those of the system."""
    folders = {sys.prefix, sys.base_prefix, str(Path(sys.base_prefix).resolve())}
    return sorted(folder for folder in folders if not Path(folder).is_relative_to("/usr"))


def _limited(limits: Limits) -> list[str]:
    return [
        "prlimit",
        f"--as={limits.memory_bytes}",
        f"--nproc={limits.processes}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.file_bytes}",
        f"--cpu={limits.cpu_s}",
        "--core=0",
        "--",
    ]


def _nobody() -> list[str]:
    """The words that change to a user who is nobody; none where bubblewrap runs as a plain user.

    The second bubblewrap only shuts the door to further user namespaces, whose owner could mount memory.
    """
    if os.geteuid() != 0:
        return []
    uid = _FIRST_UID + secrets.randbelow(_UIDS)
    drop = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    shut = ["bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--"]
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *drop, *shut]

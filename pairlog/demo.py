"""`pairlog demo`: the whole way on the bundled session, each stage a `pairlog` command of its own.

It imports no room: what it shows is what anybody gets who types the same commands.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from pairlog.cli import Configure
from pairlog.client import Client
from pairlog.errors import Refused, UserError
from pairlog.events import Workspace
from pairlog.feed import messages
from pairlog.line import decode_all
from pairlog.lsp_client import speak
from pairlog.source import SessionInfo
from pairlog.source.files import FileSource
from pairlog.workspace import restore

_BUNDLED = Path(__file__).parent / "data" / "demo"
_ACK_SECONDS_MAX = 30


@dataclass
class Demo:
    """One run: where its files are, its collector, and what the stages found."""

    folder: Path
    address: str = ""
    token: str = ""
    session: str = ""
    refused: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The surroundings of every command: this home, this collector, this token."""
        return {
            **os.environ,
            "PAIRLOG_HOME": str(self.folder / "home"),
            "PAIRLOG_COLLECTOR_URL": self.address,
            "PAIRLOG_TOKEN": self.token,
        }

    def pairlog(self, *words: str | Path) -> str:
        """Run a command and return what it printed. Raises UserError, or Refused, with its last line."""
        done = subprocess.run(
            command(*words), env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
            kind = Refused if done.returncode == Refused.exit_code else UserError
            raise kind(said[-1].removeprefix("pairlog: "))
        return done.stdout

    def record(self) -> str:
        """Feed the bundled session through the language server, as an editor would."""
        with FileSource(_BUNDLED) as source:
            (info,) = source.sessions()
            lines = list(source.lines(info.session))

            def blob(sha256: str) -> bytes:
                return source.blob(info.session, sha256)

            folder = self.folder / "project"
            manifest = next(event.manifest for event in decode_all(lines) if isinstance(event, Workspace))
            restore(manifest, blob, folder)
            options = {"consent": info.consent, "use": info.use}
            sent = speak(command("lsp"), self.environment, messages(lines, folder.as_uri(), options, blob))
        row = self._acknowledged()
        self.session = row.session
        return f"{sent} messages of {row.editor} became {row.events} events, all acknowledged"

    def _acknowledged(self) -> SessionInfo:
        """The session's row, once its last line is stored."""
        deadline = time.monotonic() + _ACK_SECONDS_MAX
        with Client(self.address, self.token) as collector:
            while time.monotonic() < deadline:
                row = next(collector.sessions(), None)
                if row is not None and row.complete:
                    return row
                time.sleep(0.05)
        raise UserError(f"the collector did not get the whole session; see {self.folder / 'home'}")

    def verify(self) -> str:
        """Rebuild every saved text and compare."""
        (row,) = json.loads(self.pairlog("verify", "all", "--json"))
        return f"{row['saves']} saves rebuilt from keystrokes, each equal to what the editor saved"

    def understand(self) -> str:
        """Steps whose diffs compose to the final text."""
        counts = json.loads(self.pairlog("trajectories", "--out", self.folder / "steps", "--json"))
        return f"{counts['steps']} steps, whose diffs compose to the final text"

    def build(self) -> str:
        """A task out of the session: make the failing test pass."""
        counts = json.loads(self.pairlog("episodes", "build", "--out", self.episodes, "--json"))
        return f"{counts['episodes']} generation episode: make the failing test pass"

    def check(self) -> str:
        """The human's answer must pass every time, the untouched base fail."""
        counts = json.loads(self.pairlog("episodes", "check", self.episodes, "--json"))
        return f"{counts['accepted']} accepted: the human's answer passes 5 of 5, the untouched base fails"

    def measure(self) -> str:
        """The ceiling and the floor of the benchmark."""
        words = ("--model", "human", "--model", "base", "--out", self.folder / "results", "--json")
        rows = json.loads(self.pairlog("bench", "run", self.episodes, *words))
        return ", ".join(f"{row['model']} resolves {row['resolved']} of {row['episodes']}" for row in rows)

    def hand_over(self) -> str:
        """The job folder for KubeEdge-Ianvs."""
        job = self.folder / "job"
        self.pairlog("ianvs", "export", self.episodes, "--out", job)
        return f"a job of {sum(file.is_file() for file in job.rglob('*'))} files for KubeEdge-Ianvs"

    @property
    def episodes(self) -> Path:
        """The file of episodes."""
        return self.folder / "episodes.jsonl"


def command(*words: str | Path) -> list[str]:
    """The command line of a `pairlog` command under this very interpreter."""
    return [sys.executable, "-m", "pairlog", *map(str, words)]


@contextmanager
def collector(demo: Demo, keep: bool) -> Iterator[list[tuple[str, str]]]:
    """A collector for the demo. With `keep` it outlives us, and what to do with it then is yielded."""
    log = (demo.folder / "collector.log").open("w")
    process = subprocess.Popen(
        command("serve", "--port", "0"),
        env=demo.environment,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=keep,
    )
    try:
        assert process.stdout is not None
        demo.address = process.stdout.readline().strip()
        if not demo.address:
            said = (demo.folder / "collector.log").read_text().strip().splitlines() or ["it printed nothing"]
            raise UserError(f"the collector did not start: {said[-1]}")
        demo.token = demo.pairlog("token", "create", "demo", "--role", "contributor").strip()
        yield [("stop the collector", f"kill {process.pid}")] if keep else []
    except BaseException:
        keep = False
        _end_sender(demo.folder / "home" / "sender.pid")
        raise
    finally:
        log.close()
        if not keep:
            process.terminate()
            process.wait(10)


def _end_sender(pid: Path) -> None:
    """End a sender that would go on looking for a collector that has gone."""
    try:
        os.kill(int(pid.read_text()), signal.SIGTERM)
    except (OSError, ValueError):
        return


def stages(demo: Demo) -> list[tuple[str, Callable[[], str]]]:
    """The way of the data, a name and what to do."""
    return [
        ("record", demo.record),
        ("verify", demo.verify),
        ("understand", demo.understand),
        ("episode", demo.build),
        ("check", demo.check),
        ("measure", demo.measure),
        ("hand over", demo.hand_over),
    ]


def run(args: argparse.Namespace) -> int:
    """Run the stages; 1 where one of them fails, and 0 where this machine only refuses some."""
    console = Console(highlight=False)
    folder = args.out or Path(tempfile.mkdtemp(prefix="pairlog-demo-"))
    if args.out and folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty; name a new folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    demo = Demo(folder.absolute())
    begun = time.monotonic()
    console.print("\n[bold]Pairlog[/]: a session recorded in Neovim goes the whole way\n")
    with collector(demo, args.keep) as kept:
        _line(console, "[green]done[/]   ", "collect", f"a collector at {demo.address}", begun)
        for name, stage in stages(demo):
            started = time.monotonic()
            try:
                found, mark = stage(), "[green]done[/]   "
            except Refused as error:
                found, mark = str(error), "[yellow]refused[/]"
                demo.refused.append(name)
            _line(console, mark, name, found, started)
        _next(console, demo, kept)
    console.print(f"[dim]{time.monotonic() - begun:.1f} s in all[/]\n")
    return 0


def _line(console: Console, mark: str, name: str, found: str, started: float) -> None:
    seconds = time.monotonic() - started
    console.print(f"  {mark}  [bold]{name:<10}[/] {escape(found)} [dim]{seconds:.1f} s[/]", soft_wrap=True)


def _next(console: Console, demo: Demo, kept: list[tuple[str, str]]) -> None:
    """Where to look next."""
    program, folder = _program(), demo.folder
    data = folder / "home" / "data"
    opened = [("open the collector", demo.pairlog("open", "--url", demo.address).strip())] if kept else []
    rows = [
        *opened,
        *kept,
        ("play the session", shlex.join([program, "replay", demo.session[:13], "--data", str(data)])),
        ("read its steps", str(folder / "steps" / "steps.jsonl")),
        ("see the verdicts", shlex.join([program, "bench", "report", str(folder / "results")])),
        ("run it in Ianvs", str(folder / "job" / "README.md")),
    ]
    console.print("\n[bold]Look next[/]")
    for what, where in rows:
        console.print(f"  {what:<19} [cyan]{escape(where)}[/]", soft_wrap=True)
    console.print("")


def _program() -> str:
    """How `pairlog` is called from here: by its name, or by its place where no PATH leads there."""
    place = Path(sys.executable).parent / "pairlog"
    return "pairlog" if shutil.which("pairlog") or not place.exists() else os.path.relpath(place)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--keep", action="store_true", help="leave the collector up and print its address")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where everything goes (default: a new folder)"
    )
    parser.set_defaults(run=run)


COMMANDS: dict[str, Configure] = {"demo": configure}

"""Files that are never recorded: by their names, by git, by where they lie."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lsp_server.home.blob_store import BlobStore
from lsp_server.workspace import gate as module
from lsp_server.workspace import git, manifest
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.paths import Folder
from pairlog.blobs import read_manifest
from pairlog.denied import DenyList

Git = Callable[..., None]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def run_git(shop: Path) -> Git:
    """Git in a folder of the repository `shop`."""

    def run(*words: str, at: Path = shop) -> None:
        identity = ("-c", "user.name=Pairlog", "-c", "user.email=pairlog@example.invalid")
        allowed = ("-c", "protocol.file.allow=always")
        subprocess.run(["git", "-C", str(at), *identity, *allowed, *words], check=True, capture_output=True)

    run("init", "-q", "-b", "main")
    return run


def write(folder: Path, *names: str, text: str = "x\n") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def denied(folder: Path, *paths: str, **globs: list[str]) -> list[str]:
    gate = Gate(Folder(folder), DenyList(**globs))
    return [path for path in paths if gate.denies(path)]


class TestNames:
    @pytest.mark.parametrize(
        "path",
        [
            ".env",
            ".env.local",
            ".ENVRC",
            "deep/er/.env",
            ".env/readme.txt",
            "server.pem",
            "a/server.KEY",
            "x.p12",
            "x.cert",
            "x.crt",
            "id_rsa",
            "id_ed25519.pub",
            "secrets.yaml",
            "Secrets.json",
            ".netrc",
            "home/.npmrc",
            ".pypirc",
            "certs.key/notes.md",
        ],
    )
    def test_what_is_named_like_a_secret_is_denied_wherever_it_lies(self, path: str) -> None:
        assert DenyList().denies(path) is True

    @pytest.mark.parametrize(
        "path", ["env", "a.env", "a.pem.txt", "keys", "idea.py", "secrets", "my.netrc", "src/identity.py"]
    )
    def test_what_is_not_is_for_git_to_say(self, path: str) -> None:
        assert DenyList().denies(path) is None

    @pytest.mark.parametrize(
        ("glob", "path", "is_meant"),
        [
            ("*.log", "a/b.log", True),
            ("*.log", "a.log/b", True),
            ("*.LOG", "a.log", True),
            ("*.log", "a.logs", False),
            ("build", "a/build/b/c", True),
            ("build/", "build/c", True),
            ("/build", "build", True),
            ("/build", "a/build", False),
            ("a/*.py", "a/b.py", True),
            ("a/*.py", "a/b/c.py", False),
            ("a/**/c.py", "a/c.py", True),
            ("a/**/c.py", "a/x/y/c.py", True),
            ("a/**", "a/b", True),
            ("a/**", "a", False),
            ("**", "any/thing", True),
            ("a?c", "abc", True),
            ("a?c", "a/c", False),
            ("[ab].py", "b.py", True),
            ("[!ab].py", "b.py", False),
            ("[!ab].py", "c.py", True),
            ("[z-a]", "[z-a]", True),
            ("[", "[", True),
            ("a.c", "abc", False),
            ("*", "line\nbreak", True),
            ("/", "a", False),
        ],
    )
    def test_a_glob_means_what_people_expect(self, glob: str, path: str, is_meant: bool) -> None:
        assert DenyList(exclude=[glob]).denies(path) is (True if is_meant else None)

    def test_a_person_lets_in_and_adds_and_what_is_added_wins(self) -> None:
        rules = DenyList(include=["id_*", "docs/**", "*.pem"], exclude=["*.pem", "docs/private"])
        paths = ["id_card.py", "docs/.env", "docs/private/a", "a.pem", ".env", "a.py"]
        assert [rules.denies(path) for path in paths] == [False, False, True, True, True, None]


class TestGit:
    def test_an_ignore_file_holds_from_its_own_folder_on(self, shop: Path, run_git: Git) -> None:
        write(shop, "a.log", "sub/a.log", "sub/keep.txt", "sub/a.tmp", "b.tmp")
        write(shop, ".gitignore", text="*.log\n")
        write(shop, "sub/.gitignore", text="*.tmp\n!a.log\n")
        names = ("a.log", "sub/a.log", "sub/keep.txt", "sub/a.tmp", "b.tmp", "sub/not/there/yet.tmp")
        assert denied(shop, *names) == ["a.log", "sub/a.tmp", "sub/not/there/yet.tmp"]

    def test_excludes_of_the_repository_and_of_an_outer_folder_hold_too(
        self, shop: Path, run_git: Git
    ) -> None:
        write(shop, "packages/web/a.local", ".gitignore", text="*.local\n")
        write(shop, ".git/info/exclude", text="*.mine\n")
        assert denied(shop / "packages" / "web", "a.local", "b.mine", "c.py") == ["a.local", "b.mine"]

    def test_a_tracked_file_is_never_ignored(self, shop: Path, run_git: Git) -> None:
        write(shop, "a.log", "b.log")
        run_git("add", "a.log")
        write(shop, ".gitignore", text="*.log\n")
        assert denied(shop, "a.log", "b.log") == ["b.log"]

    def test_a_worktree_has_the_ignore_files_of_its_own(
        self, shop: Path, run_git: Git, tmp_path: Path
    ) -> None:
        write(shop, ".gitignore", text="*.log\n")
        run_git("add", ".")
        run_git("commit", "-qm", "first")
        run_git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
        write(tmp_path / "tree", "sub/.gitignore", text="*.tmp\n")
        assert denied(tmp_path / "tree", "a.log", "sub/b.tmp", "b.tmp") == ["a.log", "sub/b.tmp"]

    def test_a_submodule_and_a_nested_repository_speak_for_themselves(
        self, shop: Path, run_git: Git, tmp_path: Path
    ) -> None:
        library = tmp_path / "library"
        write(library, ".gitignore", text="*.out\n")
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
            run_git(*words, at=library)
        run_git("submodule", "add", "-q", str(library), "lib")
        write(shop, ".gitignore", text="*.log\nnested/\n")
        write(shop, "nested/.gitignore", text="*.own\n")
        run_git("init", "-q", at=shop / "nested")
        names = ("lib/a.out", "lib/a.log", "lib/a.py", "nested/a.own", "nested/a.py", "a.out")
        assert denied(shop, *names) == ["lib/a.out", "nested/a.own"]

    def test_outside_a_repository_and_without_git_nothing_is_ignored(
        self, shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(shop, ".gitignore", text="*\n")
        assert denied(shop, "a.py") == []
        (shop / ".git").mkdir()
        assert denied(shop, "a.py") == []
        monkeypatch.setenv("PATH", "")
        assert denied(shop, "a.py") == []

    def test_a_person_lets_an_ignored_file_in(self, shop: Path, run_git: Git) -> None:
        write(shop, ".gitignore", text="*.log\n")
        assert denied(shop, "a.log", "b.log", include=["a.log"]) == ["b.log"]

    @pytest.mark.parametrize("name", [":(top)a.log", "*.py", "a b\n.log", "ü.log", "-q"])
    def test_an_odd_name_is_no_pattern_and_no_option(self, name: str, shop: Path, run_git: Git) -> None:
        write(shop, ".gitignore", text="*.log\n")
        assert denied(shop, name) == ([name] if name.endswith(".log") else [])

    def test_an_editor_that_git_started_asks_about_the_right_repository(
        self, shop: Path, run_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_git("init", "-q", str(tmp_path / "other"))
        write(shop, ".gitignore", text="*.log\n")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
        assert denied(shop, "a.log", "a.py") == ["a.log"]

    def test_a_git_that_does_not_answer_denies_and_only_then(
        self, shop: Path, run_git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow = tmp_path / "bin" / "git"
        write(slow.parent, "git", text="#!/bin/sh\nexec sleep 30\n")
        slow.chmod(0o755)
        monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
        monkeypatch.setattr(module, "_SECONDS_MAX", 0.2)
        gate = Gate(Folder(shop))
        assert gate.denies("a.py") and gate.unanswered == {"a.py"}
        monkeypatch.undo()
        assert not gate.denies("a.py") and gate.unanswered == set()

    def test_nothing_that_a_repository_configures_is_executed(
        self, shop: Path, run_git: Git, tmp_path: Path
    ) -> None:
        trap = tmp_path / "trap"
        trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
        trap.chmod(0o755)
        write(shop, "a.py")
        run_git("add", ".")
        run_git("config", "core.fsmonitor", str(trap))
        run_git("config", "core.pager", str(trap))
        denied(shop, "a.py", "b.py")
        assert not (tmp_path / "sprung").exists()

    def test_what_was_said_of_a_named_file_holds_until_an_ignore_file_is_saved(
        self, shop: Path, run_git: Git
    ) -> None:
        asked: list[list[str]] = []

        def ask(folder: Path, names: Any, seconds: float) -> set[str] | None:
            asked.append(sorted(names))
            return git.ignored(folder, names, seconds)

        write(shop, "sub/there")
        gate = Gate(Folder(shop), ask=ask)
        assert gate.denied(["a.log", "b.log", "sub/c"]) == set()
        write(shop, ".gitignore", text="*.log\n")
        assert gate.denied(["a.log"]) == set()
        gate.forget()
        assert gate.denied(["a.log", "sub/c"]) == {"a.log"}
        assert asked == [["a.log", "b.log", "sub/c"], ["a.log", "sub/c"]]

    def test_each_repository_is_asked_once_about_all_its_folders(self, shop: Path, run_git: Git) -> None:
        asked: list[tuple[Path, list[str]]] = []

        def ask(folder: Path, names: Any, seconds: float) -> set[str] | None:
            asked.append((folder, sorted(names)))
            return git.ignored(folder, names, seconds)

        write(shop, ".gitignore", text="*.log\n")
        write(shop, "a/.gitignore", text="*.tmp\n")
        run_git("init", "-q", "nested")
        names = ["a.log", "a/b.tmp", "a/deep/c.log", "b/not/there.tmp", "nested/d/e.log"]
        assert Gate(Folder(shop), ask=ask).denied(names) == {"a.log", "a/b.tmp", "a/deep/c.log"}
        assert asked == [(shop, names[:4]), (shop / "nested", ["d/e.log"])]

    def test_a_path_that_git_refuses_costs_no_other_its_answer(self, shop: Path, run_git: Git) -> None:
        """A submodule that was never fetched: whoever names a file in it gets an error from git."""
        run_git("commit", "-q", "--allow-empty", "-m", "first")
        run_git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
        write(shop, ".gitignore", text="*.log\n")
        write(shop, "sub/a.log", "lib/a.log")
        names = ["a.log", "b.py", "lib/a.log", "sub/a.log", "sub/b.py"]
        assert Gate(Folder(shop)).denied(names) == {"a.log", "sub/a.log"}

    def test_what_git_did_not_answer_is_asked_again_after_seconds(
        self, shop: Path, run_git: Git, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers: list[set[str] | None] = [None, {"a.log"}]
        gate = Gate(Folder(shop), ask=lambda _folder, _names, _seconds: answers.pop(0))
        told = []
        for seconds in (100.0, 104.0, 106.0, 110.0, 135.0):
            monkeypatch.setattr(module.time, "monotonic", lambda now=seconds: now)
            told.append(gate.denied(["a.log", "a.py"]))
        assert told == [{"a.log", "a.py"}, {"a.log", "a.py"}, {"a.log"}, {"a.log"}, {"a.log"}]
        assert (answers, gate.unanswered) == ([], set())


class TestLinks:
    def test_a_link_out_of_the_workspace_is_denied_whoever_lets_it_in(
        self, shop: Path, tmp_path: Path
    ) -> None:
        write(tmp_path, "elsewhere/notes.txt")
        (shop / "out.txt").symlink_to(tmp_path / "elsewhere" / "notes.txt")
        (shop / "away").symlink_to(tmp_path / "elsewhere")
        names = ("out.txt", "away/notes.txt", "away/new.txt", "in.txt")
        assert denied(shop, *names, include=["**"]) == ["out.txt", "away/notes.txt", "away/new.txt"]

    def test_a_link_is_what_it_leads_to(self, shop: Path, run_git: Git) -> None:
        write(shop, ".env", "a.log", "real/a.py")
        write(shop, ".gitignore", text="*.log\n")
        for name, target in (
            ("settings", ".env"),
            ("today", "a.log"),
            ("linked", "real"),
            ("b.py", "real/a.py"),
        ):
            (shop / name).symlink_to(target)
        assert denied(shop, "settings", "today", "linked/a.py", "b.py") == ["settings", "today"]

    def test_a_workspace_behind_a_link_is_the_one_it_leads_to(self, shop: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(shop)
        assert denied(tmp_path / "link", "a.py", ".env") == [".env"]

    def test_a_name_that_no_file_can_have_is_denied(self, shop: Path, run_git: Git) -> None:
        names = ["a\0b", "\ud800/\udfff", "x" * 300, f"{'x' * 300}/a.py", "x/" * 3000 + "a.py"]
        gate = Gate(Folder(shop))
        assert gate.denied([*names, "a.py"]) == set(names)
        assert [name for name in [*names, "a.py"] if gate.denies_tracked(name)] == names


def test_the_manifest_has_no_denied_file_and_counts_them(shop: Path, run_git: Git, tmp_path: Path) -> None:
    write(shop, "a.py", ".env", "keys/server.pem", "id_card.py", "notes.md", "kept.log")
    (shop / "settings").symlink_to(".env")
    (shop / "out").symlink_to("/etc/hostname")
    (shop / "cache").symlink_to("ignored.tmp")
    run_git("add", ".")
    write(shop, ".gitignore", text="*.log\n*.tmp\n")
    blobs = BlobStore(tmp_path)
    gate = Gate(Folder(shop), DenyList(include=["id_card.py"], exclude=["*.md"]))
    taken = manifest.take(shop, blobs, gate.denies_tracked)
    assert taken is not None
    data = blobs.get(taken.blob)
    assert data is not None
    files = [file.path for file in read_manifest(data)]
    assert (files, taken.files, taken.omitted) == ([".gitignore", "a.py", "id_card.py", "kept.log"], 4, 6)

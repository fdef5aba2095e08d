from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lsp_server.home.blob_store import BlobStore
from lsp_server.senses.before import Before
from lsp_server.workspace import manifest
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.git import Facts, facts, without_credentials
from lsp_server.workspace.index import indexed
from lsp_server.workspace.paths import Folder

Git = Callable[..., str]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    return folder


@pytest.fixture
def git(repository: Path) -> Git:
    def run(*arguments: str) -> str:
        identity = ("-c", "user.name=Pairlog", "-c", "user.email=pairlog@example.invalid")
        command = ["git", "-C", str(repository), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    run("init", "-q", "-b", "main")
    return run


def taken(folder: Path, blobs: Path) -> dict[str, Any]:
    """The files of a manifest by their paths, and what the manifest says of itself."""
    blobs.mkdir(exist_ok=True)
    store = BlobStore(blobs)
    found = manifest.take(folder, store, Gate(Folder(folder)).denies_tracked)
    assert found is not None
    data = store.get(found.blob)
    assert data is not None
    files = {it["path"]: (it["mode"], store.get(it["blob"])) for it in json.loads(data)["files"]}
    assert found.files == len(files)
    return {"files": files, "omitted": found.omitted, "dirty": found.dirty}


def test_facts_name_the_project_by_its_root_commit(repository: Path, git: Git) -> None:
    (repository / "a").write_text("1")
    git("add", ".")
    git("commit", "-qm", "first")
    root = git("rev-parse", "HEAD")
    git("commit", "-qm", "second", "--allow-empty")
    git("remote", "add", "origin", "https://mine:secret@example.org/shop.git?token=1")
    assert facts(repository) == Facts(
        project=hashlib.sha256(root.encode()).hexdigest(),
        remote="https://example.org/shop.git",
        head=git("rev-parse", "HEAD"),
        branch="main",
    )


def test_a_folder_without_git_and_one_without_a_commit_have_what_they_have(
    tmp_path: Path, repository: Path, git: Git
) -> None:
    assert facts(tmp_path) == Facts()
    assert facts(repository) == Facts(branch="main")


@pytest.mark.parametrize(
    ("remote", "kept"),
    [
        ("git@example.org:mine/shop.git", "example.org:mine/shop.git"),
        ("ssh://git@example.org:2222/shop", "ssh://example.org:2222/shop"),
        ("https://example.org/shop", "https://example.org/shop"),
        ("/home/dev/shop.git", None),
        ("../shop.git", None),
        ("C:/shop", None),
        ("file:///home/dev/shop", None),
    ],
)
def test_a_remote_loses_its_credentials_and_a_local_path_is_no_remote(remote: str, kept: str | None) -> None:
    assert without_credentials(remote) == kept


def test_a_manifest_holds_the_files_as_they_stand(repository: Path, git: Git, tmp_path: Path) -> None:
    for name, text in (("a.py", "a"), ("sub/run.sh", "b"), ("gone", "c"), ("ü\n.txt", "d")):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text)
    (repository / "sub/run.sh").chmod(0o755)
    (repository / "link").symlink_to("a.py")
    (repository / "away").symlink_to("/etc/hostname")
    git("add", ".")
    git("commit", "-qm", "first")
    assert taken(repository, tmp_path / "blobs")["dirty"] is False
    (repository / "gone").unlink()
    (repository / "a.py").write_bytes(b"changed\xff")
    (repository / "new").write_text("e")
    assert taken(repository, tmp_path / "blobs") == {
        "files": {
            "a.py": ("100644", b"changed\xff"),
            "sub/run.sh": ("100755", b"b"),
            "ü\n.txt": ("100644", b"d"),
            "link": ("120000", b"a.py"),
            "new": ("100644", b"e"),
        },
        "omitted": 1,
        "dirty": True,
    }


def test_what_is_too_large_is_counted(
    repository: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "FILE_BYTES_MAX", 10)
    monkeypatch.setattr(manifest, "WORKSPACE_BYTES_MAX", 15)
    for name, size in (("a", 11), ("b", 10), ("c", 6), ("d", 5)):
        (repository / name).write_bytes(b"x" * size)
    git("add", ".")
    found = taken(repository, tmp_path / "blobs")
    assert (list(found["files"]), found["omitted"]) == (["b", "d"], 2)


def test_a_folder_in_no_repository_has_no_manifest(tmp_path: Path) -> None:
    assert manifest.take(tmp_path, BlobStore(tmp_path), lambda _path: False) is None


def test_nothing_that_a_repository_configures_is_executed(repository: Path, git: Git, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (repository / "a.py").write_text("a")
    (repository / ".gitattributes").write_text("* filter=trap diff=trap\n")
    git("add", ".")
    git("commit", "-qm", "first")
    for name in (
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.trap.smudge",
        "diff.external",
        "diff.trap.command",
    ):
        git("config", name, str(trap))
    (repository / "a.py").write_text("b")
    os.utime(repository / "a.py", (1, 1))
    facts(repository)
    taken(repository, tmp_path / "blobs")
    Before(repository, lambda _path: False).look((indexed(repository) or {}).values(), lambda _paths: set())
    assert not (tmp_path / "sprung").exists()

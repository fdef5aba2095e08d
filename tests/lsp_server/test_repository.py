from __future__ import annotations

import os
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from lsp_server.senses.repository import Happening, Repository
from tests.lsp_server.git_shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop", {"cart.py": "total = 1\n", "shelf.py": "full = True\n"})


def followed(shop: Shop) -> Repository:
    repository = Repository.of(shop.root)
    assert repository is not None
    return repository


def words(happened: list[Happening]) -> list[str]:
    """Each as `action how@branch`."""
    return [f"{it.move.action}{f' {it.move.how}' if it.move.how else ''}@{it.branch}" for it in happened]


def test_a_commit_is_told_with_its_parents_message_and_paths(shop: Shop) -> None:
    first = shop.head
    repository = followed(shop)
    shop.write("cart.py", "total = 2\n")
    made = shop.commit("Two of them\n\nBecause of the sale.")
    (it,) = repository.look()
    assert it.commit is not None
    assert (it.move.action, it.move.after, it.branch) == ("commit", made, "main")
    assert (it.commit.parents, it.commit.message) == ([first], "Two of them\n\nBecause of the sale.\n")
    assert it.paths == ["cart.py"]
    assert repository.look() == []


def test_several_moves_between_two_looks_are_told_in_their_order(shop: Shop) -> None:
    repository = followed(shop)
    shop.git("checkout", "-q", "-b", "sale")
    shop.write("cart.py", "total = 2\n")
    shop.commit("A")
    shop.git("commit", "-q", "--amend", "-m", "B")
    shop.git("checkout", "-q", "main")
    shop.git("merge", "-q", "--no-ff", "-m", "Merge the sale", "sale")
    shop.git("branch", "next")
    assert words(repository.look()) == [
        "branch create@sale",
        "checkout@sale",
        "commit@sale",
        "commit amend@sale",
        "checkout@main",
        "merge@main",
        "branch create@next",
    ]


def test_a_rebase_tells_each_commit_that_it_makes(shop: Shop) -> None:
    shop.git("checkout", "-q", "-b", "sale")
    for number in range(2):
        shop.write(f"new{number}.py", "")
        shop.commit(f"New {number}")
    shop.git("checkout", "-q", "main")
    shop.write("cart.py", "total = 3\n")
    shop.commit("Three")
    shop.git("checkout", "-q", "sale")
    repository = followed(shop)
    shop.git("rebase", "-q", "main")
    happened = repository.look()
    assert words(happened) == [
        "rebase start@sale",
        "rebase pick@sale",
        "rebase pick@sale",
        "rebase finish@sale",
    ]
    assert [it.commit.message if it.commit else None for it in happened] == [None, "New 0\n", "New 1\n", None]


def test_cherry_pick_revert_and_reset_are_told_as_what_they_are(shop: Shop) -> None:
    shop.git("checkout", "-q", "-b", "sale")
    shop.write("new.py", "")
    picked = shop.commit("New")
    shop.git("checkout", "-q", "main")
    repository = followed(shop)
    shop.git("cherry-pick", picked)
    shop.git("revert", "--no-edit", "HEAD")
    shop.git("reset", "-q", "--hard", "HEAD~2")
    happened = repository.look()
    assert words(happened) == ["commit cherry-pick@main", "commit revert@main", "branch reset@main"]
    assert [it.paths for it in happened] == [["new.py"], ["new.py"], []]


def test_stash_and_pop_are_told_and_the_reset_that_a_stash_makes_is_not(shop: Shop) -> None:
    repository = followed(shop)
    shop.write("cart.py", "total = 9\n")
    shop.git("stash")
    (put,) = repository.look()
    assert words([put]) == ["stash@None"]
    assert put.paths == ["cart.py"]
    shop.git("stash", "pop")
    assert words(repository.look()) == ["stash drop@None"]


def test_a_stash_that_is_gone_at_the_next_look_leaves_nothing(shop: Shop) -> None:
    repository = followed(shop)
    shop.write("cart.py", "total = 9\n")
    shop.git("stash")
    shop.git("stash", "pop")
    assert repository.look() == []


def test_a_rebase_of_merges_tells_as_picks_only_what_makes_a_commit(shop: Shop) -> None:
    shop.git("checkout", "-q", "-b", "sale")
    shop.write("cart.py", "total = 2\n")
    shop.commit("Two (reset)")
    shop.git("checkout", "-q", "-b", "side", "main")
    shop.write("side.py", "")
    shop.commit("Side")
    shop.git("checkout", "-q", "sale")
    shop.git("merge", "-q", "--no-ff", "-m", "Both", "side")
    shop.git("checkout", "-q", "main")
    shop.write("shelf.py", "full = False\n")
    shop.commit("Empty")
    shop.git("checkout", "-q", "sale")
    repository = followed(shop)
    shop.git("rebase", "-q", "-r", "main")
    happened = repository.look()
    picks = [it.commit.message for it in happened if it.move.how == "pick" and it.commit is not None]
    assert sorted(picks) == ["Both\n", "Side\n", "Two (reset)\n"]
    assert {it.move.action for it in happened} == {"rebase"}
    assert sum(it.move.how == "pick" for it in happened) == 3


def test_push_and_fetch_name_the_branch_elsewhere(shop: Shop, tmp_path: Path) -> None:
    shop.git("clone", "-q", "--bare", ".", str(tmp_path / "far.git"))
    shop.git("remote", "add", "origin", str(tmp_path / "far.git"))
    repository = followed(shop)
    shop.write("cart.py", "total = 2\n")
    shop.commit("Two")
    shop.git("push", "-q", "-u", "origin", "main")
    assert words(repository.look()) == ["commit@main", "push@origin/main"]

    other = Shop(tmp_path / "other", make=False)
    shop.git("clone", "-q", str(tmp_path / "far.git"), str(other.root))
    other.write("cart.py", "total = 3\n")
    other.commit("Three")
    other.git("push", "-q")
    shop.git("pull", "-q", "--ff-only")
    assert sorted(words(repository.look())) == ["branch fetch@origin/main", "merge pull@main"]


def test_of_a_fetch_of_very_many_branches_the_first_are_told_and_the_others_counted(
    shop: Shop, tmp_path: Path
) -> None:
    far = Shop(tmp_path / "far")
    far.branches(249)
    shop.git("remote", "add", "origin", str(far.root))
    repository = followed(shop)
    shop.git("fetch", "-q", "origin")
    told = words(repository.look())
    assert sorted(told) == [
        "branch fetch@origin/main",
        *(f"branch fetch@origin/shelf{number:03}" for number in range(199)),
    ]
    assert repository.untold == 50
    assert (repository.look(), repository.untold) == ([], 0)


def test_branches_that_are_renamed_and_deleted_are_told(shop: Shop) -> None:
    shop.git("branch", "old")
    repository = followed(shop)
    shop.git("branch", "-m", "old", "new")
    assert words(repository.look()) == ["branch rename@new"]
    shop.git("branch", "-D", "new")
    assert words(repository.look()) == ["branch delete@new"]
    shop.git("branch", "-m", "trunk")
    assert words(repository.look()) == ["branch rename@trunk"]


def test_a_worktree_tells_what_happens_in_it_and_not_in_the_others(shop: Shop, tmp_path: Path) -> None:
    shop.git("worktree", "add", "-q", str(tmp_path / "side"), "-b", "side")
    side = Shop(tmp_path / "side", make=False)
    repository = followed(side)
    own = shop.root / ".git" / "worktrees" / "side"
    told_by = [own / "HEAD", own / "logs" / "HEAD", own / "index.lock", own / "gitdir"]
    assert [repository.is_told_by(file) for file in told_by] == [True, True, True, False]
    shop.write("cart.py", "total = 2\n")
    shop.commit("Two")
    assert repository.look() == []
    side.write("cart.py", "total = 5\n")
    side.commit("Five")
    assert words(repository.look()) == ["commit@side"]


def test_a_submodule_has_its_own_story(shop: Shop, tmp_path: Path) -> None:
    inner = Shop(tmp_path / "inner")
    shop.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "parts")
    parts = Shop(shop.root / "parts", make=False)
    repository = followed(parts)
    parts.write("cart.py", "total = 2\n")
    parts.commit("Two")
    assert words(repository.look()) == ["commit@main"]


def test_a_shallow_clone_whose_parents_are_not_here_tells_what_it_can(shop: Shop, tmp_path: Path) -> None:
    shop.write("cart.py", "total = 2\n")
    shop.commit("Two")
    shallow = Shop(tmp_path / "shallow", make=False)
    shop.git("clone", "-q", "--depth", "1", f"file://{shop.root}", str(shallow.root))
    repository = followed(shallow)
    shallow.git("commit", "-q", "--amend", "-m", "Two, again")
    (it,) = repository.look()
    assert it.commit is not None
    assert (it.commit.message, it.move.how) == ("Two, again\n", "amend")


def test_without_reflogs_the_head_says_what_it_can(shop: Shop) -> None:
    shop.git("config", "core.logAllRefUpdates", "false")
    for log in (shop.root / ".git" / "logs").rglob("*"):
        if log.is_file():
            log.unlink()
    repository = followed(shop)
    shop.write("cart.py", "total = 2\n")
    shop.commit("Two")
    assert words(repository.look()) == ["commit@main"]
    shop.git("checkout", "-q", "-b", "sale")
    assert words(repository.look()) == ["checkout@sale"]


def test_refs_that_are_packed_and_logs_that_expire_lose_nothing_and_invent_nothing(shop: Shop) -> None:
    for number in range(3):
        shop.write("cart.py", f"total = {number}\n")
        shop.commit(str(number))
    repository = followed(shop)
    shop.git("pack-refs", "--all")
    shop.git("reflog", "expire", "--expire=now", "--all")
    assert repository.look() == []
    shop.write("cart.py", "total = 7\n")
    shop.commit("Seven")
    assert words(repository.look()) == ["commit@main"]


def test_a_conflict_that_is_solved_becomes_a_merge(shop: Shop) -> None:
    shop.git("checkout", "-q", "-b", "sale")
    shop.write("cart.py", "total = 2\n")
    shop.commit("Two")
    shop.git("checkout", "-q", "main")
    shop.write("cart.py", "total = 3\n")
    shop.commit("Three")
    repository = followed(shop)
    with pytest.raises(CalledProcessError):
        shop.git("merge", "-q", "sale")
    shop.write("cart.py", "total = 5\n")
    shop.commit("Both")
    (it,) = repository.look()
    assert words([it]) == ["merge@main"]
    assert it.commit is not None
    assert len(it.commit.parents) == 2


def test_nothing_that_a_repository_names_is_run(shop: Shop, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    shop.write("cart.py", "total = 2\n")
    (shop.root / ".gitattributes").write_text("*.py filter=trap diff=trap\n")
    repository = followed(shop)
    shop.commit("Two")
    for name in (
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.trap.smudge",
        "diff.trap.textconv",
        "core.pager",
    ):
        shop.git("config", name, str(trap))
    (shop.root / ".git" / "hooks" / "post-checkout").symlink_to(trap)
    assert words(repository.look()) == ["commit@main"]
    assert not (tmp_path / "sprung").exists()


def test_a_log_that_is_a_pipe_is_not_waited_for(shop: Shop) -> None:
    for log in ("HEAD", "refs/stash", "refs/heads/main"):
        place = shop.root / ".git" / "logs" / log
        place.unlink(missing_ok=True)
        os.mkfifo(place)
    assert followed(shop).look() == []


def test_a_folder_without_a_repository_has_none(tmp_path: Path) -> None:
    assert Repository.of(tmp_path) is None

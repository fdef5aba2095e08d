from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pairlog.consent import Consented, lowest, parse, store, stored
from pairlog.errors import UserError
from pairlog.home import default_home, open_home
from pairlog.ids import is_session, keyed, new_session


def test_session_ids_are_uuid7_and_sort_by_time() -> None:
    ids = [new_session() for _ in range(100)]
    assert all(map(is_session, ids))
    assert [it[:13] for it in ids] == sorted(it[:13] for it in ids)
    assert len(set(ids)) == 100


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "0193F5A0-1C00-7000-8000-000000000001"])
def test_other_spellings_are_no_session(text: str) -> None:
    assert not is_session(text)


def test_a_home_is_its_owners_alone_and_keeps_its_key(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.key() == open_home(tmp_path / "home").key()
    assert len(home.key()) == 32
    assert keyed(home.key(), "a") != keyed(b"other", "a")


def test_a_home_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="set PAIRLOG_HOME to a folder that you may write"):
        open_home(tmp_path / "file" / "home")


def test_the_home_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAIRLOG_HOME", str(tmp_path))
    assert default_home() == tmp_path


def test_the_lowest_choice_holds_and_none_is_none() -> None:
    wide, narrow = Consented("workspace", "public"), Consented("content", "research")
    assert lowest(None, None) is None
    assert lowest(wide, None) == wide
    assert lowest(wide, narrow) == narrow
    assert lowest(Consented("off", "public"), narrow) == Consented("off", "research")


def test_a_choice_is_kept_for_its_folder_alone(tmp_path: Path) -> None:
    home, shop, other = open_home(tmp_path / "home"), tmp_path / "shop", tmp_path / "other"
    store(home, shop, Consented("content", "private"))
    found = stored(home, shop)
    assert found is not None
    assert (found.level, found.use) == ("content", "private")
    assert stored(home, other) is None
    assert stat.S_IMODE(home.consent.stat().st_mode) == 0o600


@pytest.mark.parametrize(("level", "use"), [("everything", None), (3, None), ("content", "all")])
def test_a_word_that_is_no_choice_is_refused_with_the_choices(level: object, use: object) -> None:
    with pytest.raises(UserError, match="choose one of"):
        parse(level, use)


@pytest.mark.parametrize("content", ["{", "[1]", "5", "null", '"x"', '{"/shop": 5}'])
def test_a_damaged_file_of_choices_is_not_taken_for_no_choice(tmp_path: Path, content: str) -> None:
    home = open_home(tmp_path)
    home.consent.write_text(content)
    with pytest.raises(UserError, match="is damaged"):
        stored(home, tmp_path)

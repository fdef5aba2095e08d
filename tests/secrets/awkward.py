"""Places where a secret is hard to see: long lines, other line ends, many cursors, large files, names."""

from __future__ import annotations

from pairlog.events import Vcs
from tests.secrets.planting import Planting
from tests.secrets.scene import APP, PLACE, Scene
from tests.secrets.typed import OTHER, cut, put
from tests.support.secrets import KINDS, password, placed

_ASTRAL = "\U0001f511\U0001d538é "
#: Longer than what the rules look at in one go.
_LONG = 6000
_LARGE = 70_000


def in_a_long_line(scene: Scene, it: Planting) -> None:
    """Far from both ends of a line that is too long to be looked at as a whole."""
    filler = "lorem ipsum dolor " * (_LONG // 18)
    scene.go(*PLACE)
    scene.insert(f"{filler} {it.before}{it.behind} {filler}", "paste")
    scene.pause()
    scene.go(PLACE[0], len(filler) + 1 + len(it.before))
    scene.type(it.secret)


def in_two_places_of_a_long_line(scene: Scene, it: Planting) -> None:
    """The first letter is put in last, after a change far away in the same line."""
    filler = "lorem ipsum dolor " * (_LONG // 18)
    at = len(filler) + 1 + len(it.before)
    scene.go(*PLACE)
    scene.insert(f"{filler} {it.before}{it.secret[1:]}{it.behind} {filler}", "paste")
    scene.go(PLACE[0], 3)
    scene.type("x")
    scene.go(PLACE[0], at + 1)
    scene.type(it.secret[0])


def behind_astral_characters(scene: Scene, it: Planting) -> None:
    scene.go(*PLACE)
    put(scene, _ASTRAL)
    put(scene, it.before)
    put(scene, it.secret)
    put(scene, it.behind)


def with_other_line_ends(scene: Scene, it: Planting) -> None:
    scene.open("import os\r\n\r\n\r\nprint(1)\r\n", OTHER)
    scene.go(1, 0, name=OTHER)
    put(scene, it.before)
    put(scene, it.secret)
    put(scene, it.behind)


def in_a_large_file(scene: Scene, it: Planting) -> None:
    """Half of it lies in a file that leaves as a content of its own; the rest is typed."""
    first, second = it.halves(cut(scene.rng, it))
    scene.open(f"# large\n{it.before}{first}{it.behind}\n" + "# filler\n" * (_LARGE // 9), OTHER)
    scene.pause()
    scene.go(1, len(it.before) + len(first), name=OTHER)
    put(scene, second)


def in_a_path(scene: Scene, it: Planting) -> None:
    """A file is named like it, as somebody who keeps one key in each file would."""
    is_password = KINDS.get(it.kind) is password
    name = placed("{NAME}={secret}.txt", "password" if is_password else it.kind, it.secret)
    if set(it.secret) & set("/\\\n"):
        scene.event(Vcs, action="commit", message="Keys", paths=[APP, name])
    else:
        scene.open("x\n", OTHER)
        scene.rename(OTHER, name)


def in_two_changes_at_once(scene: Scene, it: Planting) -> None:
    """One message of the editor brings both halves, the second one first."""
    first, second = it.halves(cut(scene.rng, it))
    row, column = PLACE[0], len(it.before)
    scene.go(*PLACE)
    put(scene, it.before + it.behind)
    scene.change((row, column, row, column, second), (row, column, row, column, first))


def with_many_cursors(scene: Scene, it: Planting) -> None:
    """The same keys in three lines at once."""
    rows = (1, 2, 3)
    scene.change(*((row, 0, row, 0, it.before + it.behind) for row in rows))
    for at, key in enumerate(it.secret, len(it.before)):
        scene.change(*((row, at, row, at, key) for row in rows))


def replaced_within_one_message(scene: Scene, it: Planting) -> None:
    """Brought by one change and taken away by the next one of the same message."""
    rows = it.line.split("\n")
    end = (PLACE[0] + len(rows) - 1, len(rows[-1]))
    scene.change((*PLACE, *PLACE, it.line), (*PLACE, *end, "token = read()"))


def deleted_as_soon_as_it_was_there(scene: Scene, it: Planting) -> None:
    """Finished and taken out again before the line was left."""
    scene.go(*PLACE)
    scene.type(it.line)
    scene.backspace(len(it.line.rpartition("\n")[2]))
    scene.type("token = read()")


def by_deleting_what_was_too_much(scene: Scene, it: Planting) -> None:
    """A longer word becomes the secret when its middle is deleted."""
    at = cut(scene.rng, it)
    first, second = it.halves(at)
    scene.go(*PLACE)
    scene.insert(f"{it.before}{first} and then {second}{it.behind}", "paste")
    scene.pause()
    scene.go(PLACE[0], len(it.before) + at + 10)
    scene.backspace(10)


def half_of_it_in_a_document_opened_again(scene: Scene, it: Planting) -> None:
    first, second = it.halves(cut(scene.rng, it))
    scene.open("# settings\n\n", OTHER)
    scene.go(1, 0, name=OTHER)
    put(scene, it.before + first)
    scene.save(OTHER)
    text = scene.documents[OTHER].text
    scene.close(OTHER)
    scene.pause()
    scene.open(text, OTHER)
    scene.go(1, len(it.before + first), name=OTHER)
    put(scene, second + it.behind)


ALL = (
    in_a_long_line,
    in_two_places_of_a_long_line,
    behind_astral_characters,
    with_other_line_ends,
    in_a_large_file,
    in_a_path,
    in_two_changes_at_once,
    with_many_cursors,
    replaced_within_one_message,
    deleted_as_soon_as_it_was_there,
    by_deleting_what_was_too_much,
    half_of_it_in_a_document_opened_again,
)

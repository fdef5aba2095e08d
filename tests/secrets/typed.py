"""Ways in which a secret comes into a document by hand: typed, pasted, in pieces, in any order."""

from __future__ import annotations

from random import Random

from tests.secrets.planting import Planting
from tests.secrets.scene import APP, PLACE, TEXT, Scene

_KEYS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
OTHER = "other.py"


def letter_by_letter(scene: Scene, it: Planting) -> None:
    begin(scene, it)
    scene.type(it.secret)
    end(scene, it)


def with_mistakes(scene: Scene, it: Planting) -> None:
    """Wrong keys, seen at once or some keys later, and taken back."""
    rng = scene.rng
    begin(scene, it)
    at = 0
    while at < len(it.secret):
        if rng.random() < 0.08 and it.secret[at] != "\n":
            late = min(rng.choice((0, 0, 1, 3)), len(it.secret) - at)
            more = it.secret[at : at + late].partition("\n")[0]
            scene.type(rng.choice(_KEYS) + more)
            scene.backspace(1 + len(more))
        scene.type(it.secret[at])
        at += 1
    end(scene, it)


def with_jumps(scene: Scene, it: Planting) -> None:
    """Letters are left out; the cursor goes elsewhere, comes back and puts them in."""
    rng = scene.rng
    begin(scene, it)
    line, column = scene.line, scene.column
    single = it.secret.partition("\n")[0]
    left_out = sorted(rng.sample(range(len(single)), 2))
    scene.type("".join(key for at, key in enumerate(it.secret) if at not in left_out))
    scene.go(0, 0)
    scene.type("# work in progress\n")
    for at in left_out:
        scene.go(line + 1, column + at)
        scene.type(single[at])
        scene.go(0, rng.randrange(4))
    scene.save()


def pasted(scene: Scene, it: Planting) -> None:
    if scene.rng.random() < 0.5:
        scene.go(*PLACE)
        scene.insert(it.line, "paste")
        return
    begin(scene, it)
    scene.insert(it.secret, "paste")
    end(scene, it)


def in_two_pastes(scene: Scene, it: Planting) -> None:
    first, second = it.halves(cut(scene.rng, it))
    begin(scene, it)
    scene.insert(first, "paste")
    maybe_pause(scene)
    scene.insert(second, "paste")
    end(scene, it)


def in_two_files(scene: Scene, it: Planting) -> None:
    """One half in each file, joined in the second one afterwards."""
    first, second = it.halves(len(it.secret) // 2)
    scene.open(TEXT, OTHER)
    begin(scene, it)
    put(scene, first)
    maybe_pause(scene)
    scene.go(*PLACE, name=OTHER)
    put(scene, it.before)
    put(scene, second + it.behind)
    scene.save(OTHER)
    maybe_pause(scene)
    scene.go(PLACE[0], len(it.before), name=OTHER)
    put(scene, first)


def second_half_first(scene: Scene, it: Planting) -> None:
    first, second = it.halves(cut(scene.rng, it))
    begin(scene, it)
    line, column = scene.line, scene.column
    put(scene, second)
    maybe_pause(scene)
    scene.go(line, column)
    put(scene, first)
    scene.save()


def undone_and_redone(scene: Scene, it: Planting) -> None:
    """Typed, taken back in bursts as editors do, and brought again."""
    begin(scene, it)
    scene.type(it.secret)
    if scene.rng.random() < 0.5:
        scene.save()
    gone: list[str] = []
    size = scene.rng.choice((1, 3, 8))
    while scene.column and sum(map(len, gone)) < len(it.secret.rpartition("\n")[2]):
        left = len(it.secret.rpartition("\n")[2]) - sum(map(len, gone))
        gone.append(scene.remove(min(size, left), "undo"))
    maybe_pause(scene)
    for piece in reversed(gone):
        scene.insert(piece, "redo")
    end(scene, it)


def deleted_and_undone(scene: Scene, it: Planting) -> None:
    """A half is deleted and comes back by an undo when the rest is there."""
    single = it.secret.rpartition("\n")[2]
    half = len(single) // 2
    begin(scene, it)
    scene.type(it.secret[: len(it.secret) - len(single) + half])
    gone = scene.remove(half)
    maybe_pause(scene)
    scene.insert(single[half:], "paste")
    scene.go(scene.line, scene.column - len(single) + half)
    maybe_pause(scene)
    scene.insert(gone, "undo")


def cut_and_pasted(scene: Scene, it: Planting) -> None:
    """Moved to another place, sometimes of another file, sometimes half finished."""
    rng = scene.rng
    at = rng.choice((len(it.secret), cut(rng, it)))
    first, second = it.halves(at)
    begin(scene, it)
    put(scene, first)
    maybe_pause(scene)
    moved = it.before + first
    line = PLACE[0] + moved.count("\n")
    scene.change((*PLACE, line, len(moved.rpartition("\n")[2]), ""))
    if rng.random() < 0.5:
        scene.open(TEXT, OTHER)
        scene.go(1, 0, name=OTHER)
    else:
        scene.go(1, 0)
    scene.insert(moved, "paste")
    maybe_pause(scene)
    scene.type(second)


def dragged(scene: Scene, it: Planting) -> None:
    """The second half lies elsewhere in the file and is dragged to the first: one change of two parts."""
    first, second = it.halves(cut(scene.rng, it))
    begin(scene, it)
    put(scene, first)
    line, column = scene.line, scene.column
    bottom = len(scene.documents[APP].lines) - 1
    scene.go(bottom, 0)
    put(scene, second)
    scene.save()
    maybe_pause(scene)
    there = (line, column, line, column, second)
    here = (bottom, 0, scene.line, scene.column, "")
    scene.change(here, there)


def begin(scene: Scene, it: Planting) -> None:
    """What stands before the secret; often what stands behind it too, as where an editor closes quotes."""
    scene.go(*PLACE)
    scene.is_closed = scene.rng.random() < 0.5
    put(scene, it.before)
    if scene.is_closed and it.behind:
        line, column = scene.line, scene.column
        scene.insert(it.behind)
        scene.go(line, column)


def end(scene: Scene, it: Planting) -> None:
    """What stands behind it, if it does not yet, and a save."""
    if not scene.is_closed:
        put(scene, it.behind)
    scene.save(scene.name)


def put(scene: Scene, text: str) -> None:
    """Type it or paste it."""
    if not text:
        return
    if scene.rng.random() < 0.5:
        scene.type(text)
    else:
        scene.insert(text, "paste")


def cut(rng: Random, it: Planting) -> int:
    """A place in the middle of the secret."""
    size = len(it.secret)
    return rng.randrange(max(1, size // 4), max(2, size * 3 // 4))


def maybe_pause(scene: Scene) -> None:
    if scene.rng.random() < 0.5:
        scene.pause()

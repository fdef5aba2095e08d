"""Ways in which a secret comes from elsewhere: a file, a program, a model, an agent, version control."""

from __future__ import annotations

import json

from pairlog.events import Vcs
from tests.secrets.planting import Planting
from tests.secrets.scene import APP, PLACE, TEXT, Scene
from tests.secrets.typed import OTHER, cut, maybe_pause, put


def in_a_file(scene: Scene, it: Planting) -> None:
    scene.open(f"# settings\n{it.line}\n", OTHER)


def in_a_file_opened_again(scene: Scene, it: Planting) -> None:
    """The half stood there when it was closed; the rest came from outside."""
    first, second = it.halves(cut(scene.rng, it))
    scene.open(f"# settings\n{it.before}{first}\n", OTHER)
    maybe_pause(scene)
    scene.close(OTHER)
    scene.open(f"# settings\n{it.before}{first}{second}{it.behind}\n", OTHER)


def in_a_whole_document(scene: Scene, it: Planting) -> None:
    first, second = it.halves(cut(scene.rng, it))
    scene.change((0, 0, -1, 0, TEXT + it.before + first + "\n"))
    maybe_pause(scene)
    scene.change((0, 0, -1, 0, TEXT + it.before + first + second + it.behind + "\n"), cause="format")


def printed(scene: Scene, it: Planting) -> None:
    scene.observe(type="run", id="r", phase="started", command="env")
    scene.observe(type="run", id="r", phase="output", output=f"$ cat settings\n{it.line}\n")


def printed_in_two_pieces(scene: Scene, it: Planting) -> None:
    first, second = it.halves(cut(scene.rng, it))
    scene.observe(type="run", id="r", phase="output", output=f"$ cat settings\n{it.before}{first}")
    maybe_pause(scene)
    scene.observe(type="run", id="other", phase="output", output="... 3 passed\n")
    scene.observe(type="run", id="r", phase="output", output=f"{second}{it.behind}\n")


def printed_in_colour(scene: Scene, it: Planting) -> None:
    """As `grep --color` and test runners print it."""
    output = f"\x1b[32m{it.before}\x1b[01;31m\x1b[K{it.secret}\x1b[m\x1b[K{it.behind}\x1b[0m\r\n"
    scene.observe(type="run", id="r", phase="output", output=output)


def run(scene: Scene, it: Planting) -> None:
    scene.observe(type="run", id="r", phase="started", kind="terminal", command=it.line)


def in_a_diff(scene: Scene, it: Planting) -> None:
    added = "\n".join(f"+{line}" for line in it.line.split("\n"))
    diff = f"--- a/{APP}\n+++ b/{APP}\n@@ -1,2 +1,3 @@\n import os\n{added}\n print(1)\n"
    scene.observe(type="agent", id="a", phase="message", text=diff)


def in_a_tool_call(scene: Scene, it: Planting) -> None:
    """The arguments are JSON in a text."""
    call = json.dumps({"path": APP, "old_string": "import os", "new_string": f"import os\n{it.line}\n"})
    scene.observe(type="agent", id="a", phase="tool_call", tool="edit", text=call)


def in_two_messages(scene: Scene, it: Planting) -> None:
    """An agent's answer that comes piece by piece."""
    first, second = it.halves(cut(scene.rng, it))
    scene.observe(type="agent", id="a", phase="message", text=f"Set this:\n{it.before}{first}")
    maybe_pause(scene)
    scene.observe(type="agent", id="a", phase="message", text=f"{second}{it.behind}\nDone.")


def in_a_commit_message(scene: Scene, it: Planting) -> None:
    scene.event(Vcs, action="commit", message=f"Rotate the key\n\nIt was:\n{it.line}\n", paths=[APP])


def in_a_test(scene: Scene, it: Planting) -> None:
    scene.observe(type="test", run="r", test="t", outcome="failed", message=f"E  assert 1 == 2\nE  {it.line}")


def in_a_completion(scene: Scene, it: Planting) -> None:
    """Made up by a model, shown in an empty line, accepted."""
    scene.go(*PLACE)
    uri, at = scene.uri(APP), list(PLACE)
    for phase in ("shown", "accepted"):
        scene.observe(type="completion", id="c", phase=phase, uri=uri, position=at, text=it.line)
    if scene.rng.random() < 0.5:
        scene.insert(it.line, "completion")


def in_the_rest_of_a_line(scene: Scene, it: Planting) -> None:
    """A model goes on where somebody stopped typing."""
    first, second = it.halves(cut(scene.rng, it))
    scene.go(*PLACE)
    put(scene, it.before + first)
    maybe_pause(scene)
    uri, at, text = scene.uri(APP), [scene.line, scene.column], second + it.behind
    scene.observe(type="completion", id="c", phase="shown", uri=uri, position=at, text=text)
    maybe_pause(scene)
    scene.insert(text, "completion")

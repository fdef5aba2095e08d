"""Labelled truth of the causes of edits: a pretend editor that says nothing, and one that says all.

What cannot be told apart by its shape stands in these scripts too: it is what docs/quality.md lists.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from tests.lsp_server.desk import Desk
from tests.truth.editor import KEY_SECONDS, MANNERS, Editor, Manner, Step
from tests.truth.measure import Bar, Labelled

Script: TypeAlias = Callable[[Editor, random.Random], None]

_ALL = Bar(1, 1)
BARS = {
    ("typed", "inferred"): Bar(0.98, 0.99),
    ("paste", "inferred"): Bar(0.95, 0.8),
    ("undo", "inferred"): Bar(0.8, 0.8),
    ("redo", "inferred"): Bar(0.95, 0.8),
    ("completion", "inferred"): Bar(0.95, 0.9),
    ("format", "inferred"): Bar(0.95, 0.9),
    ("refactor", "inferred"): Bar(0.95, 0.9),
    ("external", "inferred"): Bar(0.95, 0.9),
    **{(it, "reported"): _ALL for it in ("paste", "undo", "redo", "completion", "format", "refactor")},
}

CART = """\
import json


class Cart:
    def __init__(self, owner):
        self.owner = owner
        self.prices = []

    def total(self):
        result = 0
        for price in self.prices:
            result = result + price
        return result

    def as_json(self):
        return json.dumps({"owner": self.owner, "prices": self.prices})
"""
SHOP = """\
from cart import Cart

RATES = {"book": 0.07, "chair": 0.19}


def checkout(owner, items):
    cart = Cart(owner)
    for name, price in items:
        cart.prices.append(price * (1 + RATES[name]))
    return cart.total()
"""
#: Stands in neither.
OUTSIDE = (
    "    def discount(self, percent):\n        for n, each in enumerate(self.prices):\n            pass\n",
    'LOGGER = logging.getLogger("shop.cart")\n',
    "https://shop.example/api/v2/items?sort=price",
)
WORDS = ("total", "result", "prices", "owner", "as_json", "checkout", "RATES")


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """Each script in each manner of undoing, by an editor that says nothing and by one that says all."""
    for number in range(rounds):
        for script in SCRIPTS:
            for manner in MANNERS:
                for says in (False, True):
                    name = f"{script.__name__}-{manner.name}-{number}-{says}"
                    yield _play(folder / name, script, manner, says)


def _play(folder: Path, script: Script, manner: Manner, says: bool) -> Labelled:
    folder.mkdir()
    editor = Editor(Desk(folder), manner, says)
    script(editor, random.Random(folder.name))
    return editor.labelled()


def typing(editor: Editor, chance: random.Random) -> None:
    """New code with slips, with the help of an editor that closes brackets and indents."""
    editor.open(CART)
    editor.go("return result\n")
    editor.type("\n    def empty(self):\n        return nto")
    editor.backspace(2)
    editor.type("ot self.prices\n")
    editor.go("import json\n")
    editor.type(f"def {chance.choice(WORDS)}_of(cart):\nreturn [", closing=True)
    editor.type("it for it in cart if it")
    at = editor.here.caret
    editor.remove(at - 2, at, "a word removed with one key")
    at = editor.here.caret
    editor.remove(at - 6, at, "some words just typed, removed")
    editor.move(editor.here.text.index("0\n"))
    editor.replace(editor.here.caret, editor.here.caret + 1, "1", "typed", "a key in place of a selection")
    start = editor.here.text.index("    def as_json")
    editor.remove(start, len(editor.here.text), "a stretch removed")
    editor.save()


def commands(editor: Editor, chance: random.Random) -> None:
    """What keys do beside putting letters in: lines indented, made comments, moved; many places at once."""
    editor.open(CART)
    first = chance.randrange(5, 9)
    _at_lines(editor, range(first, first + 3), "    ", "lines indented")
    _at_lines(editor, range(first, first + 2), "# ", "lines made comments")
    lines = editor.here.text.splitlines(keepends=True)
    start = len("".join(lines[:4]))
    editor.change(
        [Step(start, lines[4], ""), Step(start + len(lines[5]), "", lines[4])], "typed", "a line moved"
    )
    for key in "total":
        places = [n for n in range(len(editor.here.text)) if editor.here.text.startswith("self.", n)]
        steps = [Step(place + done, "", key) for done, place in enumerate(places)]
        editor.change(steps, "typed", "a key in many places")
    at = editor.here.text.index("json.dumps(")
    editor.change(
        [Step(at, "", "("), Step(at + len("json.dumps") + 1, "", ")")], "typed", "brackets put around"
    )


def pasting(editor: Editor, chance: random.Random) -> None:
    """From the same file, from another one, from outside, and moved."""
    editor.open(SHOP, "shop.py")
    editor.open(CART)
    lines = editor.here.text.splitlines(keepends=True)
    editor.go("return result\n")
    editor.insert("".join(lines[9:12]), "paste", "lines of the file")
    start = editor.here.text.index("    def as_json")
    cut = editor.remove(start, len(editor.here.text), "a stretch cut")
    editor.waits(2)
    editor.go("import json\n\n")
    editor.insert(cut, "paste", "a stretch moved")
    editor.go("        return result\n")
    block = SHOP[SHOP.index("    cart = Cart") : SHOP.index("    return cart")]
    editor.insert(block.replace("    ", "        "), "paste", "lines of another file, indented anew")
    editor.go("self.owner = ")
    outside = chance.choice(OUTSIDE)
    editor.insert(outside, "paste", "a text from outside")
    editor.type("x = ")
    editor.insert("cart.prices.append", "paste", "a name of another file, where typing stopped")
    editor.type(" + ")
    editor.insert(
        chance.choice(OUTSIDE[1:]).strip() + "9", "paste", "a text from outside, where typing stopped"
    )
    editor.go("self.prices = ")
    editor.replace(
        editor.here.caret, editor.here.caret + 2, 'RATES["book"]', "paste", "a text in place of a selection"
    )


def completing(editor: Editor, chance: random.Random) -> None:
    """Words completed, behind what was typed and in its place; members, calls, a word with its import."""
    editor.open(CART)
    editor.go("result = 0\n")
    for _ in range(3):
        word = chance.choice(WORDS)
        length = chance.randrange(2, len(word) - 1)
        editor.type("        " + word[:length])
        editor.waits(chance.random())
        editor.insert(word[length:], "completion", "the rest of a word")
        editor.type(" = ")
        editor.type(word[:length])
        at = editor.here.caret
        editor.replace(at - length, at, f"{word}()", "completion", "a call in place of its beginning")
        editor.type("\n        self.")
        editor.insert(chance.choice(WORDS), "completion", "a member")
        letters = word[0] + word[-1]
        editor.type("\n        " + letters)
        at = editor.here.caret
        editor.replace(at - 2, at, word.upper(), "completion", "a word in place of some of its letters")
        editor.type("\n")
    editor.type("        x = Dec")
    at = editor.here.caret
    steps = [Step(at - 3, "Dec", "Decimal"), Step(0, "", "from decimal import Decimal\n")]
    editor.change(steps, "completion", "a word with its import")


def undoing(editor: Editor, chance: random.Random) -> None:
    """What was typed, pasted, completed, removed and formatted is undone, redone, and typed over."""
    editor.open(CART)
    editor.go("result = 0\n")
    editor.type("        count = len(self.prices)  # of all")
    for _ in range(chance.randrange(1, 3)):
        editor.undo("typed text undone")
    editor.redo("typed text redone")
    editor.undo("typed text undone")
    editor.move(editor.here.caret)
    editor.type("        mean = 0\n")
    editor.waits(3)
    editor.go("import json\n")
    editor.insert("".join(CART.splitlines(keepends=True)[8:13]), "paste", "lines of the file")
    editor.undo("a paste undone")
    editor.redo("a paste redone")
    editor.undo("a paste undone")
    editor.go("self.owner = ")
    at = editor.here.caret
    editor.remove(at, at + len("owner"), "a word removed with one key")
    editor.undo("a removal undone")
    editor.redo("a removal redone")
    editor.undo("a removal undone")
    _format(editor)
    editor.undo("formatting undone")
    editor.redo("formatting redone")
    editor.go("result")
    editor.type("s")
    editor.undo("a letter undone")
    editor.move(editor.here.caret)
    editor.type("_now")
    editor.backspace(2)
    editor.type("w")
    editor.undo("typed text undone")


def formatting(editor: Editor, chance: random.Random) -> None:
    """Blanks in many places, a whole text anew, blanks at line ends as it is saved, lines sorted."""
    editor.open(CART.replace(" = ", "="))
    _format(editor)
    editor.save()
    editor.rewrite(
        editor.here.text.replace('"', "'").replace("    ", "  "), "format", "a whole text, formatted"
    )
    editor.go("result\n")
    editor.type("  \n   # a note  \n")
    text = editor.here.text
    steps = [
        Step(text.index("  \n   #"), "  ", ""),
        Step(text.index("  \n", text.index("# a note")) - 2, "  ", ""),
    ]
    editor.change(steps, "format", "blanks at line ends")
    editor.go("result\n")
    editor.type("\n\n\n")
    editor.insert("    ", "format", "blanks put in as it was saved")
    editor.desk.monotonic_ns -= int(KEY_SECONDS * 0.9e9)
    editor.desk.save(editor.here.text)
    editor.waits(2)
    start = editor.here.text.index("import json\n")
    names = ["sys", "os", "re", "json"]
    chance.shuffle(names)
    imports = "".join(f"import {name}\n" for name in names)
    editor.replace(
        start, start + len("import json\n"), imports, "paste", "lines from outside in place of one"
    )
    if names != sorted(names):
        editor.waits(1)
        text = "".join(f"import {name}\n" for name in sorted(names))
        editor.replace(start, start + len(imports), text, "format", "lines sorted")


def renaming(editor: Editor, chance: random.Random) -> None:
    """A name replaced everywhere, in one file and in two."""
    editor.open(SHOP, "shop.py")
    editor.open(CART)
    old, new = chance.choice((("prices", "amounts"), ("result", "total_now"), ("owner", "owners")))
    _rename(editor, old, new, "a name replaced in a file")
    editor.waits(2)
    old, new = chance.choice((("Cart", "Basket"), ("total", "sum_of")))
    for name in ("cart.py", "shop.py"):
        editor.move(0, name)
        _rename(editor, old, new, "a name replaced in two files")
        editor.desk.monotonic_ns -= int(KEY_SECONDS * 0.9e9)


def elsewhere(editor: Editor, chance: random.Random) -> None:
    """The file is changed on disk, and the editor reads it again."""
    path = editor.desk.shop / "cart.py"
    path.write_text(CART)
    editor.open(CART)
    editor.go("import json\n")
    editor.type("import os\n")
    path.write_text(editor.here.text)
    editor.save()
    editor.waits(2)
    text = editor.here.text.replace("self.prices:", "sorted(self.prices):") + "\n\nCARTS = [Cart('a')]\n"
    path.write_text(text)
    editor.rewrite(text, "external", "another text on disk")
    editor.waits(1)
    editor.go("CARTS = ")
    editor.type("list(")


def batching(editor: Editor, chance: random.Random) -> None:
    """A client that keeps keys until somebody rests, and sends them together."""
    editor.open(CART)
    editor.go("result = 0\n")
    for word in ("        count = 0", "\n", "        for each in self.prices:", "\n"):
        at = editor.here.caret
        steps = [Step(at + number, "", key) for number, key in enumerate(word)]
        editor.change(steps, "typed", "keys sent together")
        editor.waits(1)
    at = editor.here.caret
    text = editor.here.text[at - 4 : at]
    steps = [Step(at - number, key, "") for number, key in enumerate(reversed(text), 1)]
    editor.change(steps, "typed", "backspaces sent together")


def cutting(editor: Editor, chance: random.Random) -> None:
    """Lines that are cut and put in a line or two below; a text from outside in place of a selection."""
    editor.open(CART)
    for below, number in ((1, chance.randrange(9, 11)), (2, chance.randrange(4, 6))):
        lines = editor.here.text.splitlines(keepends=True)
        start = len("".join(lines[:number]))
        cut = editor.remove(start, start + len(lines[number]), "a line cut")
        editor.move(start + len("".join(lines[number + 1 : number + 1 + below])))
        editor.insert(cut, "paste", "a line put in below where it was cut")
        editor.waits(2)
    for old, new in (("0", "account.start"), ("result\n\n", OUTSIDE[1]), ("import json\n", OUTSIDE[0])):
        start = editor.here.text.index(old)
        editor.select(start, start + len(old))
        editor.replace(start, start + len(old), new, "paste", "a text in place of what is selected")


def commanding(editor: Editor, chance: random.Random) -> None:
    """What commands and agents do away from the cursor; what is `unknown` here has no shape of its own."""
    editor.open(CART)
    editor.go("return result\n")
    editor.type("        # a note\n")
    editor.move(0)
    editor.insert("from decimal import Decimal\n", "unknown", "an import that a quick fix adds")
    old = editor.here.text[: editor.here.text.index("\n\n")] + "\n"
    new = f"import json\nimport {chance.choice(('os', 're'))}\n"
    editor.replace(0, len(old), new, "unknown", "imports put in order, of which one goes")
    start, end = editor.here.text.index("        for price"), editor.here.text.index("        return result")
    editor.replace(
        start, end, "        result += sum(self.prices)\n", "agent", "lines that an agent writes anew"
    )
    start = editor.here.text.index("as_json")
    editor.replace(start, start + len("as_json"), "dumped", "unknown", "a name with one use replaced")
    start = editor.here.text.index("class Cart")
    editor.replace(start, start + len("class"), "CLASS", "typed", "a word put in upper case")
    start, end = editor.here.text.index("        self.owner = "), editor.here.text.index("    def total")
    lines = editor.here.text[start:end].splitlines(keepends=True)
    commented = "".join(f"# {line}" for line in lines)
    editor.replace(start, end, commented, "typed", "lines made comments in one change")
    editor.move(editor.here.text.index("    def total"))
    editor.insert("# ", "typed", "a line made a comment")


#: What input methods show on the way to each word, which the next one replaces.
COMPOSED = (
    ("n", "ni", "ni h", "ni ha", "ni hao", "你好"),
    ("s", "sh", "shi", "shi'j", "shi'ji", "shi'jie", "世界"),
    ("ｔ", "て", "てｓ", "てす", "てすｔ", "てすと", "テスト"),
    ("ｋ", "か", "かｎ", "かん", "かんｊ", "かんじ", "漢字", "感じ", "漢字"),
    ("ㄴ", "나", "난", "나다"),
)


def composing(editor: Editor, chance: random.Random) -> None:
    """Words of an input method, which shows what it is about to put in, and of one that does not."""
    editor.open(CART)
    editor.go("return result\n")
    editor.type("        # ")
    for pieces in chance.sample(COMPOSED, len(COMPOSED)):
        start = end = editor.here.caret
        for piece in pieces:
            editor.replace(start, end, piece, "typed", "a word composed")
            end = start + len(piece)
    editor.type("\n        # ")
    for word in chance.sample(("测试代码", "我们", "，价格", "計算する", "합계", "——"), 4):
        editor.insert(word, "typed", "a word put in when it was composed")


def _format(editor: Editor) -> None:
    """Signs between blanks, each in a change of its own; from the end, as formatters say it."""
    text, steps = editor.here.text, []
    for at in range(len(text) - 1, 0, -1):
        if text[at] in "=+" and text[at - 1] != " " and text[at + 1] != " ":
            steps.append(Step(at, text[at], f" {text[at]} "))
        elif text.startswith(" = ", at):
            steps.append(Step(at, " = ", "="))
    editor.change(steps, "format", "blanks in many places")


def _rename(editor: Editor, old: str, new: str, what: str) -> None:
    text, steps = editor.here.text, []
    for at in range(len(text) - 1, -1, -1):
        around = text[at - 1 : at] + text[at + len(old) : at + len(old) + 1]
        if text.startswith(old, at) and not any(it.isalnum() or it == "_" for it in around):
            steps.append(Step(at, old, new))
    editor.change(steps, "refactor", what)


def _at_lines(editor: Editor, lines: range, text: str, what: str) -> None:
    rows = editor.here.text.splitlines(keepends=True)
    starts = [len("".join(rows[:line])) for line in lines]
    editor.change([Step(at, "", text) for at in reversed(starts)], "typed", what)


SCRIPTS: tuple[Script, ...] = (
    typing,
    commands,
    pasting,
    completing,
    undoing,
    formatting,
    renaming,
    elsewhere,
    batching,
    cutting,
    commanding,
    composing,
)

"""A fuzzer on what a frame goes through before anything is stored: a clear refusal, or lines that are events.

`python -m tests.soak.fuzz --seconds 600 --seed N`; it prints its seed, and the body that broke something.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import time

from collector_api.arriving.opening import open_frame
from collector_api.limits import Limits
from collector_api.problems import Problem
from pairlog.line import decode
from tests.collector_api.driver import SESSION, line, session_lines

LIMITS = Limits(frame_bytes_max=10**6, frame_unpacked_bytes_max=10**6, line_bytes_max=20_000)
#: Words that a reader of JSON stumbles over, and values at the edges of what is allowed.
WORDS = [
    *(b"NaN", b"Infinity", b"-0", b"1e999", b"1.5", b"null", b"true", b"{}", b"[]", b"[[", b'"', b"\\", b","),
    *(b"9007199254740991", b"9007199254740992", b"9223372036854775808", b"-1", b"9" * 400),
    *(b"\\ud800", b"\\udc00", b"\\u0000", b"\xff", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\x00", b"\n", b"\r"),
    *(
        b'"seq":',
        b'"t":',
        b'"type":"session"',
        b'"type":"gap"',
        b'"through":',
        b'"type":"edit"',
        b'"x":' + b"[" * 90,
    ),
]
LINES = [
    *session_lines(),
    line(9, "gap", reason="refused", through=12),
    line(13, "test", run="r", test="t", outcome="passed"),
    line(14, "completion", id="c", phase="shown", position=[1, 2], text="\N{GRINNING FACE}"),
    line(15, "later", any={"thing": [1, 2.5, None]}),
]


def mangled(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few changes: flipped, cut, doubled, or with a word put in."""
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + 12)
        match chance.randrange(4):
            case 0:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:end] + data[at:]
            case _:
                data = data[:at] + chance.choice(WORDS) + data[end:]
    return data


def body(chance: random.Random) -> bytes:
    """A frame that was mangled before it was packed, or behind it."""
    first = chance.randrange(len(LINES))
    plain = b"".join(raw + b"\n" for raw in LINES[first : first + chance.randint(1, 6)])
    if chance.random() < 0.8:
        return gzip.compress(mangled(plain, chance), 1)
    return mangled(gzip.compress(plain, 1), chance)


def attempt(frame: bytes) -> bool:
    """Whether a frame was taken. Raises whatever is neither taken nor refused with a problem."""
    try:
        lines = open_frame(frame, SESSION, LIMITS, LIMITS.frame_unpacked_bytes_max)
    except Problem as problem:
        assert 400 <= problem.status < 500, problem
        return False
    for taken in lines:
        decode(taken.raw)
    return True


def fuzz(seconds: float, seed: int) -> tuple[int, int]:
    """How many frames were tried, and how many of them taken."""
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    tried = taken = 0
    while time.monotonic() < until:
        frame = body(chance)
        try:
            taken += attempt(frame)
        except BaseException:
            print(f"seed {seed}, frame {tried}: {frame!r}", file=sys.stderr)
            raise
        tried += 1
    return tried, taken


def main() -> None:
    """Fuzz for as long as is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    args = parser.parse_args()
    print(f"fuzzing the decoder for {args.seconds:.0f} s, seed {args.seed}", flush=True)
    tried, taken = fuzz(args.seconds, args.seed)
    print(f"{tried:,} frames, {taken:,} taken, all others refused with a problem")


if __name__ == "__main__":
    main()

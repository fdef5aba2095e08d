"""Pairlog's vocabulary: events, lines, frames, documents, replay, sources and the `pairlog` command.

Nothing here imports another room; the recorder's share of it needs nothing but the standard library.
"""

__version__ = "0.1.0"

#: The wire format that this version writes. `pairlog/upgrade.py` reads the older ones.
WIRE = 1

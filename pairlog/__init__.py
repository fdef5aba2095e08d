"""Pairlog's vocabulary: events, lines, frames, documents, replay, sources and the `pairlog` command.

Nothing here imports another room; the recorder's share of it needs nothing but the standard library.
"""

__version__ = "0.1.0"

#: The wire format that this version writes, and the newest that it reads.
WIRE = 1

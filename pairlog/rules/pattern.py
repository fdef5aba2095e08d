"""Regular expressions that are compiled when they are first needed: to import the rules costs nothing."""

from __future__ import annotations

import re
from functools import cached_property


class Pattern:
    """A pattern for ASCII's letters and digits; `compiled` is what `re` makes of it."""

    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """Compiled on first use, once."""
        return re.compile(self.source, re.ASCII)

"""Which sessions somebody looks for; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pairlog.names import composed

if TYPE_CHECKING:
    from pairlog.source.info import SessionInfo


@dataclass(frozen=True)
class Wanted:
    """Which sessions: those for which all that is not None holds.

    `project` is the beginning of its id, `editor` a part of its name, `since` and `until` are moments as the
    wire writes them: a session began at `since` or later, and before `until`.
    """

    project: str | None = None
    contributor: str | None = None
    editor: str | None = None
    language: str | None = None
    since: str | None = None
    until: str | None = None
    has_tests: bool | None = None
    has_completions: bool | None = None
    verified: bool | None = None
    study: str | None = None
    condition: str | None = None

    def fits(self, row: SessionInfo) -> bool:
        """Whether a session is wanted."""
        exact = ("has_tests", "has_completions", "verified", "study", "condition")
        return (
            all(getattr(self, name) in (None, getattr(row, name)) for name in exact)
            and (self.project is None or (row.project or "").startswith(self.project))
            and (self.contributor is None or composed(self.contributor) == composed(row.contributor or ""))
            and (self.editor is None or self.editor.lower() in row.editor.lower())
            and (self.language is None or self.language.lower() in map(str.lower, row.languages))
            and (self.since is None or row.started_at >= self.since)
            and (self.until is None or row.started_at < self.until)
        )

    def query(self) -> dict[str, Any]:
        """The parameters of `GET /v1/sessions` that ask for the same."""
        return {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in asdict(self).items()
            if value is not None
        }

"""What can be wrong with a request: one class per code, rendered as `application/problem+json` (RFC 9457).

`detail` is one sentence for people; `code` is the word that programs go by.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Problem(Exception):
    """A refusal. `members` are the fields beside title, status, detail and code."""

    status: int
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members
        #: Seconds after which another try makes sense, where one does.
        self.retry_after_s: int | None = None

    def body(self) -> dict[str, Any]:
        """The members of the problem document."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }


class BadToken(Problem):
    """No token, or one that is not known here."""

    status, code, title = 401, "token", "Unknown token"


class WrongRole(Problem):
    """The token's role does not reach here."""

    status, code, title = 403, "role", "Not for this role"


class ForeignForm(Problem):
    """A browser sends a form that a page of another site made."""

    status, code, title = 403, "origin", "Another site's form"


class NotOwner(Problem):
    """The session is another contributor's, or its use does not allow this reader."""

    status, code, title = 403, "owner", "Not your session"


class NoSession(Problem):
    """No session has this id."""

    status, code, title = 404, "session", "Unknown session"


class NoStudy(Problem):
    """No study has this name."""

    status, code, title = 404, "study", "Unknown study"


class NoDocument(Problem):
    """The session has no such document."""

    status, code, title = 404, "document", "Unknown document"


class NoBlob(Problem):
    """No blob with this hash is here for this reader."""

    status, code, title = 404, "blob", "Unknown blob"


class NoPath(Problem):
    """Nothing lives at this address, or not for this method."""

    status, code, title = 404, "path", "Nothing here"

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Slow(Problem):
    """The request did not arrive in time."""

    status, code, title = 408, "slow", "Too slow"


class Hole(Problem):
    """Lines are missing before this frame, or inside it."""

    status, code, title = 409, "hole", "Lines are missing"

    def __init__(self, expected: int) -> None:
        super().__init__(f"the next line must have seq {expected}; send from there", expected=expected)


class InStudy(Problem):
    """The contributor is in another study."""

    status, code, title = 409, "study", "In another study"


class Conflict(Problem):
    """Other bytes are stored at this seq."""

    status, code, title = 409, "conflict", "Another line is stored there"

    def __init__(self, seq: int) -> None:
        super().__init__(f"the stored line with seq {seq} has other bytes; begin a new session", seq=seq)


class Ended(Problem):
    """The session has ended; as with other bytes at a seq, its sender begins a new one."""

    status, code, title = 409, "conflict", "The session has ended"

    def __init__(self, seq: int) -> None:
        super().__init__(
            f"nothing follows the end of a session, as seq {seq} would; begin a new one", seq=seq
        )


class Erased(Problem):
    """The session was erased and will not come back."""

    status, code, title = 410, "erased", "Erased"

    def __init__(self, session: str) -> None:
        super().__init__(f"session {session} was erased; drop what is left of it")


class OverLimit(Problem):
    """Something is larger than a limit, which `limit` names."""

    status, code, title = 413, "limit", "Over a limit"

    def __init__(self, limit: str, most: int, what: str) -> None:
        super().__init__(f"{what}; the limit `{limit}` is {most}", limit=limit, max=most)


class HeadTooLarge(OverLimit):
    """The head of a request is larger than a limit."""

    status, title = 431, "Too large a head"


class NoRoom(OverLimit):
    """A contributor's room is used up; what is sent is well, and can be sent once there is room."""

    status, title = 507, "No room left"

    def __init__(self, limit: str, most: int, what: str) -> None:
        super().__init__(limit, most, what)
        self.retry_after_s = 3600


class BadFrame(Problem):
    """The body is no frame."""

    status, code, title = 422, "frame", "Not a frame"


class BadLine(Problem):
    """A line that is no event, or does not belong here; `index` is its place in the frame."""

    status, code, title = 422, "line", "A bad line"

    def __init__(self, seq: int | None, index: int, reason: str) -> None:
        where = f"line {index + 1} of the frame" if seq is None else f"the line with seq {seq}"
        super().__init__(
            f"{where} is bad: {reason}; nothing of the frame was kept", seq=seq, index=index, reason=reason
        )


class UnknownWire(BadLine):
    """The header is of a wire format that this collector does not read."""

    code, title = "wire", "Unknown wire format"


class BlobMissing(Problem):
    """A line names a blob that is not here."""

    status, code, title = 422, "blob", "A blob is missing"

    def __init__(self, seq: int, sha256: str, reason: str) -> None:
        super().__init__(
            f"the line with seq {seq} needs the blob {sha256}: {reason}; upload it first",
            seq=seq,
            sha256=sha256,
            reason=reason,
        )


class ReplacementMissing(Problem):
    """A redaction replaces a blob by one that is not here."""

    status, code, title = 422, "blob", "A blob is missing"

    def __init__(self, sha256: str) -> None:
        super().__init__(
            f"`blobs` names {sha256} as the new blob, and it is not here; upload it first", sha256=sha256
        )


class WrongHash(Problem):
    """The content is not the one that its address names."""

    status, code, title = 422, "hash", "Another content"


class BadRequest(Problem):
    """A parameter that cannot be read."""

    status, code, title = 422, "request", "Cannot be read"


class NotHttp(BadRequest):
    """What came is no request of HTTP."""

    status = 400


class TooFast(Problem):
    """More requests than the rate allows, or than the disk keeps up with."""

    status, code, title = 429, "rate", "Too many requests"

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Broken(Problem):
    """A fault of the collector."""

    status, code, title = 500, "fault", "A fault of the collector"


#: What a caller hears of a database that is down, locked or full.
UNANSWERED = "the database does not answer as it should"


class NoStorage(Problem):
    """The store cannot be written now: full, locked, gone. Nothing was kept of the request."""

    status, code, title = 503, "storage", "The store cannot be used now"

    def __init__(self, what: str, why: str = "", retry_after_s: int = 5) -> None:
        super().__init__(f"the store cannot be used now ({what}); keep the data and try again")
        self.retry_after_s = retry_after_s
        # For the log and the operator: it may name hosts and paths. A driver may say more below, about the
        # statement.
        self.reason = why.strip().partition("\n")[0] or what

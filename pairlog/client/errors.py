"""The one error of the client."""

from __future__ import annotations

from pairlog.errors import UserError, visible
from pairlog.exchange import Answer

_DETAIL_CHARS_MAX = 400
#: The collector asks for patience, or a proxy before it finds nobody at home just now.
_PASSING = (429, 502, 503, 504)


class CollectorError(UserError):
    """A collector refused, or gave no answer that can be used; the message says where, what, what next.

    `status` is 0 where no answer came. `code` is the word that programs go by (`docs/protocol.md`), empty
    where the collector gave none; `body` the problem document. `is_passing`: the same may go through later.
    """

    def __init__(self, message: str, answer: Answer | None = None, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.status = answer.status if answer else 0
        self.code = answer.code if answer else ""
        self.body = answer.body if answer else {}
        self.retry_after = answer.retry_after if answer else None
        self.is_passing = is_passing


def refusal(address: str, answer: Answer) -> CollectorError:
    """The error of an answer that is none of those that were asked for."""
    detail = visible(answer.detail)[:_DETAIL_CHARS_MAX]
    if 300 <= answer.status < 400:
        detail = (
            f"answers with a redirect ({answer.status}), which is not followed, so that the token goes "
            "nowhere else; give the address that it leads to"
        )
    elif answer.status == 401:
        detail = "takes no such token: it is unknown, expired or revoked; set PAIRLOG_TOKEN to one in force"
    elif not answer.code:
        detail = f"answered {answer.status}; see its log, or give the address that `pairlog serve` printed"
    elif answer.retry_after is not None:
        detail = f"says: {detail} (come again in {answer.retry_after:g} s)"
    else:
        detail = f"says: {detail}"
    return CollectorError(f"{address} {detail}", answer, is_passing=answer.status in _PASSING)


def nonsense(address: str) -> CollectorError:
    """The error of an answer that no collector gives."""
    return CollectorError(
        f"{address} answers as no collector does; give the address that `pairlog serve` prints"
    )

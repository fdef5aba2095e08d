"""Lines and characters of an outbox taken back; what may have left goes to the collector as a recall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsp_server.sending import recalls
from lsp_server.sending.outbox import Outbox, head
from lsp_server.sending.outgoing import Outgoing
from lsp_server.sending.release import refusal
from lsp_server.sending.shipment import Shipment
from pairlog.consent import Choice
from pairlog.events import Forget, PositionEncoding
from pairlog.line import encode, parse
from pairlog.masking import Span, rehash, resaved
from pairlog.pointer import BLOB_TEXT
from pairlog.stripping import in_force

#: What may leave whatever was taken back.
_ABOUT_CONSENT = ("forget", "consent")


def cut(outbox: Outbox, shipment: Shipment, first: int, through: int) -> None:
    """Let go of the lines from `first` on; those up to `through` are forgotten at the collector as well.

    Raises OSError.
    """
    if shipment.may_have_left(first):
        shipment.recalls.add([recalls.forget(first, through)])
    outbox.rewrite([line for line in outbox.lines() if head(line).seq < first])
    shipment.rewritten()


def revoke(outbox: Outbox, shipment: Shipment, level: Choice) -> None:
    """Consent fell to `level`: take back what the collector does not have and may not get. Raises OSError.

    At `content` that is the tracked files alone, below it everything but the header and the `end`.
    """
    lines = list(outbox.lines())
    if level == "content":
        outbox.rewrite([_without_files(line, shipment.acked) for line in lines])
        shipment.rewritten()
        return
    first = max(1, shipment.acked + 1)
    kept = [line for line in lines if head(line).seq < first]
    waiting = lines[len(kept) :]
    end = [waiting.pop()] if waiting and outbox.is_ended else []
    if all(head(line).type in _ABOUT_CONSENT for line in waiting):
        return
    last = head(waiting[-1])
    if shipment.may_have_left(first):
        shipment.recalls.add([recalls.forget(first, last.last)])
    outbox.rewrite([*kept, encode(Forget(seq=first, t=last.t, through=last.last)), *end])
    shipment.rewritten()


def _without_files(line: bytes, acked: int) -> bytes:
    found = head(line)
    if found.type != "workspace" or found.seq <= acked:
        return line
    return refusal(line, "the consent to it was taken back")


def redact(
    outbox: Outbox, shipment: Shipment, outgoing: Outgoing, spans: Iterable[Span], encoding: PositionEncoding
) -> None:
    """Mask what was found in lines that are in the outbox, and have the collector do the same.

    Raises OSError.
    """
    before = list(outbox.lines())
    with_texts = _with_texts(before)
    found = sorted(span for span in set(spans) if span.seq in with_texts)
    after, blobs = _masked_again(before, found, outgoing, encoding)
    changed = {head(old).seq for old, new in zip(before, after, strict=True) if old != new}
    if not changed:
        return
    saves = rehash(before, after, outgoing.content, outgoing.content)
    hashes = dict(saves)
    after = [resaved(line, hashes[seq]) if (seq := head(line).seq) in hashes else line for line in after]
    gone = [span for span in found if span.seq in changed and span.pointer != BLOB_TEXT]
    if shipment.may_have_left(min(changed)):
        shipment.recalls.add(recalls.redactions(gone, saves, blobs))
    outbox.rewrite(after)
    shipment.rewritten()


def _with_texts(lines: Iterable[bytes]) -> set[int]:
    """The seqs of those lines of an outbox that bear texts; the others bear their sizes."""
    seqs = set[int]()
    level: Choice = "content"
    for line in lines:
        level = in_force(line, level)
        if level in ("content", "workspace"):
            seqs.add(head(line).seq)
    return seqs


def _masked_again(
    lines: Sequence[bytes], spans: Iterable[Span], outgoing: Outgoing, encoding: PositionEncoding
) -> tuple[list[bytes], list[tuple[str, str]]]:
    """The lines with these spans masked, and the contents that have another name by it."""
    of: dict[int, list[Span]] = {}
    for span in spans:
        of.setdefault(span.seq, []).append(span)
    after: list[bytes] = []
    blobs: list[tuple[str, str]] = []
    for line in lines:
        mine = of.get(head(line).seq, [])
        after.append(outgoing.leave(line, mine, encoding) if mine else line)
        if any(span.pointer == BLOB_TEXT for span in mine) and after[-1] != line:
            blobs.append((parse(line)["blob"], parse(after[-1])["blob"]))
    return after, blobs

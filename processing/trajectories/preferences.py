"""A session's preferences: a row for each comparison of two models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pairlog.line import decode
from pairlog.replay import Blobs
from pairlog.source import SessionInfo
from processing.sessions.runs import runs
from processing.sessions.timeline import timeline
from processing.trajectories.comparisons import Comparison, comparisons
from processing.trajectories.context import Context, contexts
from processing.trajectories.preference import Candidate, Preference
from processing.trajectories.verdict import verdict

_WEAKEST_FIRST = ("inferred", "observed", "reported")


def preferences(info: SessionInfo, lines: Sequence[bytes], blobs: Blobs) -> list[Preference]:
    """A row for each suggestion that was shown in the place of a rival, in their order.

    Raises `processing.sessions.timeline.Unverified` where the session's saves do not prove its text.
    """
    if not any(b'"rival"' in line for line in lines):
        return []
    frame = timeline(lines, blobs)
    events = [decode(line) for line in lines]
    around = contexts(events, runs(events))
    times = dict(zip(frame["seq"], frame["time"], strict=True))
    return [
        _row(info, number, it, around[it.event.seq], times[it.event.seq].isoformat(timespec="milliseconds"))
        for number, it in enumerate(comparisons(events, blobs))
    ]


def _row(info: SessionInfo, number: int, it: Comparison, context: Context, time: str) -> Preference:
    event, last = it.event, it.decisions[-1] if it.decisions else None
    shown = Candidate(event.id, event.model, event.text if it.has_texts else None, event.latency_ms)
    rival = Candidate(event.rival or "", it.rival_model)
    if it.rival is not None and it.has_texts:
        rival = replace(rival, text=it.rival.text, latency_ms=it.rival.latency_ms)
    if it.texts is not None:
        shown, rival = (
            replace(one, written=text.written()) for one, text in zip((shown, rival), it.texts, strict=True)
        )
    ruled = verdict(shown, rival, last.phase if last else None, it.kept, it.texts is not None)
    told = {
        *(decision.evidence for decision in it.decisions),
        "inferred" if ruled.preferred == "rival" else None,
    }
    return Preference(
        project=info.project,
        origin=info.session,
        contributor=info.contributor,
        time=time.replace("+00:00", "Z"),
        revision=context.revision,
        evidence=next((word for word in _WEAKEST_FIRST if word in told), None),
        use=context.use,
        preference=number,
        seq_asked=it.asked,
        seq_shown=event.seq,
        seq_decided=last.seq if last else None,
        doc=event.doc,
        path=it.path,
        language=it.language,
        position=event.position,
        position_encoding=it.encoding,
        provider=event.provider,
        surface=event.surface,
        context={"seq": it.asked, "sha256": it.sha256} if it.sha256 else None,
        shown=shown,
        rival=rival,
        decision=_decision(it),
        decided_ms=last.t - event.t if last else None,
        kept=it.kept,
        preferred=ruled.preferred,
        rule=ruled.rule,
    )


def _decision(it: Comparison) -> dict[str, str | None] | None:
    if not it.decisions:
        return None
    last = it.decisions[-1]
    taken = "".join(told.text for told in it.decisions if told.text is not None and it.has_texts) or None
    return {"phase": last.phase, "evidence": last.evidence, "reason": last.reason, "taken": taken}

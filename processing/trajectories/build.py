"""A session's steps, from its timeline and one replay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from pairlog.document import sha256
from pairlog.events import Edit, Event, Evidence, Open, Rename, Save, Source
from pairlog.line import decode
from pairlog.replay import Blobs, Player
from pairlog.source import SessionInfo
from processing.imports.links import Link
from processing.sessions.runs import RunRecord, runs
from processing.sessions.suggestions import Suggestion, suggestions
from processing.sessions.timeline import timeline
from processing.trajectories.bursts import Burst, bursts
from processing.trajectories.context import contexts
from processing.trajectories.diff import compose, diff
from processing.trajectories.links import Calls, attribute, calls_of
from processing.trajectories.retention import Retention
from processing.trajectories.step import Actor, Kind, Step

_KINDS: dict[str, Kind] = {"completion": "completion", "agent": "agent", "external": "external"}
_ACTORS: dict[str, Actor] = {"completion": "model", "agent": "model", "external": "external"}


def steps(info: SessionInfo, lines: Sequence[bytes], blobs: Blobs, links: Sequence[Link] = ()) -> list[Step]:
    """The steps of a session, in the order of their first lines; what is linked with an agent's call is its.

    Each document's diffs are held against its final text before anything is returned. Raises
    `processing.sessions.timeline.Unverified` where the session's saves do not prove its text.
    """
    calls = calls_of(info.session, links)
    frame = attribute(timeline(lines, blobs), calls)
    events = [decode(line) for line in lines]
    records = runs(events)
    offers = {offer.id: offer for offer in suggestions(events)}
    mould = _Mould(info, events, frame, records, calls)
    retention = Retention()
    edits = {burst.seqs[-1]: burst for burst in bursts(frame)}
    finals: dict[int, str] = {}
    made = [*_touching(events, Player(blobs, retention.observe), mould, edits, offers, retention, finals)]
    _prove(made, finals)
    made += [mould.run(record) for record in records]
    taken = {burst.ref for burst in edits.values()}
    made += [mould.suggestion(offer) for offer in offers.values() if offer.id not in taken]
    made.sort(key=lambda step: (step.seq_first, step.seq_last))
    shares = retention.shares()
    return [
        replace(
            step,
            step=number,
            retention=shares.get(step.seq_last) if step.actor == "model" and step.diff else None,
            feedback=_feedback(step, records),
        )
        for number, step in enumerate(made)
    ]


def _touching(
    events: Iterable[Event],
    player: Player,
    mould: _Mould,
    edits: dict[int, Burst],
    offers: dict[str, Suggestion],
    retention: Retention,
    texts: dict[int, str],
) -> Iterator[Step]:
    """The steps that touch documents, made while the session is replayed; `texts` follows their texts."""
    by_model = {last: burst for last, burst in edits.items() if _ACTORS.get(burst.group) == "model"}
    owners = {seq: last for last, burst in by_model.items() for seq in burst.seqs}
    sources: dict[int, Source] = {}
    for event in events:
        doc = getattr(event, "doc", None)
        retention.doc, retention.owner = doc or 0, owners.get(event.seq)
        player.feed(event)
        if doc not in player.documents:
            continue
        replayed = player.documents[doc]
        before = texts.get(doc)
        if isinstance(event, Open):
            sources[event.doc] = event.source
        if isinstance(event, Open) and replayed.live:
            text = texts[doc] = replayed.document.text
            retention.rebase(before or "", text)
            if text != before:
                yield mould.open(event, diff(before, text, event.path))
        elif isinstance(event, Edit) and event.seq in edits and replayed.live:
            burst, text = edits[event.seq], replayed.document.text
            patch = diff(before, text, replayed.path)
            yield mould.burst(burst, offers.get(burst.ref), sha256(texts[doc]), patch)
            texts[doc] = text
        elif isinstance(event, Save):
            yield mould.save(event, replayed.path)
        elif isinstance(event, Rename):
            yield mould.rename(event, sources.get(event.doc, "editor"))


def _prove(made: Iterable[Step], finals: dict[int, str]) -> None:
    """Hold each document's diffs, applied one after another, against the text that the replay ended with."""
    patches: defaultdict[int | None, list[str]] = defaultdict(list)
    for step in made:
        if step.diff is not None:
            patches[step.doc].append(step.diff)
    for doc, text in finals.items():
        assert compose(patches[doc]) == text, f"the diffs of document {doc} do not compose to its text"


class _Mould:
    """Makes the steps of one session; their numbers and feedback come when all are known."""

    def __init__(
        self,
        info: SessionInfo,
        events: Sequence[Event],
        frame: pd.DataFrame,
        records: Iterable[RunRecord],
        calls: Calls,
    ) -> None:
        self._info = info
        self._calls = calls
        self._contexts = contexts(events, records)
        self._times = dict(zip(frame["seq"], frame["time"], strict=True))
        self._paths = dict(zip(frame["seq"], frame["path"], strict=True))

    def open(self, event: Open, patch: str) -> Step:
        """A document's text came into sight, or was given anew."""
        action = {"why": event.why, "source": event.source, "language": event.language}
        evidence: Evidence = "reported" if event.source == "editor" else "observed"
        step = self._step("open", "external", event.seq, event.seq, action, evidence=evidence)
        return replace(step, doc=event.doc, path=event.path, diff=patch)

    def burst(self, burst: Burst, offer: Suggestion | None, before_sha256: str, patch: str) -> Step:
        """Edits that belong together; with the suggestion that they took, where there is one."""
        first, last = burst.seqs[0], burst.seqs[-1]
        action: dict[str, Any] = {
            "causes": dict(burst.causes),
            "edits": len(burst.seqs),
            "inserted": burst.inserted,
            "deleted": burst.deleted,
            "duration_ms": burst.t_last - burst.t_first,
        }
        if burst.ref:
            action["ref"] = burst.ref
        if offer is not None:
            action |= offer.offered
        if burst.group == "agent" and first in self._calls:
            action["calls"] = [
                {"imported": it.imported, "tool_call": it.tool_call, "rule": it.rule}
                for it in self._calls[first]
            ]
        kind, actor = _KINDS.get(burst.group, "edit"), _ACTORS.get(burst.group, "human")
        return replace(
            self._step(kind, actor, first, last, action, burst.evidence),
            doc=burst.doc,
            path=burst.path,
            diff=patch,
            outcome=_decision(offer) if offer else None,
            observation=self._observation(first, burst.doc) | {"sha256": before_sha256},
        )

    def save(self, event: Save, path: str) -> Step:
        """A document was saved."""
        action = {"sha256": event.sha256, "sha256_of": event.sha256_of}
        step = self._step("save", "human", event.seq, event.seq, action, evidence="reported")
        return replace(step, doc=event.doc, path=path)

    def rename(self, event: Rename, source: Source) -> Step:
        """A document has a new path. `source` tells who said so: the editor, or its file."""
        actor: Actor = "human" if source == "editor" else "external"
        evidence: Evidence = "reported" if source == "editor" else "observed"
        step = self._step("rename", actor, event.seq, event.seq, {"path": event.path}, evidence=evidence)
        return replace(step, doc=event.doc, path=event.path)

    def run(self, record: RunRecord) -> Step:
        """A program was run; of kind `test` where it told the results of tests."""
        kind: Kind = "test" if record.tests or record.kind == "test" else "run"
        action = {"id": record.id, "command": record.command}
        if record.parent is not None:
            action["parent"] = record.parent
        first, last = record.seq_started, record.seq_last
        step = self._step(kind, "human", first, last, action, evidence=record.evidence)
        return replace(step, outcome=_outcome(record) if record.ended else None)

    def suggestion(self, offer: Suggestion) -> Step:
        """A suggestion that changed no text: refused, ignored, or taken without a trace."""
        action = {"ref": offer.id, **offer.offered}
        first, last = offer.seq_first, offer.seq_last
        step = self._step("completion", "model", first, last, action, evidence=offer.evidence)
        path = self._paths[first] if offer.doc is not None else None
        return replace(step, doc=offer.doc, path=path, outcome=_decision(offer))

    def _observation(self, seq: int, doc: int | None) -> dict[str, Any]:
        context = self._contexts[seq]
        seen: dict[str, Any] = {"failing": context.failing}
        if doc in context.selections:
            seen["selections"] = context.selections[doc]
        return seen

    def _step(
        self, kind: Kind, actor: Actor, first: int, last: int, action: dict[str, Any], evidence: str | None
    ) -> Step:
        return Step(
            project=self._info.project,
            origin=self._info.session,
            contributor=self._info.contributor,
            actor=actor,
            time=self._times[first].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            revision=self._contexts[first].revision,
            evidence=evidence,
            use=self._contexts[first].use,
            step=0,
            kind=kind,
            seq_first=first,
            seq_last=last,
            observation=self._observation(first, None),
            action=action,
        )


def _decision(offer: Suggestion) -> dict[str, Any] | None:
    return {"phase": offer.decision, "reason": offer.reason} if offer.decision else None


def _outcome(record: RunRecord) -> dict[str, Any]:
    return {
        "exit_code": record.exit_code,
        "duration_ms": record.duration_ms,
        "passed": record.passed(),
        "failed": record.failed(),
    }


def _feedback(step: Step, records: Iterable[RunRecord]) -> dict[str, Any] | None:
    """The outcome of the first run that saw what the step changed; None for steps that change nothing."""
    if step.kind != "save" and (step.diff is None or step.kind == "open"):
        return None
    for record in records:
        if record.saw_through(step.doc) >= step.seq_last and record.ended:
            return {"run": record.id, "seq": record.seq_last, **_outcome(record)}
    return None

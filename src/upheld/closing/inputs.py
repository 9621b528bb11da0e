"""Inputs: everything one agreement's figures rest on, as it is recorded and as it is read back.

Law: the figures of a statement are computed from what is recorded, and from nothing else; read back from a bundle, the same inputs
give the same figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from upheld.agreement.load import Loaded
from upheld.assessment.assess import assess
from upheld.closing.audience import audience_of
from upheld.evidence.bundle import canonical, text_leaf
from upheld.facts.batch import Batch
from upheld.facts.cut import cut
from upheld.facts.leaves import KIND, batches_of, leaves_of, watched_leaf, watched_of
from upheld.facts.record import record
from upheld.facts.tables import Facts, Refused
from upheld.plans.plan import Plan
from upheld.remedies.claims import acts_of
from upheld.remedies.settle import settle
from upheld.sources.files import Gathering
from upheld.statements.figures import figures_of
from upheld.statements.missed import missed_of
from upheld.statements.period import Period
from upheld.statements.spans import spans_of
from upheld.values.instant import format_instant
from upheld.workspace import Workspace

__all__ = ["Inputs", "figures_from", "from_leaves", "from_workspace"]

_ACTS = ("claim", "dispute", "decision", "waiver", "choice", "exercise")


@dataclass(frozen=True)
class Inputs:
    """``texts``: ``agreement/...`` and ``calendars/...`` with their bytes; ``batches`` and ``complete``: the facts and who watched."""

    agreement: str
    plans: tuple[Plan, ...]
    parties: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, bytes]
    batches: tuple[Batch, ...]
    complete: Mapping[str, tuple[int, int | None]]
    refused: tuple[Refused, ...]

    def facts(self) -> Facts:
        """The facts, recorded."""
        found = record(self.batches, self.complete)
        return replace(found, refused=(*self.refused, *found.refused))

    def leaves(self) -> Iterator[tuple[str, list[bytes]]]:
        """All leaves by kind, in the order in which they are recorded: texts, who watched, refused rows, facts."""
        kinds = {"agreement/": "agreement", "calendars/": "calendar"}
        for name, data in sorted(self.texts.items()):
            kind = kinds[name[: name.index("/") + 1]]
            yield kind, [text_leaf(kind, name, data)]
        yield "watched", [watched_leaf(source, start, end) for source, (start, end) in sorted(self.complete.items())]
        # which rows could not be read is on record; what they said may be another party's, and is not
        told = [{"kind": "refused", "file": r.file, "row": r.row, "column": r.column, "slug": r.slug, "severity": r.severity}
                for r in self.refused]
        yield "refused", [canonical(body) for body in told]
        for batch in self.batches:
            yield KIND, leaves_of(batch)


def from_workspace(workspace: Workspace, agreement: str, gathering: Gathering) -> Inputs:
    """The inputs of one agreement of a workspace."""
    everything = workspace.plans()
    plans = everything[agreement]
    others = [plan for name, several in everything.items() if name != agreement for plan in several]
    batches = audience_of(gathering, gathering.facts(), plans, others)
    sources = {batch.source for batch in batches}
    loaded = [one for one in workspace.agreements if one.plan is not None and one.plan.agreement == agreement]
    texts = _agreement_texts(workspace, loaded) | _calendar_texts(workspace.root)
    files = {batch.file for batch in batches}
    return Inputs(
        agreement, plans, parties_of(loaded[-1]), texts, batches,
        {source: span for source, span in gathering.complete.items() if source in sources},
        tuple(replace(r, text="", message="") for r in gathering.refused if r.file in files),
    )


def parties_of(loaded: Loaded) -> dict[str, dict[str, str]]:
    """The parties as the agreement names them."""
    if loaded.model is None:
        return {}
    said = {role: {"name": p.name, "role": p.role, "id": p.id} for role, p in loaded.model.parties.items()}
    return {role: {k: v for k, v in about.items() if v} for role, about in said.items()}


def _agreement_texts(workspace: Workspace, loaded: Sequence[Loaded]) -> dict[str, bytes]:
    """The files of the agreement's versions and of every base they stand on."""
    by_name = {(one.plan.agreement, one.plan.version): one for one in workspace.agreements if one.plan is not None}
    wanted = list(loaded)
    found: dict[str, bytes] = {}
    while wanted:
        one = wanted.pop()
        name = f"agreement/{one.name.removeprefix('agreements/')}"
        if name in found:
            continue
        found[name] = (workspace.root / one.name).read_bytes()
        base = one.model.based_on if one.model is not None else None
        if base is not None and (base.agreement, base.version) in by_name:
            wanted.append(by_name[base.agreement, base.version])
    return found


def _calendar_texts(root: Path) -> dict[str, bytes]:
    return {f"calendars/{path.name}": path.read_bytes() for path in sorted((root / "calendars").glob("*.y*ml"))}


def from_leaves(leaves: Iterable[bytes], workspace: Workspace, agreement: str, texts: Mapping[str, bytes]) -> Inputs:
    """The inputs as a log holds them. ``workspace``: its texts, opened."""
    kept = list(leaves)
    loaded = [one for one in workspace.agreements if one.plan is not None and one.plan.agreement == agreement]
    bodies = (json.loads(leaf) for leaf in kept if b'"kind":"refused"' in leaf)
    refused = tuple(Refused(b["file"], b["row"], b["column"], b["slug"], "", "", b["severity"]) for b in bodies if b["kind"] == "refused")
    return Inputs(agreement, workspace.plans()[agreement], parties_of(loaded[-1]), texts, tuple(batches_of(kept)), watched_of(kept), refused)


def figures_from(inputs: Inputs, period: Period, as_of: int | None) -> tuple[dict[str, Any], int]:
    """(the figures of a period, the instant until which anything is known, µs UTC): the one way from inputs to a statement.

    Raises ``ValueError`` if no version was in force or known at ``as_of``.
    """
    facts = inputs.facts()
    assessment = assess(inputs.plans, facts, as_of)
    settlement = settle(inputs.plans, facts, as_of, assessment)
    mine = [o for o in assessment.outcomes if period.start < o.end and o.start < period.end]
    spans = spans_of(inputs.plans, facts, as_of, mine)
    missed = missed_of(inputs.plans, facts, as_of, period.end, mine)
    acts = _acts(inputs, facts, period, as_of)
    figures = figures_of(inputs.plans, assessment, settlement, period, facts, parties=inputs.parties, acts=acts, spans=spans, missed=missed)
    return figures, assessment.horizon


def _acts(inputs: Inputs, facts: Facts, period: Period, as_of: int | None) -> list[dict[str, Any]]:
    """The claims, disputes and decisions that speak of the period, or were made in it."""
    acts = acts_of(cut(facts, as_of).declarations, _ACTS)
    disputes = {a.said("dispute"): a for a in acts if a.kind == "dispute"}
    decided = {a.about: a for a in acts if a.kind == "decision"}
    commitments = {name for plan in inputs.plans for name in plan.commitments}
    found = []
    for act in acts:
        spoken = disputes.get(act.about, act)
        ours = spoken.about in commitments or spoken.about.startswith(inputs.agreement)
        label = spoken.said("window")
        if not ours or not (label.startswith(period.label) or period.label.startswith(label) if label else period.start < act.at <= period.end):
            continue
        body: dict[str, Any] = {"kind": act.kind, "about": act.about, "actor": act.actor, "at": format_instant(act.at), "says": dict(act.says)}
        if act.kind == "dispute":
            body["open"] = act.said("dispute") not in decided
        found.append(body)
    return found

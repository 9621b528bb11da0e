"""Acts: a claim, a dispute, a decision, a choice, a waiver, put on record as facts.

Law: an act is refused with its reason or recorded whole; it changes an outcome only as its clause says, and a dispute only through a
decision with an actor and a reason. Nobody decides their own dispute. Time comes in as ``at``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Always
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.plans.remedies import Dispute
from upheld.remedies.claims import Act, acts_of, deadline
from upheld.remedies.settle import settle
from upheld.remedies.settlement import Line
from upheld.sources.records import record_line
from upheld.values.instant import format_instant, parse_instant

__all__ = ["OTHER_KINDS", "Desk", "Recorded", "RefusedActError", "claim", "decide", "declare", "dispute"]

_YEAR_US = 366 * 86_400_000_000
OTHER_KINDS = ("approval", "rejection", "choice", "waiver", "exercise", "done", "notice", "credit given")


class RefusedActError(Exception):
    """An act that cannot be recorded: ``slug`` names why, ``help`` what to do."""

    def __init__(self, slug: str, message: str, help: str = "") -> None:  # noqa: A002 - the word the finding shows
        super().__init__(message)
        self.slug, self.help = slug, help


@dataclass(frozen=True, slots=True)
class Recorded:
    """The lines to write, the name the act got, and what it means in words."""

    lines: tuple[bytes, ...]
    name: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where acts are written: the agreement's versions, what is known, the next line of the record, and when it is."""

    plans: Sequence[Plan]
    facts: Facts
    row: int
    at: int

    @property
    def plan(self) -> Plan:
        """The version in force at the time of the act, else the latest."""
        own = [p for p in self.plans if p.from_us <= self.at and (p.until_us is None or self.at < p.until_us)]
        return own[-1] if own else self.plans[-1]

    def name(self, letter: str) -> str:
        """A name for the act, unique in the record."""
        return f"{letter}-{self.row}"

    def line(self, kind: str, about: str, actor: str, name: str, says: Mapping[str, str]) -> bytes:
        """The declaration as a line of the record."""
        return record_line("declarations", self.row, {"kind": kind, "about": about, "actor": actor, "id": name}, {"at": self.at}, says)


def claim(desk: Desk, commitment: str, window: str, group: Mapping[str, str], actor: str, evidence: Sequence[str], case: str = "") -> Recorded:
    """Claim the credit of a result. A late claim is recorded too: it is shown as lapsed, never lost.

    Where nothing is owed so far but a dispute about it is open, the claim is recorded for what the decision may bring.
    """
    pending, line = "", None
    try:
        line = _lines(desk, commitment, window, group, case)[0]
    except RefusedActError as refused:
        pending = _open_dispute(desk, commitment, window, group) if refused.slug == "nothing-owed" else ""
        if not pending:
            raise
    name = desk.name("C")
    says = {"window": window, "evidence": "; ".join(evidence), "case": case, **group}
    record = desk.line("claim", commitment, actor, name, says)
    told = [f"claim {name} on {commitment} {window} is on record"]
    judging = next((p for p in desk.plans if line is not None and p.version == line.version), desk.plan)
    rule = judging.remedies.claim_of(commitment)
    late = line is not None and line.claim_by is not None and desk.at > line.claim_by
    # one that was claimed in time stays owed, whatever is said of it later
    stands = late and line is not None and line.claimed_at is not None and line.state != "lapsed"
    if line is None:
        told.append(f"nothing is owed for it so far: the claim counts if dispute {pending} is accepted")
    elif rule is None:
        told.append("this credit is paid without a claim")
    elif stands and line.claimed_at is not None:
        told.append(f"it had been claimed in time, on {format_instant(line.claimed_at, desk.plan.zone)[:10]}: that claim stands")
    elif late and line.claim_by is not None:
        told.append(f"it came too late: it was due by {format_instant(line.claim_by - 1, desk.plan.zone)[:10]}, so the credit stays lapsed")
    needs = rule.needs if rule is not None and not stands else ()
    given = {e.strip().lower() for e in evidence}
    missing = [need for need in needs if need.lower() not in given]
    if missing:
        told.append(f"still to come with it: {', '.join(missing)} (claim again with --evidence)")
    return Recorded((record,), name, tuple(told))


def dispute(desk: Desk, clause: str, commitment: str, window: str, group: Mapping[str, str], actor: str,
            details: Mapping[str, str]) -> Recorded:
    """Contest a result by a dispute clause. Raises RefusedActError: no such clause, not this party's, too late, details missing."""
    plan = desk.plan
    rule = plan.remedies.disputes.get(clause)
    if rule is None:
        known = ", ".join(plan.remedies.disputes) or "none"
        raise RefusedActError("dispute", f"the agreement has no dispute clause `{clause}`", f"its clauses: {known}")
    if rule.by not in ("any", "both", actor):
        raise RefusedActError("party", f"`{clause}` is for {rule.by} to dispute, not for {actor}", f"write --by {rule.by}")
    _known(plan, commitment)
    missing = [need for need in rule.needs if need not in details]
    if missing:
        raise RefusedActError("needs", f"`{clause}` needs {', '.join(missing)}", " ".join(f"--with {m}=..." for m in missing))
    until = _dispute_until(desk, rule, commitment, window, details)
    if until is not None and desk.at > until:
        day = format_instant(until - 1, plan.zone)
        raise RefusedActError("window", f"`{clause}` could be disputed until {day[:10]}; it is {format_instant(desk.at, plan.zone)[:10]}")
    name = desk.name("D")
    says = {"dispute": name, "clause": clause, "window": window, **group, **details}
    return Recorded((desk.line("dispute", commitment, actor, name, says),), name, (
        f"dispute {name} on {commitment} {window} is on record; it changes nothing until it is decided",))


def _dispute_until(desk: Desk, rule: Dispute, commitment: str, window: str, details: Mapping[str, str]) -> int | None:
    after = rule.until.after
    if after == "incident":
        text = details.get("end") or details.get("until") or ""
        try:
            start = parse_instant(text)
        except ValueError:
            raise RefusedActError("needs", "when the incident ended is not said", "write --with end=2026-03-01T12:00:00Z") from None
    else:
        found = [line.end for line in settle(desk.plans, desk.facts, None).lines if (line.commitment, line.window) == (commitment, window)]
        if not found:
            return None
        start = found[0]
    return deadline(rule.until, start, _grid(desk, rule.until.length.calendar or "always", start))


def decide(desk: Desk, dispute_name: str, actor: str, reason: str, *, accept: bool) -> Recorded:
    """Decide a dispute. An accepted one puts on record what its clause says it adds, known from now.

    Raises RefusedActError: no such dispute, decided already, by the one who disputes or by one who may not, without a reason.
    """
    acts = acts_of(desk.facts.declarations, ("dispute", "decision"))
    found = next((a for a in acts if a.kind == "dispute" and a.said("dispute") == dispute_name), None)
    if found is None:
        open_ = sorted({a.said("dispute") for a in acts if a.kind == "dispute"})
        raise RefusedActError("dispute", f"there is no dispute `{dispute_name}`", f"on record: {', '.join(open_) or 'none'}")
    if any(a.kind == "decision" and a.about == dispute_name for a in acts):
        raise RefusedActError("decided", f"dispute {dispute_name} is decided already", "a decision stands; raise a new dispute")
    rule = desk.plan.remedies.disputes.get(found.said("clause"))
    if rule is not None and rule.decides and actor != rule.decides:
        raise RefusedActError("party", f"dispute {dispute_name} is for {rule.decides} to decide, not for {actor}")
    if actor == found.actor:
        raise RefusedActError("party", f"{actor} raised {dispute_name} and cannot decide it", "the other party, or an arbiter, decides")
    if not reason.strip():
        raise RefusedActError("reason", "a decision needs its reason", "write --reason")
    verdict = "accepted" if accept else "rejected"
    name = desk.name("E")
    lines = [desk.line("decision", dispute_name, actor, name, {"decision": verdict, "reason": reason, "commitment": found.about})]
    told = [f"dispute {dispute_name} is {verdict} by {actor}"]
    if accept and rule is not None and rule.adds:
        line, what = _added(desk, found, rule)
        lines.append(line)
        told.append(what)
    return Recorded(tuple(lines), name, tuple(told))


def _added(desk: Desk, found: Act, rule: Dispute) -> tuple[bytes, str]:
    """The fact an accepted dispute adds: an interval of the kind its clause names, from and to as disputed."""
    try:
        start, end = parse_instant(found.said("start")), parse_instant(found.said("end"))
    except ValueError:
        raise RefusedActError("needs", f"dispute {found.said('dispute')} does not say its start and end, so nothing can be added") from None
    if end <= start:
        raise RefusedActError("needs", f"dispute {found.said('dispute')} ends before it starts")
    own = {"dispute", "clause", "window", "start", "end", "reason"}
    says = {k: v for k, v in found.says if k not in own} | {k: v for k, v in rule.adds.items() if k != "kind"}
    says["dispute"] = found.said("dispute")
    if desk.plan.customer and desk.facts.intervals is not None and "customer" in desk.facts.intervals.attributes:
        # where no interval says whose it is, one that began to would leave all others to nobody
        says.setdefault("customer", desk.plan.customer)
    kind = rule.adds.get("kind", "outage")
    line = record_line("intervals", desk.row + 1, {"kind": kind, "subject": found.said("subject"), "id": f"{found.said('dispute')}-fact"},
                       {"start": start, "end": end, "known_at": desk.at}, says)
    return line, f"{kind} from {format_instant(start)} to {format_instant(end)} is on record, known from now"


def declare(desk: Desk, kind: str, about: str, actor: str, says: Mapping[str, str]) -> Recorded:
    """Any other declaration: an approval, a rejection, a choice, a waiver, the use of a right, a duty done, a credit given before."""
    if kind not in OTHER_KINDS:
        raise RefusedActError("kind", f"`{kind}` is nothing that can be declared", f"known: {', '.join(OTHER_KINDS)}; claims and disputes have "
                              "commands of their own")
    name = desk.name("A")
    return Recorded((desk.line(kind, about, actor, name, says),), name, (f"{kind} {name} about {about} is on record",))


def _lines(desk: Desk, commitment: str, window: str, group: Mapping[str, str], case: str) -> list[Line]:
    """The credit lines a claim may be about, at the time of the act."""
    _known(desk.plan, commitment)
    mine = [line for line in settle(desk.plans, desk.facts, desk.at).lines if line.commitment == commitment and line.kind == "credit"]
    lines = [line for line in mine if line.window == window and all(dict(line.group).get(k) == v for k, v in group.items())
             and case in ("", line.case)]
    if not lines:
        there = ", ".join(dict.fromkeys(f"{line.window}{f' ({_group(line)})' if line.group else ''}" for line in mine)) or "none"
        raise RefusedActError("nothing-owed", f"no credit of {commitment} is owed for {window}", f"credits so far: {there}")
    if len({line.group for line in lines}) > 1:
        raise RefusedActError("which", f"{commitment} has several results in {window}: {'; '.join(_group(line) for line in lines)}",
                              "say which with --for name=value")
    return lines


def _open_dispute(desk: Desk, commitment: str, window: str, group: Mapping[str, str]) -> str:
    """The name of a dispute about the result that is not decided yet; "" without one."""
    acts = acts_of(desk.facts.declarations, ("dispute", "decision"))
    decided = {a.about for a in acts if a.kind == "decision"}
    mine = (a for a in acts if a.kind == "dispute" and a.at <= desk.at and a.about == commitment and a.said("window") == window
            and all(a.said(k) in ("", v) for k, v in group.items()) and a.said("dispute") not in decided)
    return next((a.said("dispute") for a in mine), "")


def _group(line: Line) -> str:
    return ", ".join(f"{k}={v}" for k, v in line.group)


def _known(plan: Plan, commitment: str) -> None:
    if commitment not in plan.commitments:
        raise RefusedActError("commitment", f"there is no commitment `{commitment}` in {plan.agreement}", f"its commitments: "
                              f"{', '.join(plan.commitments)}")


def _grid(desk: Desk, name: str, at: int) -> Grid:
    return compile_grid(desk.plan.calendars.get(name) or Always(desk.plan.zone), at - _YEAR_US, max(at, desk.at) + 6 * _YEAR_US)

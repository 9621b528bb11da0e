"""Settle: what every result of an agreement is owed, line by line, at one knowledge cut.

Law: the only way from outcomes to money. The order is fixed: pay × of × per, its own limit and minimum, the one rounding, standing,
claims, paid once, caps, earn-back. Each result is settled by the version that judged it; caps count what other versions gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from upheld.assessment.assess import assess, contexts
from upheld.assessment.horizon import first_instant, last_instant
from upheld.assessment.outcome import Assessment
from upheld.calendars.grid import Grid, compile_grid
from upheld.calendars.spec import Always, WindowSpec
from upheld.facts.cut import cut
from upheld.facts.tables import Facts
from upheld.measures.missed import MissedCase, missed_cases
from upheld.measures.result import Context
from upheld.plans.plan import AvailabilityPlan, ClockPlan, Head, Plan
from upheld.plans.remedies import Claim, MoneyRounding
from upheld.plans.terms import Term, in_force
from upheld.remedies.claims import Act, Moments, about, acts_of, calendar_of, chosen, claimed, of_their_own, openings
from upheld.remedies.earn_back import earned_back
from upheld.remedies.fees import Asked, Fees
from upheld.remedies.late import Late
from upheld.remedies.limits import capped, paid_once
from upheld.remedies.per_case import case_attributes, needs_cases
from upheld.remedies.results import Result, results_of
from upheld.remedies.rights import duties, opened
from upheld.remedies.sentence import Raw, Speaker
from upheld.remedies.settlement import Duty, Line, OpenRight, Settlement
from upheld.remedies.standing import incident_end, not_in_good_standing
from upheld.values.exact import allocate, round_to
from upheld.values.money import show_money
from upheld.values.zone import zone

__all__ = ["settle"]

_YEAR_US = 366 * 86_400_000_000
_KINDS = ("claim", "choice", "dispute", "decision", "waiver", "exercise", "done", "credit given")


def settle(plans: Iterable[Plan], facts: Facts, as_of: int | None, assessment: Assessment | None = None, *, stated_at: int | None = None,
           progress: Callable[[str], None] | None = None) -> Settlement:
    """All credit lines, rights and duties of one agreement (all its versions in ``plans``) at ``as_of`` (µs; None: all that is known).

    ``assessment``: its outcomes at the same cut where they are at hand. ``stated_at``: when a statement reported the results, for claims
    that count from it. Raises ``ValueError`` if no version was in force or known by then.
    """
    plans = tuple(plans)
    found = assessment if assessment is not None else assess(plans, facts, as_of, progress=progress)
    desk = _Desk(plans, facts, as_of, found, stated_at)
    lines = desk.lines(progress)
    last = desk.terms[-1].plan
    rules = tuple(dict.fromkeys(rule for term in desk.terms for rule in term.plan.remedies.earn_back))
    back = earned_back(lines, desk.judged, rules, {t.plan.version: t.plan.remedies.rounding for t in desk.terms})
    ordered = sorted((*lines, *back), key=lambda line: (line.end, line.start, line.commitment, line.group, line.case, line.clause, line.key))
    rights, tasks = desk.follow_ups()
    return Settlement(last.agreement, last.currency, as_of, tuple(ordered), tuple(rights), tuple(tasks), tuple(dict.fromkeys(desk.notes)))


class _Desk:
    """One settling: the terms, the charges, the acts on record, and the cases where a clause asks for them."""

    def __init__(self, plans: Sequence[Plan], facts: Facts, as_of: int | None, assessment: Assessment, stated_at: int | None) -> None:
        self.plans, self.facts, self.as_of, self.stated_at = plans, facts, as_of, stated_at
        self.terms: tuple[Term, ...] = in_force(plans, as_of)
        self.known = cut(facts, as_of)
        self.now = as_of if as_of is not None else max(assessment.horizon, last_instant(self.known))
        self.judged = results_of(assessment.outcomes)
        customers = frozenset(v for r in self.judged for k, v in r.group if k == "customer")
        self.acts: tuple[Act, ...] = of_their_own(acts_of(self.known.declarations, _KINDS), customers)
        self.notes: list[str] = []
        span = self.terms[0].from_us, self.terms[-1].until_us
        self.fees = {t.plan.version: Fees(t.plan, self.known.charges, span) for t in self.terms}
        self._grids: dict[tuple[str, str], Grid] = {}
        self._cases: dict[str, dict[tuple[tuple[str, ...], int], list[MissedCase]]] = {}
        self._contexts: dict[str, tuple[Context, ...]] = {}

    def plan(self, version: str) -> Plan:
        """The plan of a version."""
        return next(t.plan for t in self.terms if t.plan.version == version)

    # ---- what credits are computed from -----------------------------------------------------------------------------

    @cached_property
    def forgiving(self) -> tuple[Plan, ...] | None:
        """The plans with what takes the credit only (``no_credit``) left out of the figure; None where no clause does so."""
        used = {x for p in self.plans for name in p.remedies.credits if name in p.commitments for x in p.commitments[name].head.excluding
                if p.exclusions[x].effect == "no_credit"}
        if not used:
            return None
        return tuple(replace(p, exclusions={n: replace(e, effect="leave_out") if e.effect == "no_credit" else e
                                            for n, e in p.exclusions.items()}) for p in self.plans)

    def paying(self) -> tuple[Result, ...]:
        """The results as credits see them."""
        if self.forgiving is None:
            return self.judged
        names = sorted({name for p in self.plans for name in p.remedies.credits
                        if name in p.commitments and any(p.exclusions[x].effect == "no_credit" for x in p.commitments[name].head.excluding)})
        seen = results_of(assess(self.forgiving, self.facts, self.as_of, names).outcomes)
        return (*(r for r in self.judged if r.commitment not in names), *seen)

    def contexts(self, commitment: str) -> tuple[Context, ...]:
        """In which a commitment was measured, a version each."""
        if commitment not in self._contexts:
            self._contexts[commitment] = contexts(self.forgiving or self.plans, self.facts, self.as_of, commitment)
        return self._contexts[commitment]

    def cases(self, commitment: str, group: tuple[str, ...], start: int) -> list[MissedCase]:
        """The missed cases of a result."""
        if commitment not in self._cases:
            found: dict[tuple[tuple[str, ...], int], list[MissedCase]] = {}
            for context in self.contexts(commitment):
                clause = context.plan.commitments[commitment]
                credit = context.plan.remedies.credits.get(commitment)
                if isinstance(clause, ClockPlan):
                    asked = case_attributes(credit) if credit is not None else frozenset[str]()
                    for case in missed_cases(clause, context, asked):
                        found.setdefault((case.group, case.window_start), []).append(case)
            self._cases[commitment] = found
        return self._cases[commitment].get((group, start), [])

    def grid(self, plan: Plan, name: str) -> Grid:
        """A calendar of a version, compiled over all that deadlines may need."""
        key = (plan.version, name)
        if key not in self._grids:
            lo = min(first_instant(self.known), self.terms[0].from_us) - _YEAR_US
            hi = max(self.now, last_instant(self.known), self.terms[0].from_us) + 6 * _YEAR_US
            self._grids[key] = compile_grid(plan.calendars.get(name) or Always(plan.zone), lo, hi)
        return self._grids[key]

    # ---- lines ------------------------------------------------------------------------------------------------------

    def lines(self, progress: Callable[[str], None] | None) -> list[Line]:
        """Every line, under claims and caps."""
        by_version: dict[str, list[Line]] = {t.plan.version: [] for t in self.terms}
        last = ""
        for result in self.paying():
            if progress and result.commitment != last:
                last = result.commitment
                progress(f"credits of {last}")
            by_version[result.version] += self._of_result(result)
        settled: list[Line] = []
        for term in self.terms:
            plan, fees = term.plan, self.fees[term.plan.version]
            lines = paid_once(by_version[plan.version], plan.remedies.pays_once, plan.currency)
            settled += capped(lines, plan.remedies.caps, fees, openings(self.acts, plan.currency), settled)
            if lines:
                self._note_caps(plan, fees)
        return settled

    def _note_caps(self, plan: Plan, fees: Fees) -> None:
        for cap in plan.remedies.caps:
            base = cap.of.window if cap.of is not None else "window"
            of_fees = cap.up_to is not None and any(pay is not None and pay.kind != "money" for pay in cap.up_to.leaves)
            if cap.within in ("contract year", "year", "term") and base == "window" and of_fees:
                until = fees.period(cap.within if cap.within != "term" else "contract year", self.now - 1)[1]
                if self.terms[0].from_us < fees.known_until() < until:
                    self.notes.append(f"the cap in the {cap.within} is of the fees charged until {fees.day(fees.known_until() - 1)}; "
                                      "it rises with what is charged later")

    def _of_result(self, result: Result) -> list[Line]:
        plan = self.plan(result.version)
        credit = plan.remedies.credits.get(result.commitment)
        fees, clause = self.fees[plan.version], plan.commitments[result.commitment]
        if credit is None or (clause.head.window.before == "claim" and not self._is_claimed(result)):
            return []
        group = tuple(v for _, v in result.group)
        cases = self.cases(result.commitment, group, result.start) if needs_cases(credit, clause) else []
        asked = Asked(result.group, result.start, result.end, result.piece, clause.head.window, self._claim_of(result, clause.head.window))
        leaves = [h for h in clause.head.hours.leaves if h is not None]
        late = Late(lambda name: self.grid(plan, name), leaves[0] if len(set(leaves)) == 1 else "always", zone(plan.zone))
        offer = Speaker(fees, clause, late).offer(credit, result, asked, cases)
        ends = {case.case: case.stop if case.stop is not None else case.due for case in cases}
        found: list[Line] = []
        for raw, rounded in zip(offer.lines, _rounded_together(offer.lines, plan.remedies.rounding), strict=True):
            line = _line(raw, rounded, result, plan, clause.head.promised_by, clause.head.to)
            if line.rounded is not None and raw.low is not None and line.rounded != _rounded(raw.low, plan.remedies.rounding):
                told = f"rounded with the other credits of this result: {show_money(line.rounded, plan.currency)}"
                line = replace(line, working=(*line.working, told))
            line = chosen(line, offer.options, self.acts)
            line = self._standing(line, plan, result)
            claim = plan.remedies.claim_of(result.commitment)
            line = claimed(line, claim, self._moments(plan, result, ends.get(raw.case)), self.acts, self.now,
                           self.grid(plan, _calendar(claim, clause.head)))
            found.append(self._declared(line))
        return found

    def _is_claimed(self, result: Result) -> bool:
        """Whether a claim that ended this window speaks of this result: one that names another result does not."""
        values = {v for r in self.judged if r.commitment == result.commitment for _, v in r.group} - {v for _, v in result.group}
        ending = [a for a in self.acts if a.kind == "claim" and a.at == result.end]
        return not ending or any(a.about not in values and all(a.said(k) in ("", v) for k, v in result.group) for a in ending)

    def _claim_of(self, result: Result, window: WindowSpec) -> int | None:
        """When the result was first claimed, µs UTC; a window that a claim ends was claimed when it ended."""
        if window.before == "claim":
            return None
        names = (result.commitment, f"{result.agreement}.{result.commitment}", result.agreement)
        return next((a.at for a in self.acts if a.kind == "claim" and a.about in names and a.at >= result.start
                     and a.said("window") in ("", result.window) and all(a.said(k) in ("", v) for k, v in result.group)), None)

    def _moments(self, plan: Plan, result: Result, case_end: int | None) -> Moments:
        incident = case_end or result.end
        clause, claim = plan.commitments[result.commitment], plan.remedies.claim_of(result.commitment)
        by = claim.by if claim is not None else None
        if by is not None and by.after == "incident" and case_end is None and isinstance(clause, AvailabilityPlan):
            incident = incident_end(clause, self.contexts(result.commitment), result) or result.end
        ends_with_claim = clause.head.window.before == "claim"
        return Moments(incident, self.stated_at, result.end if ends_with_claim else None)

    def _standing(self, line: Line, plan: Plan, result: Result) -> Line:
        if line.state in ("owed", "to choose", "unknown") and plan.remedies.only_if and line.kind == "credit":
            for rule in plan.remedies.only_if:
                if not_in_good_standing(rule.unless, self.contexts(result.commitment), result):
                    told = rule.says or f"no credit while `{rule.unless}`, as at the end of {result.window}"
                    return replace(line, state="not owed", amount=0, reason=told)
        return line

    def _declared(self, line: Line) -> Line:
        """Disputes still open about the line, and a waiver of it."""
        waived = [a for a in self.acts if a.kind == "waiver" and about(a, line)]
        if waived and line.counts:
            told = waived[-1].said("reason")
            line = replace(line, state="not owed", amount=0, reason=f"waived by {waived[-1].actor}{f': {told}' if told else ''}")
        decided = {a.about for a in self.acts if a.kind == "decision"}
        open_ = [a for a in self.acts if a.kind == "dispute" and about(a, line) and a.said("dispute") not in decided]
        return replace(line, disputed=open_[-1].said("dispute") or "a dispute") if open_ else line

    # ---- what follows besides money ---------------------------------------------------------------------------------

    def follow_ups(self) -> tuple[list[OpenRight], list[Duty]]:
        """Rights and duties of every version, each from its own results (patterns count over all)."""
        rights: list[OpenRight] = []
        tasks: list[Duty] = []
        for term in self.terms:
            plan = term.plan
            missed = [(r, m) for r in self.judged for m in self._missed_for_rights(plan, r)]
            mine = [r for r in self.judged if r.version == plan.version]
            rights += [r for r in opened(plan, self.fees[plan.version], self.judged, missed, self.acts, self.now,
                                         lambda name, plan=plan: self.grid(plan, name))
                       if term.from_us < r.opened_at and (term.until_us is None or r.opened_at <= term.until_us)]
            tasks += duties(plan, mine, self.acts, self.now, lambda name, plan=plan: self.grid(plan, name))
        return rights, tasks

    def _missed_for_rights(self, plan: Plan, result: Result) -> list[MissedCase]:
        asked = [r.when for r in plan.remedies.rights if r.when.late is not None]
        if not any(not w.breached or result.commitment in w.breached for w in asked):
            return []
        if not isinstance(plan.commitments.get(result.commitment), ClockPlan):
            return []
        return self.cases(result.commitment, tuple(v for _, v in result.group), result.start)


def _calendar(claim: Claim | None, head: Head) -> str:
    return "always" if claim is None or claim.by is None else calendar_of(claim.by.length, head)


def _line(raw: Raw, rounded: tuple[int | None, int | None], result: Result, plan: Plan, payer: str, payee: str) -> Line:
    """The line of one raw credit, rounded already at both ends, its sides by its sign."""
    low, high = rounded
    known = low is not None and low == high
    reward = raw.reward or (low is not None and high is not None and min(low, high) < 0 and max(low, high) <= 0)
    state = "not owed" if raw.below else "owed" if known else "unknown"
    amount = None if not known else 0 if raw.below else low
    group = ";".join(f"{k}={v}" for k, v in result.group)
    split = f"@{result.version}" if result.piece != (result.start, result.end) else ""
    clause = raw.clause.removeprefix(f"commitments.{result.commitment}.")
    key = "/".join(part.replace("/", "%2F") for part in (
        result.agreement, result.commitment, group, result.window + split, raw.case, clause))
    return Line(
        key=key, agreement=result.agreement, version=result.version, commitment=result.commitment, group=result.group, window=result.window,
        start=result.start, end=result.end, clause=raw.clause, kind="extension" if raw.grant else "reward" if reward else "credit",
        payer=payee if reward else payer, payee=payer if reward else payee, currency=plan.currency, state=state,  # type: ignore[arg-type]
        amount=amount, case=raw.case, raw=raw.low if raw.low == raw.high else None, rounded=low if known else None, low=low, high=high,
        grant=raw.grant, reason=raw.below or raw.reason, working=raw.working, provisional=result.provisional or raw.provisional,
    )


def _rounded_together(raws: Sequence[Raw], rounding: MoneyRounding) -> list[tuple[int | None, int | None]]:
    """Each line at both ends: what one result (or one case of it) is paid under several clauses is rounded as their sum, then split."""
    found = [(_rounded(raw.low, rounding), _rounded(raw.high, rounding)) for raw in raws]
    by_case: dict[str, list[int]] = {}
    for i, raw in enumerate(raws):
        if raw.low is not None and raw.low == raw.high and raw.low > 0 and not raw.below:
            by_case.setdefault(raw.case, []).append(i)
    for rows in by_case.values():
        parts = [raws[i].low or Fraction(0) for i in rows]
        total = _rounded(sum(parts, Fraction(0)), rounding)
        if len(rows) > 1 and total:
            for i, part in zip(rows, allocate(total, parts, int(rounding.step)), strict=True):
                found[i] = (part, part)
    return found


def _rounded(raw: Fraction | None, rounding: MoneyRounding) -> int | None:
    return None if raw is None else int(round_to(raw, rounding.step, rounding.mode))

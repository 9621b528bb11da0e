"""Acts about running clocks: taking a clock, silencing, taking a duty over, holding a drill. Put on record as facts.

Law: as for every act: refused with its reason, or recorded whole. None of them stops, pauses or moves a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from upheld.agreement.suggest import nearest
from upheld.clocks.acknowledged import clock_name, named
from upheld.clocks.agenda import agenda
from upheld.clocks.budgets import budget_agenda
from upheld.clocks.silence import matchers_of, silences_of
from upheld.clocks.table import ClockTable
from upheld.closing.acts import Desk, Recorded, RefusedActError
from upheld.facts.tables import Facts
from upheld.plans.plan import ClockPlan
from upheld.sources.records import record_line
from upheld.values.instant import format_instant

__all__ = ["acknowledge", "end_silence", "hold_drill", "silence", "take_duty"]

_RUNNING, _PAUSED = 0, 1
_SHOWN = 6


def acknowledge(desk: Desk, clock: str, actor: str, lasts_us: int | None) -> Recorded:
    """Take a clock: what is told after its steps waits until the acknowledgement ends (``lasts_us`` None: as long as the ladder says).

    Raises RefusedActError: no author, unknown clock, one that does not run, a time of nothing.
    """
    _author(actor)
    if lasts_us is not None and lasts_us <= 0:
        raise RefusedActError("time", "an acknowledgement that holds no time is none", "write --for 30m")
    told = named(clock)
    if told is None or told[0] != desk.plan.agreement:
        help_ = "write AGREEMENT/COMMITMENT/CASE/CYCLE, as the message does"
        raise RefusedActError("clock", f"`{clock}` names no clock of {desk.plan.agreement}", help_)
    clocks = _clocks(desk, told[1])
    rows = [i for i, key in enumerate(clocks.key) if key[:4] == told]
    if not rows:
        known = [clocks] if told[1] in desk.plan.commitments else [agenda(desk.plans, desk.facts, desk.at).clocks, _budgets(desk, ())]
        running = [clock_name(*c.key[i][:4]) for c in known for i in range(len(c)) if int(c.state[i]) in (_RUNNING, _PAUSED)]
        guess = nearest(clock, running)
        shown = ", ".join(running[:_SHOWN]) + (f" and {len(running) - _SHOWN} more" if len(running) > _SHOWN else "")
        raise RefusedActError("clock", f"there is no clock `{clock}`", f"did you mean {guess}?" if guess else f"running now: {shown or 'none'}")
    if all(int(clocks.state[i]) not in (_RUNNING, _PAUSED) for i in rows):
        raise RefusedActError("stopped", f"`{clock}` does not run any more: nobody is told of it", "")
    name = desk.name("K")
    until = None if lasts_us is None else desk.at + lasts_us
    ladder = desk.plan.people.ladders.get(clocks.ladder[rows[0]])
    if until is None and ladder is not None and ladder.acknowledge_us:
        until = desk.at + ladder.acknowledge_us
    says = {} if lasts_us is None or until is None else {"until": format_instant(until)}
    holds = "until it is stopped" if until is None else f"until {format_instant(until, desk.plan.zone)}"
    told_of = [f"{clock} is acknowledged by {actor} ({name}), {holds}; the clock runs on"]
    if ladder is not None and ladder.acknowledge_us == 0 and lasts_us is None:
        told_of.append(f"its ladder {ladder.name} goes on all the same: it can only be stopped")
    return Recorded((desk.line("acknowledged", clock, actor, name, says),), name, tuple(told_of))


def _clocks(desk: Desk, commitment: str) -> ClockTable:
    """The clocks of cases and schedules; of a commitment that is no clock, its budgets."""
    clause = desk.plan.commitments.get(commitment)
    if clause is None or isinstance(clause, ClockPlan):
        return agenda(desk.plans, desk.facts, desk.at).clocks
    return _budgets(desk, (commitment,))


def _budgets(desk: Desk, commitments: Sequence[str]) -> ClockTable:
    """Those a ladder is climbed by: of promises that are no clocks."""
    names = [name for name, clause in desk.plan.commitments.items()
             if not isinstance(clause, ClockPlan) and clause.head.ladder and (not commitments or name in commitments)]
    if not names:
        return agenda((), Facts(), desk.at).clocks
    return budget_agenda(desk.plans, desk.facts, desk.at, names).clocks


def silence(desk: Desk, matchers: str, actor: str, until: int, reason: str, start: int | None = None) -> Recorded:
    """Tell nobody of what matches until then. Raises RefusedActError: no author, no reason, nothing matched, an end that has passed."""
    _author(actor)
    try:
        pairs = matchers_of(matchers)
    except ValueError as problem:
        raise RefusedActError("matchers", str(problem), "write commitment=restore,severity=3") from None
    if not reason.strip():
        raise RefusedActError("reason", "a silence needs its reason: whoever wonders why nobody was told reads it", "write --reason")
    begins = desk.at if start is None else start
    zone = desk.plan.zone
    if begins < desk.at:
        raise RefusedActError("time", f"a silence never reaches back: it is {format_instant(desk.at, zone)}", "leave --from out")
    if until <= begins:
        raise RefusedActError("time", f"it would end at {format_instant(until, zone)}, before it begins at {format_instant(begins, zone)}",
                              "name a later --until")
    commitment = dict(pairs).get("commitment")
    if commitment is not None and commitment not in desk.plan.commitments:
        guess = nearest(commitment, desk.plan.commitments)
        raise RefusedActError("commitment", f"there is no commitment `{commitment}`", f"did you mean {guess}?" if guess else
                              f"its commitments: {', '.join(desk.plan.commitments)}")
    name = desk.name("S")
    says = {"from": format_instant(begins), "until": format_instant(until), "reason": reason}
    return Recorded((desk.line("silence", matchers, actor, name, says),), name, (
        f"silence {name} by {actor}: nobody is told of {matchers} from {format_instant(begins, zone)} until {format_instant(until, zone)}",
        "what is measured does not change"))


def end_silence(desk: Desk, name: str, actor: str) -> Recorded:
    """End a silence now. Raises RefusedActError: no author, no such silence, one that is over."""
    _author(actor)
    known = {s.name: s for s in silences_of(desk.facts, desk.at)}
    if name not in known:
        held = ", ".join(n for n, s in known.items() if s.end > desk.at)
        raise RefusedActError("silence", f"there is no silence `{name}`", f"in force: {held or 'none'}")
    if known[name].end <= desk.at:
        raise RefusedActError("ended", f"silence {name} ended at {format_instant(known[name].end, desk.plan.zone)}")
    act = desk.name("N")
    return Recorded((desk.line("silence ended", name, actor, act, {}),), act, (f"silence {name} is ended by {actor}",))


def take_duty(desk: Desk, rota: str, who: str, actor: str, start: int, end: int) -> Recorded:
    """Put somebody on duty in a rota instead of whoever's turn it is. Raises RefusedActError: unknown rota or contact, an empty time."""
    _author(actor)
    people, zone = desk.plan.people, desk.plan.zone
    for kind, name, there in (("rota", rota, tuple(people.rotas)), ("contact", who, tuple(people.contacts))):
        if name not in there:
            guess = nearest(name, there)
            help_ = f"did you mean {guess}?" if guess else f"there are: {', '.join(there) or 'none'}"
            raise RefusedActError(kind, f"there is no {kind} `{name}`", help_)
    if end <= start or end <= desk.at:
        message = f"it would end at {format_instant(end, zone)}, before it begins or before now"
        raise RefusedActError("time", message, "name a later --until")
    act = desk.name("O")
    says = {"who": who, "from": format_instant(start), "until": format_instant(end)}
    return Recorded((desk.line("on duty", rota, actor, act, says),), act, (
        f"{who} is on duty in {rota} from {format_instant(start, zone)} until {format_instant(end, zone)} ({act})",))


def hold_drill(desk: Desk, what: str, actor: str, case: str, says: Mapping[str, str]) -> Recorded:
    """A real drill's time on record: the event ``drill-started``, ``drill-passed`` or ``drill-failed`` of the drill's case.

    ``case`` "": the drill that was started last and has not ended. Raises RefusedActError: no author, none started, one twice.
    """
    _author(actor)
    held = _drills(desk)
    if what == "started":
        case = case or f"drill-{format_instant(desk.at, desk.plan.zone)[:10]}"
        if case in held:
            raise RefusedActError("drill", f"drill `{case}` was started already", "name another with --case")
    else:
        open_ = [name for name, events in held.items() if "drill-started" in events and not {"drill-passed", "drill-failed"} & set(events)]
        if not open_ or case not in ("", *open_):
            message = f"no drill {f'`{case}` ' if case else ''}is under way"
            raise RefusedActError("drill", message, f"start it first: upheld drill {desk.plan.agreement} --record started")
        case = case or open_[-1]
    event = f"drill-{what}"
    said = {**({"customer": desk.plan.customer} if desk.plan.customer else {}), "by": actor, **says}
    act = desk.name("R")
    line = record_line("events", desk.row, {"case": case, "event": event, "id": act}, {"at": desk.at, "known_at": desk.at}, said)
    told = [f"{event} of {case} at {format_instant(desk.at, desk.plan.zone)} is on record ({act})"]
    if what == "started":
        told.append(f"when it is over: upheld drill {desk.plan.agreement} --record passed --by {actor}")
    return Recorded((line,), act, tuple(told))


def _drills(desk: Desk) -> Mapping[str, Sequence[str]]:
    """The events of every drill on record, by its case, in the order in which they were started."""
    events = desk.facts.events
    found: dict[str, list[tuple[int, str]]] = {}
    if events is None:
        return {}
    codes = {code for code, name in enumerate(events.event.names) if name in ("drill-started", "drill-passed", "drill-failed")}
    for row, code in enumerate(events.event.codes.tolist()):
        if code in codes:
            found.setdefault(str(events.case_names[int(events.case[row])]), []).append((int(events.at[row]), events.event.names[code]))
    return {case: [name for _, name in sorted(rows)] for case, rows in sorted(found.items(), key=lambda item: min(item[1]))}


def _author(actor: str) -> None:
    if not actor.strip():
        raise RefusedActError("author", "nobody says so: an act needs its author", "write --by")

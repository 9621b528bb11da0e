"""The board: running clocks as lines a person reads, the most urgent first: what is nearest to being missed, or was just missed.

Law: a line says nothing the agenda does not; what is not known is a dash, and a paused clock is told in service time, because nobody knows
when it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from upheld.assessment.show import show_decimal, show_duration
from upheld.clocks.duty import on_duty, overrides_of
from upheld.clocks.table import KINDS, NEVER, STATES, VERDICTS, Agenda, ClockKey
from upheld.facts.tables import Facts
from upheld.measures.clock_windows import part_rows
from upheld.plans.people import Ladder, LadderStep
from upheld.plans.plan import ClockPlan, Plan
from upheld.values.instant import format_instant
from upheld.values.zone import zone

__all__ = ["ClockLine", "amount_text", "clock_lines", "percent_text", "wall", "within"]

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_WEEK = 7 * 24 * _HOUR


@dataclass(frozen=True, slots=True)
class ClockLine:
    """``used``: the share of the target used; ``left_us``: service time left (less than 0: over). ``due``: None while it stands still or is
    not known. ``step``: the next step in words, with who is told; ``step_at``: when, if anybody knows. ``says``: how it stands, in words.
    """

    key: ClockKey
    version: str
    group: tuple[tuple[str, str], ...]
    promise: str
    zone: str
    state: str
    verdict: str
    used: Fraction | None
    left_us: int | None
    due: int | None
    missed_at: int | None
    step: str
    step_at: int | None
    fired: int
    says: str


@dataclass(frozen=True, slots=True)
class _Telling:
    """What it takes to know who is told."""

    facts: Facts
    feeds: Mapping[str, bytes]


def clock_lines(plans: Sequence[Plan], agenda: Agenda, facts: Facts, feeds: Mapping[str, bytes] | None = None) -> list[ClockLine]:
    """The clocks that run or stand paused, and agreed dates that lie ahead, nearest to their due instant first, on either side; what stands
    still as if it went on now.
    """
    by_version, telling = {p.version: p for p in plans}, _Telling(facts, feeds or {})
    told: dict[int, dict[str, int]] = {}
    for i, c in enumerate(agenda.steps.clock.tolist()):
        told.setdefault(c, {})[agenda.steps.step[i]] = int(agenda.steps.at[i])
    found = [(_urgency(agenda, i), _line(by_version[agenda.clocks.version[i]], agenda, i, told.get(i, {}), telling))
             for i in range(len(agenda.clocks)) if _is_open(agenda, i)]
    found.sort(key=lambda pair: (pair[0], pair[1].key))
    return [line for _, line in found]


def _is_open(agenda: Agenda, i: int) -> bool:
    c = agenda.clocks
    verdict, state = VERDICTS[c.verdict[i]], STATES[c.state[i]]
    if state == "not begun":                       # an agreed date that lies ahead; of a schedule's next window nothing is owed yet
        return KINDS[c.kind[i]] == "case" and bool(c.has_due[i]) and verdict == "pending"
    return state in ("running", "paused") and not c.has_stop[i] and verdict in ("pending", "missed", "unknown")


def _urgency(agenda: Agenda, i: int) -> int:
    """How far its due instant, or its miss, is from now: what was just missed and what soon will be comes first, old misses last."""
    c = agenda.clocks
    if c.has_miss[i]:
        return agenda.at - int(c.missed_at[i])
    if c.has_due[i]:
        return abs(int(c.due[i]) - agenda.at)
    return max(int(c.target_us[i]) - int(c.elapsed_us[i]), 0) if c.target_us[i] > 0 else NEVER


def _line(plan: Plan, agenda: Agenda, i: int, fired: Mapping[str, int], telling: _Telling) -> ClockLine:
    c = agenda.clocks
    key, target, elapsed = c.key[i], int(c.target_us[i]), int(c.elapsed_us[i])
    clause = plan.commitments[key.commitment]
    if isinstance(clause, ClockPlan) and clause.before is not None:
        target = 0                             # notice is given, not used up: its length says nothing of what is left
    ladder = plan.people.ladders.get(c.ladder[i])
    state, verdict = STATES[c.state[i]], VERDICTS[c.verdict[i]]
    due = int(c.due[i]) if c.has_due[i] else None
    missed = int(c.missed_at[i]) if c.has_miss[i] else None
    left = target - elapsed if target > 0 else None
    step, step_at = _next_step(plan, agenda, i, ladder, fired, telling)
    used = Fraction(elapsed, target) if target > 0 else None
    return ClockLine(key, c.version[i], c.group[i], _promise(clause, key), plan.zone, state, verdict, used, left, due, missed, step, step_at,
                     len(fired), _says(agenda.at, clause, state, int(c.start[i]), (due, missed, left)))


def _promise(clause: object, key: ClockKey) -> str:
    """The commitment, with the part of it where it promises several shares."""
    if not isinstance(clause, ClockPlan):
        return key.commitment
    rows, of = part_rows(clause)
    levels = {rows[p].label for p in of[:, key.part].tolist() if p >= 0} if key.part < of.shape[1] else set()
    return f"{key.commitment}, {levels.pop()}" if len(levels) == 1 and of.shape[1] > 1 else key.commitment


def _says(at: int, clause: object, state: str, start: int, times: tuple[int | None, int | None, int | None]) -> str:
    due, missed, left = times
    pauses = clause.pauses if isinstance(clause, ClockPlan) else ()
    if missed is not None:
        return f"missed {within(at - missed)} ago, still open" + (" (paused)" if state == "paused" else "")
    if state == "paused":
        why = f" ({pauses[0]})" if len(pauses) == 1 else ""
        return f"paused{why}" + (f": due {show_duration(left)} of service time after it goes on" if left is not None and left > 0 else "")
    if state == "not begun" and start > at and start != due:
        return f"begins in {within(start - at)}"
    if due is not None:
        return f"due in {within(due - at)}" if due >= at else f"was due {within(at - due)} ago"
    return "the case does not say yet what the promise asks"


# ---- the next step --------------------------------------------------------------------------------------------------


def _next_step(plan: Plan, agenda: Agenda, i: int, ladder: Ladder | None, fired: Mapping[str, int],
               telling: _Telling) -> tuple[str, int | None]:
    """The first step of the clock's ladder that has not fallen due: in words, and when it will."""
    if ladder is None:
        return "", None
    for place, step in enumerate(ladder.steps, 1):
        if str(place) in fired:
            continue
        at = _when(agenda, i, step, fired.get(str(place - 1)))
        return _told(plan, place, step, at or agenda.at, agenda.at, telling), at
    again = _again(ladder, fired)
    return ("", None) if again is None else (_told(plan, len(ladder.steps), ladder.steps[-1], again, agenda.at, telling) + " again", again)


def _again(ladder: Ladder, fired: Mapping[str, int]) -> int | None:
    """When the last step is told once more; None where it is not."""
    last = str(len(ladder.steps))
    if not ladder.repeat_us or last not in fired:
        return None
    done = [at for step, at in fired.items() if step.startswith(f"{last}r")]
    most = ladder.repeats or _WEEK // ladder.repeat_us
    return max([fired[last], *done]) + ladder.repeat_us if len(done) < most else None


def _when(agenda: Agenda, i: int, step: LadderStep, before: int | None) -> int | None:
    c = agenda.clocks
    due = int(c.due[i]) if c.has_due[i] else None
    if step.after_us is not None:
        begun = before if before is not None else due
        return None if begun is None else begun + step.after_us
    if step.before_us is not None:
        return None if due is None else due - step.before_us
    if step.at == 1:
        return due
    # the next thing that happens to the clock by itself is that step, if it comes before the due instant
    following = int(c.next_at[i])
    return following if following != NEVER and due is not None and step.at is not None and (following <= due) == (step.at < 1) else None


def _told(plan: Plan, place: int, step: LadderStep, at: int, known: int, telling: _Telling) -> str:
    names = []
    for name in step.tell:
        duty = on_duty(plan, name, at, overrides_of(telling.facts, known), telling.feeds)
        people = [plan.people.contacts[p].title or p for p in duty.contacts if p != name and p in plan.people.contacts]
        names.append(f"{name} ({', '.join(people)})" if people else name if duty.contacts else f"{name} (nobody is on duty)")
    return f"step {place}" + (f" tells {', '.join(names)}" if names else "")


# ---- words ----------------------------------------------------------------------------------------------------------


def within(us: int) -> str:
    """A wall distance in words, to the minute once it is an hour, in days once it is two."""
    return show_duration(us - us % _MINUTE if us >= _HOUR else us - us % 1_000_000 if us >= _MINUTE else us, days=True)


def wall(at: int, zone_name: str, near: int | None = None) -> str:
    """An instant on the wall of a zone, to the second; without the date where it is that of ``near``."""
    local = zone(zone_name).local(at)
    text = format_instant(local - local % 1_000_000).replace("T", " ").removesuffix("Z")
    text = text.removesuffix(":00") if local // 1_000_000 % 60 == 0 else text
    if near is not None and zone(zone_name).local(near) // 86_400_000_000 == local // 86_400_000_000:
        return text[11:]
    return text


def percent_text(share: Fraction | None) -> str:
    """A share in whole percents, cut off, so that 100% is never said too early."""
    return "-" if share is None else f"{share * 100 // 1}%"


def amount_text(amount: Fraction, unit: str) -> str:
    """An amount of a budget: time in words (cut off to the minute once it is an hour), else a number with at most one decimal."""
    if unit == "time":
        step = next((step for least, step in ((_HOUR, _MINUTE), (_MINUTE, 1_000_000)) if abs(amount) >= least), 1)
        return show_duration(amount // step * step if amount >= 0 else -(-amount // step * step))
    text = show_decimal(amount, 1)
    return text.removesuffix(".0")

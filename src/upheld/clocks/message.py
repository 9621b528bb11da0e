"""The message of one step, whole, in the language of whoever reads it: what promise, which case, what is used, who decides, what is next.

Law: what facts say is shown as text and never read as markup; a subject is one line of at most 120 letters. People of another party read
what concerns them: no names of the provider's people beyond the role that decides, no playbook.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from upheld.clocks.acknowledged import clock_name
from upheld.clocks.table import NEVER, STATES, ClockKey, ClockTable, StepRow
from upheld.clocks.words import Words
from upheld.plans.lookup import look
from upheld.plans.people import Ladder, LadderStep
from upheld.plans.plan import ClockPlan, Plan

__all__ = ["LINK", "Place", "Situation", "called", "code", "is_party", "one_line", "subject", "text"]

LINK = "{link}"
"""Stands where whoever sends the message puts the address of the case in this installation."""

_MOST = 120
_HOUR = 3_600_000_000
_MINUTE = 60_000_000
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_BUDGET, _SCHEDULE = 2, 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where on its ladder a step stands: ``number`` from 1, ``repeat`` 0 or which one; ``first``: the ladder the clock began with."""

    ladder: Ladder
    number: int
    repeat: int
    first: bool

    @property
    def step(self) -> LadderStep:
        """The rule of the step."""
        return self.ladder.steps[self.number - 1]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a message is about: the step, its place, its clock (a row of ``clocks``), the case's attributes, and when it is written."""

    plan: Plan
    step: StepRow
    place: Place
    clocks: ClockTable
    row: int
    attributes: Mapping[str, str]
    at: int

    @property
    def due(self) -> int | None:
        """The due instant, µs UTC."""
        return int(self.clocks.due[self.row]) if self.clocks.has_due[self.row] else None

    @property
    def used(self) -> Fraction | None:
        """The share of the target used at ``at``; of notice owed before an event None: its target is what was to be given, not used."""
        clause = self.plan.commitments.get(self.step.key.commitment)
        if isinstance(clause, ClockPlan) and clause.before is not None:
            return None
        target = int(self.clocks.target_us[self.row])
        return Fraction(int(self.clocks.elapsed_us[self.row]), target) if target > 0 else None

    @property
    def is_budget(self) -> bool:
        """Whether its clock is a budget: what may be used in a window, in time or in a number."""
        return int(self.clocks.kind[self.row]) == _BUDGET

    @property
    def missed(self) -> bool:
        """Whether it is missed at ``at``."""
        return bool(self.clocks.has_miss[self.row]) and int(self.clocks.missed_at[self.row]) <= self.at


def one_line(value: str, most: int = 200) -> str:
    """A text from facts on one line: no control, format or unassigned characters, runs of blanks as one, cut where it is long."""
    if not value.isprintable():         # most texts are, and a message is made of many
        value = "".join(c if unicodedata.category(c) not in _UNSEEN else " " for c in value)
    flat = " ".join(value.split()).replace(LINK, "{ link }")
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def code(value: str) -> str:
    """A text from facts as a code span of Markdown: nothing in it is read as markup."""
    flat = one_line(value)
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    return f"{fence} {flat} {fence}" if "`" in flat or not flat else f"`{flat}`"


def subject(words: Words, about: Situation) -> str:
    """One line of at most 120 letters: how far it is, what, and when it is due."""
    step, place = about.place.step, about.place
    what = " ".join(t for t in (about.step.key.commitment, one_line(_which(about.step.key), 40)) if t)
    if about.plan.customer:
        what += f" ({one_line(about.plan.customer, 30)})"
    due = words.instant(about.due, about.plan.zone, short=True) if about.due is not None else ""
    late = about.missed or step.after_us is not None
    if about.is_budget:
        said = words.say("subject budget", percent=words.percent(step.at or about.used or Fraction(1)), what=what)
    elif not due:
        said = words.say("subject still", percent=words.percent(step.at or about.used or Fraction(1)), what=what, state=_state(words, about))
    elif step.at is not None and not (late and step.at >= 1):
        said = words.say("subject used", percent=words.percent(step.at), what=what, due=due)
    elif step.before_us is not None and not late:
        said = words.say("subject before", left=words.duration(step.before_us, days=True), what=what, due=due)
    else:
        said = words.say("subject missed", what=what, due=due)
    if place.repeat:
        said = words.say("subject again", n=str(place.repeat), subject=said)
    return one_line(said, _MOST)


def text(words: Words, about: Situation, *, inside: bool, told: Sequence[str], stands_in: str = "") -> str:
    """The message as Markdown. ``inside``: for the provider's own people; ``told``: who else is, as this reader may know them."""
    plan, key, step, ladder = about.plan, about.step.key, about.place.step, about.place.ladder
    head = plan.commitments[key.commitment].head
    lines = [f"**{one_line(head.says or head.sentence, 500)}**", ""]

    def add(label: str, said: str) -> None:
        if said:
            lines.append(f"- {words.say(label)}: {said}")

    add("agreement", f"{one_line(plan.title)} ({code(plan.agreement)}, {code(key.commitment)})")
    label, name = ("window", key.cycle) if about.clocks.kind[about.row] in (_BUDGET, _SCHEDULE) else ("case", _which(key))
    add(label, code(name) if name else "")
    add("for", ", ".join(f"{one_line(name)} {code(value)}" for name, value in about.clocks.group[about.row]))
    add("state", _state(words, about))
    add("due", _due(words, about))
    add("budget" if about.is_budget else "time", _time(words, about))
    of = words.say("step of", n=str(about.place.number), of=str(len(ladder.steps)), when=_when(words, about, about.place))
    add("step", of + (f", {words.say('again', n=str(about.place.repeat))}" if about.place.repeat else ""))
    add("agreed", one_line(ladder.says, 500))
    if inside:
        add("do", one_line(step.says, 500))
    add("decides", _decides(words, plan, step, inside=inside))
    if stands_in:
        lines.append(f"- {words.say('stands in', who=one_line(stands_in))}.")
    add("told", ", ".join(one_line(name) for name in told))
    for said in _next(words, about, inside=inside):
        add("next", said)
    if inside and ladder.acknowledge_us != 0:
        add("acknowledge", code(f"upheld acknowledge {shlex.quote(clock_name(*key[:4]))}"))
    add("link", LINK)
    playbook = plan.people.playbooks.get(step.playbook or ladder.playbook, "") if inside else ""
    if playbook:
        lines += ["", f"**{words.say('playbook')}**", "", playbook.rstrip()]
    return "\n".join(lines) + "\n"


def _which(key: ClockKey) -> str:
    return key.case or key.cycle


def _state(words: Words, about: Situation) -> str:
    said = words.say(STATES[int(about.clocks.state[about.row])])
    if about.missed:
        said += ", " + words.say("missed", when=words.instant(int(about.clocks.missed_at[about.row]), about.plan.zone))
    return said


def _due(words: Words, about: Situation) -> str:
    if about.due is None or about.is_budget:     # a budget's last instant is its window's end: nothing is due then
        return ""
    when, left = words.instant(about.due, about.plan.zone), about.due - about.at
    if abs(left) >= _HOUR:
        left = left // _MINUTE * _MINUTE if left > 0 else -(-left // _MINUTE * _MINUTE)     # nobody counts the seconds of hours
    return words.say("due in" if left >= 0 else "due past", when=when, left=words.duration(left, days=True))


def _time(words: Words, about: Situation) -> str:
    """What is used of the time promised, in service time, and in which hours it is counted."""
    share = about.used
    if share is None:
        return ""
    if about.is_budget:
        return words.percent(share)     # a budget may be counted in requests: only its share is a figure in every unit
    target, elapsed = int(about.clocks.target_us[about.row]), int(about.clocks.elapsed_us[about.row])
    phrase = "used" if elapsed <= target else "used over"
    said = words.say(phrase, used=words.duration(elapsed), target=words.duration(target), percent=words.percent(share),
                     left=words.duration(target - elapsed))
    hours = about.plan.commitments[about.step.key.commitment].head.hours
    leaf = look(hours, {**about.attributes, **dict(about.clocks.group[about.row])})
    calendar = hours.leaves[leaf] if leaf >= 0 else None
    return said if calendar in (None, "always") else f"{said}, {words.say('hours', calendar=one_line(calendar or ''))}"


def _when(words: Words, about: Situation, place: Place) -> str:
    step = place.step
    if step.at is not None:
        return words.say("at budget" if about.is_budget else "at", percent=words.percent(step.at))
    if step.before_us is not None:
        return words.say("before", span=words.duration(step.before_us, days=True))
    from_due = place.first and place.number == 1
    return words.say("after due" if from_due else "after", span=words.duration(step.after_us or 0, days=True))


def _decides(words: Words, plan: Plan, step: LadderStep, *, inside: bool) -> str:
    if not step.decides:
        return ""
    role = plan.people.roles.get(step.decides)
    who = one_line(called(words, plan, step.decides))
    return words.say("may", who=who, authority=one_line(role.authority, 300)) if inside and role and role.authority else who


def called(words: Words, plan: Plan, name: str) -> str:
    """What a role, contact, rota or party is called."""
    people = plan.people
    if name in people.roles:
        return people.roles[name].title or name
    if name in people.contacts:
        return people.contacts[name].title
    return words.say(name) if name in ("provider", "customer") else name


def is_party(plan: Plan, name: str) -> bool:
    """Whether a name told is a party of the agreement."""
    people = plan.people
    return name not in people.roles and name not in people.contacts and name not in people.rotas


def _next(words: Words, about: Situation, *, inside: bool) -> list[str]:
    """What follows: the repeats of a last step, the next step or ladder, or that nothing does."""
    place, ladders = about.place, about.plan.people.ladders
    found: list[str] = []
    if place.number == len(place.ladder.steps) and place.ladder.repeat_us is not None and inside:
        found.append(words.say("next again", span=words.duration(place.ladder.repeat_us, days=True)))
    following: Place | None = None
    if place.number < len(place.ladder.steps):
        following = Place(place.ladder, place.number + 1, 0, place.first)
    elif place.ladder.then in ladders and ladders[place.ladder.then].steps:
        following = Place(ladders[place.ladder.then], 1, 0, first=False)
    if following is None:
        return found or ([words.say("next none")] if inside else [])
    names = [name for name in following.step.tell if inside or is_party(about.plan, name)]
    if not names:
        return found
    who = ", ".join(one_line(called(words, about.plan, name)) for name in names)
    when, at = _when(words, about, following), _instant(about, following)
    if at is None:
        return [*found, words.say("next step", when=when, who=who)]
    return [*found, words.say("next at", when=when, at=words.instant(at, about.plan.zone), who=who)]


def _instant(about: Situation, following: Place) -> int | None:
    """When the next step falls due if nothing happens, where that is known now."""
    step, due = following.step, about.due
    if step.after_us is not None:
        return None if about.place.repeat else about.step.at + step.after_us
    if about.is_budget:                          # nobody knows when so much of it will be used
        return None
    if step.before_us is not None:
        return None if due is None else due - step.before_us
    if step.at == 1 and due is not None:
        return due
    following_at = int(about.clocks.next_at[about.row])
    return following_at if following_at != NEVER and step.at is not None and step.at < 1 else None

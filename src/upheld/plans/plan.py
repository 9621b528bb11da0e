"""The compiled agreement: what the kernels and the judge read.

Law: frozen, free of text to parse, every name resolved; names of calendars, states, exclusions and commitments index the
mappings of the same ``Plan``. ``places`` leads every clause back to its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from upheld.calendars.spec import CalendarSpec, WindowSpec
from upheld.plans.changes import NO_CHANGE_RULES, ChangeRules
from upheld.plans.lookup import Lookup, constant
from upheld.plans.people import NOBODY, People
from upheld.plans.remedies import NO_REMEDIES, Remedies
from upheld.plans.selector import EVERYTHING, Selector
from upheld.values.condition import Condition
from upheld.values.finding import Place

__all__ = [
    "AttributeRule", "AvailabilityPlan", "Breached", "CalendarState", "ClockPlan", "Combination", "CombinePlan", "Commitment",
    "EventState", "ExclusionRule", "Head", "IntervalState", "Plan", "Promise", "RatioState", "Rounding", "SampleState", "Schedule",
    "Share", "Slices", "StateRule", "StatusState", "ValuesPlan", "Within",
]


@dataclass(frozen=True, slots=True)
class Within:
    """How long (LANGUAGE §4). ``time``: ``amount`` µs of open time; else ``amount`` dates, with ``at`` the local time of day.

    ``calendar`` names the calendar it runs on ("" = the commitment's hours). ``at``: seconds of the local day (86,400 = the
    end of the day), ``open``, ``close``, or None (same local time as the start).
    """

    unit: Literal["time", "working days", "days", "months"]
    amount: int
    calendar: str = ""
    at: int | Literal["open", "close"] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """At least ``least`` of the cases (or all but ``all_but``) within ``within``. Both None: the commitment's target says."""

    within: Within
    least: Fraction | None = None
    all_but: int | None = None


Promise = tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Rounding:
    """Round the value to a multiple of ``to`` (a share: 0.0001 is 0.01%) before it is compared. Absent: exact."""

    to: Fraction
    mode: Literal["half_up", "half_even", "down", "up"] = "half_up"


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """How an attribute is read in time (LANGUAGE §6). ``table`` maps raw attributes to it; None: it is the raw attribute.

    ``read``: start | now | highest | decided | before start (then ``lead_us``) | tier (from the subscriptions, by date).
    ``order``: the values from lowest to highest
    for ``highest`` (the rows of the table as written, first = highest).
    """

    name: str
    table: Lookup[str] | None = None
    read: Literal["start", "now", "highest", "decided", "before start", "tier"] = "start"
    lead_us: int = 0
    order: tuple[str, ...] = ()
    after_miss: Literal["final", "recomputed"] = "final"
    on_change: Literal["from_start", "keep_elapsed", "restart"] = "from_start"


# ---- states: named sets of time -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntervalState:
    """Intervals chosen by ``where``. ``at_least_us`` tests the whole run; ``counts_from`` True counts only what lies beyond.

    ``weight``: name of the attribute that weighs an interval ("" = its own weight column); ``overlap`` of weights.
    """

    where: Selector
    at_least_us: int = 0
    counts_from: bool = False
    weight: str | None = None
    overlap: Literal["highest", "sum"] = "highest"
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventState:
    """From an event until another, in the same case."""

    begins: Selector
    ends: Selector
    at_least_us: int = 0


@dataclass(frozen=True, slots=True)
class StatusState:
    """While the case's own attributes (as last said) fulfil ``where``."""

    where: Selector
    at_least_us: int = 0


@dataclass(frozen=True, slots=True)
class SampleState:
    """While a series' value meets the condition; a value holds until the next, at most ``holds_us``; then time is unknown."""

    series: str
    value: Condition
    holds_us: int
    at_least_us: int = 0
    where: Selector = EVERYTHING
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RatioState:
    """Slices of ``each_us`` whose bad share (1 − good/total) meets the condition, with at least ``sample`` in total."""

    series: str
    each_us: int
    value: Condition
    at_least_us: int = 0
    sample: int = 0
    where: Selector = EVERYTHING
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Combination:
    """Other states: at least ``at_least`` of ``of`` (all = len, any = 1); ``negate`` turns the result round."""

    of: tuple[str, ...]
    at_least: int
    negate: bool = False
    at_least_us: int = 0


@dataclass(frozen=True, slots=True)
class CalendarState:
    """The open time of a calendar."""

    calendar: str


@dataclass(frozen=True, slots=True)
class Breached:
    """The windows in which another commitment (a duty) is breached."""

    commitment: str


StateRule = IntervalState | EventState | StatusState | SampleState | RatioState | Combination | CalendarState | Breached


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """An exclusion (LANGUAGE §3). Both ``where`` and ``during``: their intersection.

    ``notice``: owed before the start, judged by when it was recorded. ``allowance_us`` is spent in time order per
    ``allowance_per``. ``needs``: whose approval makes it count; ``until`` (counted from ``until_after``): by when, else it lapses.
    """

    name: str
    effect: Literal["leave_out", "count_as_good", "no_credit"]
    where: Selector | None = None
    during: str | None = None
    notice: Within | None = None
    allowance_us: int | None = None
    allowance_per: WindowSpec | None = None
    needs: Literal["both", "provider", "customer"] | None = None
    until: Within | None = None
    until_after: str = "window"


@dataclass(frozen=True, slots=True)
class Head:
    """What every commitment has. ``target``/``breach`` are look-ups of conditions; ``breach`` None: not met is breached."""

    id: str
    window: WindowSpec
    says: str = ""
    sentence: str = ""
    of: Selector = EVERYTHING
    for_each: tuple[str, ...] = ()
    target: Lookup[Condition] | None = None
    breach: Lookup[Condition] | None = None
    hours: Lookup[str] = field(default_factory=lambda: constant("always"))
    excluding: tuple[str, ...] = ()
    binding: bool = True
    when_empty: Literal["not_applicable", "met", "missed"] = "not_applicable"
    minimum_sample: int = 0
    rounding: Rounding | None = None
    unknown: Literal["up", "down", "left out", "unknown"] = "unknown"
    mid_window: Literal["next", "split", "new"] = "next"
    open_cases: Literal["stay", "follow"] = "stay"
    points: Lookup[Fraction] | None = None
    repeat: Lookup[Fraction] | None = None
    promised_by: str = "provider"
    to: str = "customer"
    backed_by: tuple[str, ...] = ()
    ladder: str = ""                      # the escalation that its clocks climb


@dataclass(frozen=True, slots=True)
class AvailabilityPlan:
    """Share, total, number, longest run or mean time between runs of ``down``. ``out_of``: hours | period | a state's name."""

    head: Head
    down: str
    out_of: str
    value: Literal["share", "total", "number", "longest", "mean between"] = "share"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Clocks that start with the calendar: at the start or end of every window."""

    every: WindowSpec
    at: Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """A clock on cases (LANGUAGE §6, Clock). ``again``: the state while which each stop opens the next cycle.

    ``before``: the clock is turned round: ``stops`` must lie at least ``within`` before this event.
    ``reopen_us``: a start within this after a stop makes the stopped time a pause; 0 = ``final``; None = ``new cycle``.
    ``value``: ``share`` of cases met (default), or a statistic of elapsed time in µs, or ``number`` of cases.
    """

    head: Head
    starts: Selector | Schedule
    stops: Selector
    within: Lookup[Promise]
    pauses: tuple[str, ...] = ()
    before: Selector | None = None
    again: str | None = None
    counted: Literal["decided", "started", "stopped"] = "decided"
    reopen_us: int | None = 0
    landing: Literal["close", "next_open"] = "close"
    value: str = "share"


@dataclass(frozen=True, slots=True)
class Slices:
    """Cut the window into slices of ``each_us``, take ``statistic`` in each; then their mean, or the share of good ones."""

    each_us: int
    statistic: str = "ratio"
    empty: Literal["good", "bad", "left out"] = "left out"
    bad: Condition | None = None
    sample: int = 0


@dataclass(frozen=True, slots=True)
class ValuesPlan:
    """A statistic of samples, or a ratio of counts or cases. ``statistic``: mean min max sum number share p50 … p99.9.

    With ``good``/``total`` the statistic is a ratio of what those selectors choose (counts by their numbers, cases by one each).
    """

    head: Head
    statistic: str
    shape: Literal["samples", "counts", "cases"]
    good: Selector | None = None
    total: Selector | None = None
    slices: Slices | None = None
    method: str = "nearest-rank"


@dataclass(frozen=True, slots=True)
class CombinePlan:
    """A figure from other commitments of the same window. ``weights`` go with ``parts``; ``expression`` is prefix, exact.

    ``carried``: the windows before are added, until all parts were met so many windows in a row (0: for ever; None: each for itself).
    """

    head: Head
    operation: str                       # all of | any of | sum of | weighted | series | parallel | k of n | expression
    parts: tuple[str, ...]
    weights: tuple[Fraction, ...] = ()
    k: int = 0
    of_points: bool = False
    expression: tuple[object, ...] = ()
    carried: int | None = None


Commitment = AvailabilityPlan | ClockPlan | ValuesPlan | CombinePlan


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of one agreement, compiled. Times in µs UTC; ``until`` None: open-ended; ``adopted`` None: always known."""

    agreement: str
    version: str
    title: str
    hash: str
    zone: str
    currency: str
    from_us: int
    until_us: int | None
    adopted_us: int | None
    customer: str
    covers: Selector
    calendars: Mapping[str, CalendarSpec]
    attributes: Mapping[str, AttributeRule]
    states: Mapping[str, StateRule]
    exclusions: Mapping[str, ExclusionRule]
    commitments: Mapping[str, Commitment]
    complete: tuple[tuple[str, int, int], ...] = ()        # (source, from, until) declared in the agreement
    semantics: int = 1
    remedies: Remedies = NO_REMEDIES
    people: People = NOBODY
    changes: ChangeRules = NO_CHANGE_RULES
    places: Mapping[str, Place] = field(default_factory=dict)   # "commitments.uptime.credit" -> place

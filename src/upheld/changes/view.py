"""What is seen of a change: its stages, what is owed for it, whether its windows count, what it does to the promises.

Law: a change is nothing beside its interval facts: the window shown as excluded is the fact the measure reads. Times are µs UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from upheld.assessment.outcome import Verdict

__all__ = ["Approval", "ChangeView", "Counting", "Counts", "Effect", "Remark", "Stage", "Test", "together"]

Counts = Literal["yes", "partly", "open", "no", "nothing"]
"""``open``: not yet, an approval that can still come is missing; ``nothing``: no promise of the agreement is touched."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One window of a change: one interval fact. ``end`` None: open. ``seq``: its place among the facts.

    ``known_at``: when this window came to be known, which is what notice is judged by; ``first_known_at``: when its first version did.
    ``revision``: how often it was corrected; ``cancelled_at``: when it was retracted.
    """

    fact: str
    source: str
    kind: str
    subject: str
    start: int
    end: int | None
    known_at: int
    first_known_at: int
    seq: int
    revision: int = 0
    first_fact: str = ""                 # the id of its first version
    cancelled_at: int | None = None
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What names it among all facts: ids are unique in one source only."""
        return f"{self.source}/{self.fact}"

    def said(self, name: str) -> str:
        """One of its attributes, "" where it does not say it."""
        return self.says.get(name, "")

    @property
    def title(self) -> str:
        """What the stage is called: its own name, else its subject."""
        return self.said("stage") or self.subject


@dataclass(frozen=True, slots=True)
class Approval:
    """One party asked about one stage (its key). ``said`` "" while it has not spoken; ``until`` None: for ever."""

    party: str
    stage: str
    said: Literal["approved", "rejected", ""]
    at: int | None
    until: int | None


@dataclass(frozen=True, slots=True)
class Test:
    """One condition an exclusion, or the changes clause, puts on a stage. ``advice``: what would still help, "" if nothing would.

    ``covered`` is none: it names the other windows that take the stage's time although the stage itself does not count.
    """

    what: Literal["notice", "approval", "allowance", "length", "window", "freeze", "rollback", "overlap", "time", "covered"]
    holds: bool
    says: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Counting:
    """What one exclusion of one commitment takes of one stage (its key). ``taken_us`` of ``of_us``: wall time in the windows of the commitment.

    ``spans``: the time taken. ``for_``: the result, where the promise is one a component or site. ``open_us``: what it would take too if
    the approvals missing came in time.
    """

    commitment: str
    for_: tuple[tuple[str, str], ...]
    exclusion: str
    effect: Literal["leave_out", "count_as_good", "no_credit"]
    stage: str
    of_us: int
    taken_us: int
    open_us: int = 0
    spans: tuple[tuple[int, int], ...] = ()
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """One result of one commitment in one window that the change touches, in three worlds: without it, as agreed, and not excluded.

    The worlds know what is known now and take it that nothing else happens; the service is down for the whole of the change. ``cost_us``: down
    time the change adds, as agreed and if it does not count. ``left_us``: how much more may be down before the target is missed (None: not a
    share of time, or not known). ``credit``: minor units owed more than without it, as agreed and if it does not count; None: not known.
    """

    commitment: str
    for_: tuple[tuple[str, str], ...]
    window: str
    target: str
    shown: tuple[str, str, str]
    verdicts: tuple[Verdict, Verdict, Verdict]
    cost_us: tuple[int, int]
    left_us: tuple[int | None, int | None, int | None]
    value: tuple[Fraction | None, Fraction | None, Fraction | None]
    currency: str = ""
    credit: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the changes clause, or another change, has to say. ``stage``: the stage's key; "" concerns all of it."""

    stage: str
    test: Test


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change as known at ``at``: everything a page about it needs. ``counts`` is the worst over what it touches."""

    agreement: str
    version: str
    zone: str
    id: str
    at: int
    title: str
    class_: str
    stages: tuple[Stage, ...]
    counts: Counts
    why: tuple[str, ...]
    counting: tuple[Counting, ...] = ()
    approvals: tuple[Approval, ...] = ()
    remarks: tuple[Remark, ...] = ()
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def live(self) -> tuple[Stage, ...]:
        """The stages that are not cancelled."""
        return tuple(s for s in self.stages if s.cancelled_at is None)

    @property
    def start(self) -> int:
        """When its first stage begins (of those still standing)."""
        return min(s.start for s in self.live or self.stages)

    @property
    def end(self) -> int | None:
        """When its last stage ends; None: open."""
        ends = [s.end for s in self.live or self.stages]
        return None if None in ends else max(e for e in ends if e is not None)

    @property
    def state(self) -> Literal["cancelled", "planned", "under way", "done"]:
        """Where it stands at ``at``."""
        if not self.live:
            return "cancelled"
        if self.at < self.start:
            return "planned"
        return "under way" if self.end is None or self.at < self.end else "done"

    def said(self, name: str) -> str:
        """An attribute of the change: the first its stages say."""
        return next((v for s in self.live or self.stages if (v := s.said(name))), "")


def together(parts: tuple[Counts, ...]) -> Counts:
    """What a change counts as, from what its stages count as for each promise."""
    real = [p for p in parts if p != "nothing"]
    if not real:
        return "nothing"
    if len(set(real)) == 1:
        return real[0]
    return "partly" if "yes" in real or "partly" in real else "open"

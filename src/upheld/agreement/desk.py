"""The desk a compiler works at: the names there are, and what was found wrong on the way.

Law: a name that does not resolve is a problem with the nearest name beside it, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.form import Path, Problem
from upheld.agreement.suggest import did_you_mean
from upheld.calendars.spec import CalendarSpec, HolidayList, WindowSpec
from upheld.plans.plan import StateRule, Within
from upheld.values.finding import Severity
from upheld.values.quantity import Duration

__all__ = ["Desk"]


@dataclass
class Desk:
    """One compilation: the model, the frozen holiday lists by name, and what it yields. Lives only as long as ``compile``."""

    model: Agreement
    holidays: Mapping[str, tuple[HolidayList, ...]]
    problems: list[Problem] = field(default_factory=list)
    calendars: dict[str, CalendarSpec] = field(default_factory=dict)
    states: dict[str, StateRule] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)  # (kind, name) of everything referred to

    def say(
        self,
        path: Path,
        slug: str,
        message: str,
        help: str = "",  # noqa: A002 - the word the finding shows
        *,
        on_key: bool = False,
        severity: Severity = "error",
        related: tuple[tuple[Path, str], ...] = (),
    ) -> None:
        """One more problem."""
        self.problems.append(Problem(path, slug, message, help, on_key, severity, related))

    def known(self, kind: str, name: str, names: Iterable[str], path: Path) -> bool:
        """Whether there is such a name; marks it as used, or says that there is none."""
        self.used.add((kind, name))
        there = list(names)
        if name in there:
            return True
        advice = did_you_mean(name, there) or f"there is no {kind} yet: add one under {kind}s"
        self.say(path, f"unknown-{kind}", f"there is no {kind} `{name}`", advice)
        return False

    def calendar(self, name: str, path: Path) -> bool:
        """Whether there is such a calendar (``always`` is one)."""
        return self.known("calendar", name, ("always", *self.model.calendars), path)

    def within(self, span: Duration, path: Path) -> Within:
        """A duration with its calendar resolved."""
        if span.calendar:
            self.calendar(span.calendar, path)
        return Within(span.unit, span.amount, span.calendar, span.at, span.text)

    def window(self, spec: WindowSpec, path: Path) -> WindowSpec:
        """A window with its zone."""
        from dataclasses import replace

        zone = spec.zone or self.model.timezone
        if spec.zone:
            self.zone(spec.zone, path)
        return replace(spec, zone=zone)

    def zone(self, name: str, path: Path) -> bool:
        """Whether there is such a zone."""
        from upheld.values.zone import UnknownZone, zone, zone_names

        try:
            zone(name)
        except UnknownZone:
            self.say(path, "unknown-zone", f"there is no time zone `{name}`", did_you_mean_zone(name, zone_names()))
            return False
        return True


def did_you_mean_zone(name: str, names: Iterable[str]) -> str:
    """The nearest region, or how a zone is written."""
    from upheld.agreement.suggest import nearest

    guess = nearest(name, sorted(names))
    return f"did you mean `{guess}`?" if guess else "write a region such as Europe/Berlin, UTC, or an offset such as +01:00"

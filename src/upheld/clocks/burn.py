"""Burn: how fast a budget is being used, against the pace that would use it up exactly at the window's end.

Law: a burn rate is the share of the budget used in a stretch over the share of the window's service time in it: 1 uses up the whole budget
exactly by the end. Two stretches are looked at, so that neither a short peak nor a long past misleads alone (Google, The Site Reliability
Workbook, ch. 5, "Multiwindow, Multi-Burn-Rate Alerts"): there 1 h and 6 h of 30 days, here the same shares of every window.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from upheld.calendars.spec import WindowSpec
from upheld.clocks.use import ServiceTime, Use

__all__ = ["Burn", "burn_of", "stretches_of"]

_HOUR = 3_600_000_000
_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "half-year": 180, "year": 360, "contract-year": 360}


@dataclass(frozen=True, slots=True)
class Burn:
    """``within_us``: the service time looked back on (less where the window is younger). ``used`` in it. ``rate``: None where nothing may be
    used, or no time has passed.
    """

    within_us: int
    used: Fraction
    rate: Fraction | None


def stretches_of(spec: WindowSpec) -> tuple[int, int]:
    """The short and the long stretch, µs of service time: 1 h and 6 h of a month, 3 h and 18 h of a quarter, 14 and 84 min of a week."""
    days = _DAYS.get(spec.unit, 30) * max(spec.count, 1)
    return _HOUR * days // 30, 6 * _HOUR * days // 30


def burn_of(use: Use, allowed: Fraction, hours: ServiceTime, window: tuple[int, int, int], within_us: int) -> Burn:
    """The burn of the last ``within_us`` of service time of a window ``(first, until, last)``: begun, known until, ends."""
    first, until, last = window
    back = hours.before(until, within_us)
    since = first if back is None else max(back, first)
    took = hours.between(since, until)
    used = use.used(until) - use.used(since)
    whole = hours.between(first, last)
    if not took or not whole or allowed <= 0:
        return Burn(took, used, None)
    return Burn(took, used, used / allowed / Fraction(took, whole))

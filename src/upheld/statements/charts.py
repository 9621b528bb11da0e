"""Charts of a statement, as data: the strip of what was down, the trend against the target, the burn of the budget.

Law: what is drawn is what is signed; numbers stay exact decimals in text until a renderer draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from upheld.assessment.show import show_decimal, show_duration
from upheld.statements.model import Chart
from upheld.values.instant import parse_instant

__all__ = ["charts_of"]

_MOST_ROWS = 14
_MOST_SERIES = 6


def charts_of(figures: Mapping[str, Any]) -> Iterator[Chart]:
    """The charts there is something to draw for."""
    strip = _strip(figures)
    if strip is not None:
        yield strip
    trend = _trend(figures)
    if trend is not None:
        yield trend
    burn = _burn(figures)
    if burn is not None:
        yield burn


def _results(figures: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """(label, commitment, outcome) of every result whose stretches are listed."""
    for commitment in figures["commitments"]:
        for o in commitment["outcomes"]:
            if o["spans"] is not None:
                group = ", ".join(str(v) for _, v in sorted(o["group"].items()))
                yield f"{commitment['id']}{f', {group}' if group else ''}", commitment, o


def _strip(figures: Mapping[str, Any]) -> Chart | None:
    rows: list[tuple[str, ...]] = []
    labels: list[str] = []
    for label, _, o in _results(figures):
        if label not in labels:
            labels.append(label)
        if labels.index(label) < _MOST_ROWS:
            rows += [(label, s["start"], s["end"], s["why"]) for s in o["spans"]]
    if not rows:
        return None
    # rows without any stretch are drawn too: being up all the time is what is to be seen
    rows = [*((label, "", "", "up") for label in labels[:_MOST_ROWS]), *rows]
    more = f" The first {_MOST_ROWS} of {len(labels)} results are drawn." if len(labels) > _MOST_ROWS else ""
    return Chart("strip", "When it was down", f"Each row is a result over the period; marks are time down, left out or not watched.{more}",
                 tuple(rows), figures["period"]["start"], figures["period"]["end"])


def _trend(figures: Mapping[str, Any]) -> Chart | None:
    """The results of the past windows against their target: the worst results first where there are many."""
    series: list[tuple[Fraction, str, list[tuple[str, ...]]]] = []
    for commitment in figures["commitments"]:
        # only results that this period has: windows of other lengths, and results that are no more, would not line up
        now = {(tuple(sorted(o["group"].items())), o["part"], o["window"]) for o in commitment["outcomes"]}
        for past in commitment["history"]:
            if (tuple(sorted(past["group"].items())), past["part"], past["windows"][-1]["window"]) not in now:
                continue
            points = [w for w in past["windows"] if w["low"] is not None and w["unit"] == "share"]
            if len(points) < 2:
                continue
            group = ", ".join(str(v) for _, v in sorted(past["group"].items()))
            label = ", ".join(part for part in (commitment["id"], group, past["part"]) if part)
            last = Fraction(points[-1]["low"])
            series.append((last, label, [(label, w["window"], show_decimal(Fraction(w["low"]) * 100, 6), w["target"] or "") for w in points]))
    if not series:
        return None
    windows = {row[1] for _, _, rows in series for row in rows}
    chosen = sorted(series, key=lambda s: (s[0], s[1]))[:_MOST_SERIES]
    more = f" The {_MOST_SERIES} lowest of {len(series)} are drawn." if len(series) > _MOST_SERIES else ""
    return Chart("trend", "How it went over the last windows", f"Results by window, up to {len(windows)} windows.{more}",
                 tuple(row for _, _, rows in chosen for row in rows), unit="%")


def _burn(figures: Mapping[str, Any]) -> Chart | None:
    """The time down adding up over the period against what the target allows: of the result that used most of its allowance."""
    worst: tuple[Fraction, str, Mapping[str, Any], Fraction] | None = None
    for label, _, o in _results(figures):
        allowed = _allowed(o)
        if allowed is None or not o["spans"]:
            continue
        used = sum((_us(s["end"]) - _us(s["start"]) for s in o["spans"] if s["why"] == "down"), 0)
        share = Fraction(used) / allowed if allowed else Fraction(used)
        if used and (worst is None or share > worst[0]):
            worst = share, label, o, allowed
    if worst is None:
        return None
    _, label, o, allowed = worst
    rows: list[tuple[str, ...]] = [(o["start"], "0")]
    used = 0
    for s in o["spans"]:
        if s["why"] == "down":
            rows.append((s["start"], _minutes(used)))
            used += _us(s["end"]) - _us(s["start"])
            rows.append((s["end"], _minutes(used)))
    rows.append((o["end"], _minutes(used)))
    says = f"{label}: {show_duration(used, days=True)} down, {show_duration(int(allowed), days=True)} allowed."
    drawn = tuple((at, value, _minutes(int(allowed))) for at, value in rows)
    return Chart("burn", f"The budget of {label}", says, drawn, o["start"], o["end"], "minutes")


def _allowed(outcome: Mapping[str, Any]) -> Fraction | None:
    """The time down that the target leaves, µs; None where the target is no lower limit of a share of time."""
    target, base = outcome["target"] or "", outcome["counts"]["detail"].get("base_us")
    if not target.startswith(">=") or not target.endswith("%") or base is None:
        return None
    rest: Fraction = (1 - Fraction(target.removeprefix(">=").removesuffix("%").strip()) / 100) * base
    return rest


def _minutes(us: int) -> str:
    return show_decimal(Fraction(us, 60_000_000), 3)


def _us(stamp: str) -> int:
    return parse_instant(stamp)

"""Charts of a statement, as data: the strip of what was down, the trend against the target, the burn of the budget.

Law: what is drawn is what is signed; numbers stay exact decimals in text until a renderer draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from upheld.assessment.show import show_decimal, show_duration
from upheld.statements.model import Chart
from upheld.values.instant import format_instant, parse_instant
from upheld.values.zone import zone

__all__ = ["charts_of", "distance", "group_text"]

_MOST_ROWS = 14
_MOST_PANELS = 6
_BAD = ("breached", "unknown", "deviation", "met", "not applicable")
_UNITS = {"share": (Fraction(100), "%"), "duration": (Fraction(1, 3_600_000_000), "hours"), "number": (Fraction(1), ""),
          "points": (Fraction(1), "points")}


def charts_of(figures: Mapping[str, Any]) -> Iterator[Chart]:
    """The charts there is something to draw for."""
    for made in (_strip(figures), _trend(figures), _burn(figures)):
        if made is not None:
            yield made


def group_text(group: Mapping[str, str], part: str = "") -> str:
    """``region eu, tier gold``: a result within its promise; what the part says already is not said twice."""
    said = {words.strip() for words in part.partition(":")[0].split(",")}
    told = [f"{k} {v}" for k, v in sorted(group.items())]
    return ", ".join(words for words in (*(t for t in told if t not in said), part) if words)


# ---- the strip ------------------------------------------------------------------------------------------------------


def _results(figures: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(label, outcome) of every result whose stretches are listed."""
    for commitment in figures["commitments"]:
        for o in commitment["outcomes"]:
            if o["spans"] is not None:
                yield ", ".join((commitment["id"], *(v for _, v in sorted(o["group"].items())))), o


def _strip(figures: Mapping[str, Any]) -> Chart | None:
    start, end, known = (_us(figures["period"][name]) for name in ("start", "end", "known_until"))
    home = zone(figures["agreement"]["zone"])
    found: dict[str, list[tuple[int, int, str]]] = {}
    ground: dict[str, list[tuple[int, int]]] = {}
    for label, o in _results(figures):
        row = found.setdefault(label, [])
        # only windows whose stretches are listed are drawn: of the others nothing may look like up
        ground.setdefault(label, []).append((max(_us(o["start"]), start), min(_us(o["end"]), known)))
        # a window may have begun before the period: only what lies in the period is drawn
        row += [(max(_us(s["start"]), start), min(_us(s["end"]), known), s["why"]) for s in o["spans"]
                if _us(s["start"]) < known and _us(s["end"]) > start]
    if not any(found.values()) or known <= start:
        return None
    down = {label: sum(b - a for a, b, why in row if why == "down") for label, row in found.items()}
    chosen = set(sorted(found, key=lambda label: -down[label])[:_MOST_ROWS])
    # rows without any stretch are drawn too: being up all the time is what is to be seen
    rows = [(label, _wall(home.local(a)), _wall(home.local(b)), "up") for label in found if label in chosen for a, b in ground[label] if a < b]
    rows += [(label, _wall(home.local(a)), _wall(home.local(b)), why) for label, row in found.items() if label in chosen for a, b, why in row]
    kinds = [words for why, words in (("down", "down"), ("left out", "left out by an exclusion"), ("unknown", "not watched"))
             if any(row[3] == why for row in rows)]
    more = f" The {_MOST_ROWS} with most time down, of {len(found)}, are drawn." if len(found) > _MOST_ROWS else ""
    so_far = " as far as it is known" if known < end else ""
    return Chart("strip", "When it was down", f"Each bar is the period{so_far}; marks are time {', '.join(kinds)}.{more}",
                 tuple(rows), _wall(home.local(start)), _wall(home.local(end)))


# ---- the trend ------------------------------------------------------------------------------------------------------


def _trend(figures: Mapping[str, Any]) -> Chart | None:
    """A panel a promise: the past windows of its worst result of this period, against the target of each."""
    panels = []
    for at, commitment in enumerate(figures["commitments"]):
        pasts = {(tuple(sorted(p["group"].items())), p["part"]): p["windows"] for p in commitment["history"]}
        drawn = [(o, windows) for o in commitment["outcomes"]
                 if len(windows := pasts.get((tuple(sorted(o["group"].items())), o["part"]), ())) > 1
                 and sum(1 for w in windows if w["low"] is not None) > 1]
        if not drawn:
            continue
        worst, windows = min(drawn, key=lambda pair: (_BAD.index(pair[0]["verdict"]), distance(pair[0])))
        result = group_text(worst["group"], worst["part"])
        told = result if worst["part"] else ", ".join(words for words in (result, f"target {worst['target']}") if words)
        panels.append((_BAD.index(worst["verdict"]), at, commitment["id"], told, windows))
    if not panels:
        return None
    chosen = sorted(panels, key=lambda p: (p[0], p[1]))[:_MOST_PANELS]
    rows = [
        (name, result, w["window"], _number(w["low"], w["unit"]), _limit(w), _UNITS[w["unit"]][1])
        for _, _, name, result, windows in chosen for w in windows]
    more = f" {len(chosen)} of {len(panels)} promises are drawn, those that were missed first." if len(panels) > len(chosen) else ""
    return Chart("trend", "How it went over the last windows",
                 f"By promise, the result that is worst in this period, with its windows before; dashed, its target.{more}", tuple(rows))


def distance(outcome: Mapping[str, Any]) -> Fraction:
    """How far a value is on the good side of its target (less than 0: missed): to find the worst."""
    limits, low = outcome["limits"], outcome["low"]
    if low is None or len(limits) != 1 or not limits[0]:
        return Fraction(0)
    op, limit = limits[0][0]
    return (Fraction(low) - Fraction(limit)) * (-1 if op.startswith("<") else 1)


def _number(text: str | None, unit: str) -> str:
    return "" if text is None else show_decimal(Fraction(text) * _UNITS[unit][0], 6)


def _limit(window: Mapping[str, Any]) -> str:
    """The target of a window where it is one limit."""
    limits = window["limits"]
    return _number(limits[0][0][1], window["unit"]) if len(limits) == 1 and len(limits[0]) == 1 else ""


# ---- the burn -------------------------------------------------------------------------------------------------------


def _burn(figures: Mapping[str, Any]) -> Chart | None:
    """The time down adding up over a window against what the target allows: of the result that used most of its allowance."""
    worst: tuple[Fraction, str, Mapping[str, Any], Fraction] | None = None
    for label, o in _results(figures):
        allowed, used = _allowed(o), _down(o)
        # what is drawn adds up to the figure, or is not drawn
        if allowed is None or not used or used != _whole_down(o):
            continue
        share = used / allowed if allowed else Fraction(used)
        if worst is None or share > worst[0]:
            worst = share, label, o, allowed
    if worst is None:
        return None
    _, label, o, allowed = worst
    home = zone(figures["agreement"]["zone"])
    total: int = 0
    points = [(_us(o["start"]), total)]
    for s in o["spans"]:
        if s["why"] == "down":
            points.append((_us(s["start"]), total))
            total += s["counted_us"]
            points.append((_us(s["end"]), total))
    points.append((min(_us(o["end"]), _us(figures["period"]["known_until"])), total))
    scale, unit = (3_600_000_000, "hours") if total >= 10 * 3_600_000_000 or allowed >= 10 * 3_600_000_000 else (60_000_000, "minutes")
    rows = tuple((_wall(home.local(at)), show_decimal(Fraction(n, scale), 4), show_decimal(allowed / scale, 4)) for at, n in points)
    says = (f"Time down adding up over {o['window']}: {show_duration(total, days=True)} of the {show_duration(allowed, days=True)} "
            f"that the target of {o['target'].removeprefix('>=').strip()} allows.")
    return Chart("burn", f"The budget of {label}", says, rows, rows[0][0], _wall(home.local(_us(o["end"]))), unit)


def _down(outcome: Mapping[str, Any]) -> int:
    return sum(s["counted_us"] for s in outcome["spans"] if s["why"] == "down")


def _whole_down(outcome: Mapping[str, Any]) -> int | None:
    """The time down of a figure, as it counts, in whole µs."""
    detail = outcome["counts"]["detail"]
    found: int | None = detail["down_weighted_us"] // detail["weight_scale"] if "down_weighted_us" in detail else detail.get("down_us")
    return found


def _allowed(outcome: Mapping[str, Any]) -> Fraction | None:
    """The time down that the target leaves, µs; None where the target is no lower limit of a share of time."""
    limits, base = outcome["limits"], outcome["counts"]["detail"].get("base_us")
    if outcome["unit"] != "share" or base is None or len(limits) != 1 or len(limits[0]) != 1 or limits[0][0][0] not in (">=", ">"):
        return None
    rest: Fraction = (1 - Fraction(limits[0][0][1])) * base
    return rest


def _us(stamp: str) -> int:
    return parse_instant(stamp)


def _wall(local_us: int) -> str:
    return format_instant(local_us)

"""The board as JSON, CSV and Markdown: the same lines in every form.

Law: exact amounts travel as text (``33480000000/7``) in the unit they are in, µs where it is time; instants are RFC 3339.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from upheld.assessment.show import show_condition, show_decimal, show_duration
from upheld.clocks.board import ClockLine, amount_text, percent_text, wall, within
from upheld.clocks.budget import Budget
from upheld.clocks.unbudgeted import Unbudgeted
from upheld.values.csv_text import csv_text
from upheld.values.instant import format_instant

__all__ = ["Board", "budget_cells", "for_text", "spent_text", "step_text", "to_csv", "to_json", "to_markdown"]


@dataclass(frozen=True, slots=True)
class Board:
    """What one agreement shows at ``at``: its running clocks and its budgets, both the most urgent first; and which promises have no budget."""

    agreement: str
    title: str
    zone: str
    at: int
    clocks: tuple[ClockLine, ...]
    budgets: tuple[Budget, ...]
    without: tuple[Unbudgeted, ...] = ()


def for_text(group: tuple[tuple[str, str], ...], part: str = "") -> str:
    """``customer elbe, severity 1: 95% in 1h``: a result within its promise; what the part says is not said twice."""
    said = {words.strip() for words in part.partition(":")[0].split(",")}
    return ", ".join([*(t for k, v in group if (t := f"{k} {v}") not in said), *([part] if part else [])])


def spent_text(budget: Budget, zone: str, at: int) -> str:
    """How a budget stands, in words."""
    b = budget
    when = "" if b.runs_out is None else wall(b.runs_out, zone)
    if b.state == "used up":
        return f"used up at {when}" if when else "used up"
    if b.by == "used":
        return f"all of it used since {when}" if b.best.left == 0 else f"over what is expected to be allowed, since {when}"
    if b.by == "outage":
        if b.runs_out is not None and b.runs_out <= at:
            return f"down now: used up at {when} if it stayed down"
        return f"down now: will be used up at {when}, in {within((b.runs_out or at) - at)}"
    if b.by == "rate":
        about = wall(b.runs_out - b.runs_out % 60_000_000 if b.runs_out is not None else at, zone)
        return f"will be used up about {about} at this rate"
    if b.state == "kept":
        return "can no longer be missed"
    if not b.best.allowed and not b.best.used:
        return "nothing may go wrong, and nothing has"
    lasts = f"{'down now; ' if b.ongoing else ''}lasts to the end of the window"
    if b.forecast.mid > b.best.allowed:
        return f"{lasts} at this rate, but not by the forecast"
    return f"{lasts}, but not at the upper end of the forecast" if b.forecast.high > b.best.allowed else lasts


def budget_cells(budget: Budget) -> tuple[str, str, str, str, str]:
    """As text: the share used, used and allowed, what is left, both burn rates, the forecast and its band. The second and the last have two
    lines where there is more to say.
    """
    b = budget

    def span(low: Fraction, high: Fraction) -> str:
        one, two = amount_text(low, b.unit), amount_text(high, b.unit)
        return one if one == two else f"{one} to {two}"

    unit = "" if b.unit == "time" else f" {b.unit}"
    used = f"{span(b.best.used, b.worst.used)}\nof {amount_text(b.best.allowed, b.unit)}{unit}"
    burn = "-" if b.long.rate is None else " / ".join("-" if r is None else show_decimal(r, 1) for r in (b.short.rate, b.long.rate))
    low, mid, high = (amount_text(x, b.unit) for x in (b.forecast.low, b.forecast.mid, b.forecast.high))
    return percent_text(b.used_share), used, span(b.worst.left, b.best.left), burn, _band(low, mid, high)


def _band(low: str, mid: str, high: str) -> str:
    if low == high:
        return mid
    return f"{mid}\n({low} to {high})" if len(low + high) < 12 else f"{mid}\n({low}\nto {high})"


def to_json(boards: Sequence[Board]) -> str:
    """One document with ``schema`` and ``version``."""
    body = [{"agreement": b.agreement, "title": b.title, "zone": b.zone, "at": format_instant(b.at),
             "clocks": [_clock(line) for line in b.clocks], "budgets": [_budget(one) for one in b.budgets],
             "without_budget": [{"commitment": u.commitment, "why": u.why, "escalation_untold": u.untold} for u in b.without]} for b in boards]
    return json.dumps({"schema": "upheld/clocks", "version": 1, "boards": body}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _clock(line: ClockLine) -> dict[str, Any]:
    return {
        "commitment": line.key.commitment, "case": line.key.case, "cycle": line.key.cycle, "part": line.key.part, "version": line.version,
        "group": dict(line.group), "state": line.state, "verdict": line.verdict, "used": _exact(line.used), "left_us": line.left_us,
        "due": _stamp(line.due), "missed_at": _stamp(line.missed_at), "steps_fired": line.fired, "next_step": line.step,
        "next_step_at": _stamp(line.step_at), "says": line.says,
    }


def _budget(b: Budget) -> dict[str, Any]:
    return {
        "commitment": b.commitment, "group": dict(b.group), "part": b.part, "version": b.version, "window": b.window.label,
        "start": _stamp(b.window.first), "end": _stamp(b.window.last), "known_until": _stamp(b.window.until), "unit": b.unit,
        "target": show_condition(b.target), "state": b.state, "ongoing": b.ongoing, "used_share": _exact(b.used_share),
        "best": _side(b, "best"), "worst": _side(b, "worst"),
        "burn": [{"within_us": burn.within_us, "used": _exact(burn.used), "rate": _exact(burn.rate)} for burn in (b.short, b.long)],
        "forecast": {"low": _exact(b.forecast.low), "mid": _exact(b.forecast.mid), "high": _exact(b.forecast.high),
                     "ways": {name: _exact(value) for name, value in b.forecast.ways}},
        "runs_out": _stamp(b.runs_out), "by": b.by, "reasons": list(b.reasons),
    }


def _side(b: Budget, name: str) -> dict[str, str | None]:
    side = b.best if name == "best" else b.worst
    return {"used": _exact(side.used), "allowed": _exact(side.allowed), "left": _exact(side.left), "figure": _exact(b.figure(side))}


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _stamp(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


_COLUMNS = ("agreement", "kind", "commitment", "case", "for", "state", "used_percent", "used", "allowed", "left", "unit", "burn_short",
            "burn_long", "forecast_low", "forecast_mid", "forecast_high", "due", "next_step", "next_step_at", "says")


def to_csv(boards: Sequence[Board]) -> str:
    """One row a clock and one a budget; exact amounts as fractions, time in µs."""
    rows: list[tuple[object, ...]] = []
    for board in boards:
        rows += [(board.agreement, "clock", c.promise, c.key.case, for_text(c.group), c.state if c.missed_at is None else "missed",
                  percent_text(c.used), "", "", c.left_us, "time", "", "", "", "", "", _stamp(c.due), c.step, _stamp(c.step_at), c.says)
                 for c in board.clocks]
        rows += [(board.agreement, "budget", b.commitment, b.window.label, for_text(b.group, b.part), b.state, percent_text(b.used_share),
                  b.best.used, b.best.allowed, b.best.left, b.unit, b.short.rate, b.long.rate, b.forecast.low, b.forecast.mid,
                  b.forecast.high, _stamp(b.runs_out), "", "", spent_text(b, board.zone, board.at)) for b in board.budgets]
        rows += [(board.agreement, "no budget", u.commitment, *[""] * 16, u.says) for u in board.without]
    return csv_text(_COLUMNS, rows)


def to_markdown(boards: Sequence[Board]) -> str:
    """A heading an agreement, a table of clocks and one of budgets."""
    lines: list[str] = []
    for board in boards:
        lines += [f"# {_md(board.title or board.agreement)}", "", f"As of {wall(board.at, board.zone)} ({board.zone}).", ""]
        if board.clocks:
            lines += ["| case | promise | used | left | due | how it stands | next step |", "|---|---|--:|--:|---|---|---|"]
            lines += [f"| {_md(c.key.case or c.key.cycle)} | {_md(c.promise)} | {percent_text(c.used)} | {_left(c)} "
                      f"| {wall(c.due, board.zone) if c.due is not None else '-'} | {_md(c.says)} | {_md(step_text(c, board.at))} |"
                      for c in board.clocks]
            lines.append("")
        if board.budgets:
            lines += ["| promise | for | window | % | used | left | burn | forecast | how it stands |",
                      "|---|---|---|--:|--:|--:|--:|--:|---|"]
            for b in board.budgets:
                cells = " | ".join(_md(cell) for cell in budget_cells(b))
                lines.append(f"| {_md(b.commitment)} | {_md(for_text(b.group, b.part))} | {b.window.label} | {cells} "
                             f"| {_md(spent_text(b, board.zone, board.at))} |")
            lines.append("")
        if board.without:
            lines += ["No budget:", "", *(f"- {_md(u.commitment)}: {_md(u.says)}" for u in board.without), ""]
    return "\n".join(lines)


def _left(line: ClockLine) -> str:
    return "-" if line.left_us is None else show_duration(line.left_us - line.left_us % 1_000_000)


def step_text(line: ClockLine, at: int) -> str:
    """The next step, with when."""
    when = "" if line.step_at is None else f"{wall(line.step_at, line.zone, at)} "
    return f"{when}{line.step}" if line.step else "-"


def _md(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

"""An assessment as records, JSON, CSV and Markdown: the same rows in every form.

Law: numbers travel as exact text (``899/900``) beside what is shown; nothing is a float. A cell that a spreadsheet would run as a
formula is quoted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from upheld.assessment.outcome import Assessment, Outcome
from upheld.assessment.show import show_condition
from upheld.values.csv_text import csv_text
from upheld.values.instant import format_instant

__all__ = ["SCHEMA", "record_of", "records", "to_csv", "to_json", "to_markdown"]

SCHEMA = "upheld/assessment"
VERSION = 1


def record_of(outcome: Outcome) -> dict[str, Any]:
    """One outcome as plain data: texts, integers and nested counts; times RFC 3339 UTC; fractions as text."""
    figure = outcome.figure
    return {
        "agreement": outcome.agreement, "version": outcome.version, "commitment": outcome.commitment,
        "group": dict(outcome.group), "window": outcome.window,
        "start": format_instant(outcome.start), "end": format_instant(outcome.end), "part": outcome.part,
        "verdict": outcome.verdict, "value": outcome.shown, "unit": outcome.unit,
        "low": _text(outcome.low), "high": _text(outcome.high), "exact_low": _text(figure.low), "exact_high": _text(figure.high),
        "target": show_condition(outcome.target), "breach": show_condition(outcome.breach),
        "without_exclusions": {"verdict": outcome.verdict_without, "value": outcome.shown_without,
                               "exact_low": _text(outcome.bare.low), "exact_high": _text(outcome.bare.high)},
        "counts": {"measured": figure.n, "left_out": figure.n_left_out, "pending": figure.pending, "no_promise": figure.no_promise,
                   "undecided": figure.undecided, "unknown_us": figure.unknown_us, "left_out_us": dict(figure.left_out_us),
                   **dict(figure.detail)},
        "provisional": outcome.provisional, "binding": outcome.binding, "reason": outcome.reason, "says": outcome.says,
        "place": str(outcome.place) if outcome.place else None,
    }


def records(assessments: Iterable[Assessment]) -> list[dict[str, Any]]:
    """All outcomes of all assessments as records, in their order."""
    return [record_of(o) for a in assessments for o in a.outcomes]


def to_json(assessments: Iterable[Assessment]) -> str:
    """One JSON document with ``schema`` and ``version``; keys sorted, so equal assessments give equal bytes."""
    body = [{
        "agreement": a.agreement, "title": a.title, "as_of": None if a.as_of is None else format_instant(a.as_of),
        "facts_until": format_instant(a.horizon), "verdict": a.verdict(), "notes": list(a.notes), "unclaimed": dict(a.unclaimed),
        "claimed_twice": dict(a.twice), "refused_rows": a.refused, "outcomes": [record_of(o) for o in a.outcomes],
    } for a in assessments]
    return json.dumps({"schema": SCHEMA, "version": VERSION, "assessments": body}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


_COLUMNS = ("agreement", "version", "commitment", "group", "window", "start", "end", "part", "verdict", "value", "exact_low", "exact_high",
            "target", "verdict_without", "value_without", "measured", "left_out", "pending", "unknown_us", "provisional", "reason")


def to_csv(assessments: Iterable[Assessment]) -> str:
    """RFC 4180 CSV, one row an outcome; groups as ``name=value; …``."""
    return csv_text(_COLUMNS, (_row(o) for a in assessments for o in a.outcomes))


def to_markdown(assessments: Iterable[Assessment]) -> str:
    """A heading an agreement and one table a commitment."""
    lines: list[str] = []
    for a in assessments:
        lines += [f"# {_md(a.title or a.agreement)}", "", f"Facts until {format_instant(a.horizon)}.", ""]
        for commitment in dict.fromkeys(o.commitment for o in a.outcomes):
            rows = [o for o in a.outcomes if o.commitment == commitment]
            lines += [f"## {_md(commitment)}", "", _md(rows[0].says), "",
                      "| window | for | result | target | verdict | nothing excluded | measured | note |",
                      "|---|---|--:|--:|---|--:|--:|---|"]
            lines += [f"| {o.window} | {_md(named(o))} | {o.shown} | {_md(show_condition(o.target))} | {o.verdict}"
                      f"{' (so far)' if o.provisional else ''} | {o.shown_without} | {o.figure.n} | {_md(o.reason)} |" for o in rows]
            lines.append("")
    return "\n".join(lines)


def named(outcome: Outcome) -> str:
    """The group and part of an outcome in words."""
    return "; ".join([*(f"{k}={v}" for k, v in outcome.group), *([outcome.part] if outcome.part else [])])


def _row(o: Outcome) -> tuple[object, ...]:
    return (o.agreement, o.version, o.commitment, "; ".join(f"{k}={v}" for k, v in o.group), o.window, format_instant(o.start),
            format_instant(o.end), o.part, o.verdict, o.shown, _text(o.figure.low) or "", _text(o.figure.high) or "",
            show_condition(o.target), o.verdict_without, o.shown_without, o.figure.n, o.figure.n_left_out, o.figure.pending,
            o.figure.unknown_us, "yes" if o.provisional else "no", o.reason)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _md(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")

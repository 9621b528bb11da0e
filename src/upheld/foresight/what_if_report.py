"""Where verdicts differ, in words, records and Markdown.

Law: both verdicts stand beside each other, each with its figure and target; a promise only one side makes says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upheld.assessment.outcome import Assessment, Outcome, Verdict
from upheld.assessment.report import record_of
from upheld.assessment.report import to_markdown as assessment_markdown
from upheld.assessment.show import show_condition
from upheld.foresight.report import md
from upheld.foresight.what_if import Otherwise

__all__ = ["differences_markdown", "differences_record", "differences_text"]


def differences_text(said: str, found: Sequence[Otherwise]) -> str:
    """A line a result that is judged otherwise."""
    if not found:
        return f"{said}: no verdict differs\n"
    rows = [("promise", "window", "in force", "what if"), *(_cells(one) for one in found)]
    wide = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join(cell.ljust(wide[i]) for i, cell in enumerate(row)).rstrip() for row in rows]
    return "\n".join((f"{said}: {_count(found)}", "", *lines)) + "\n"


def _count(found: Sequence[Otherwise]) -> str:
    return f"{len(found)} verdict{'s differ' if len(found) > 1 else ' differs'}"


def _cells(one: Otherwise) -> tuple[str, str, str, str]:
    group = ", ".join([*(v for _, v in one.group), *([one.row] if one.row else [])])
    verdicts = one.verdicts
    return (f"{one.commitment}{f' {group}' if group else ''}", one.window, _side(one.before, verdicts[0]), _side(one.after, verdicts[1]))


def _side(outcomes: Sequence[Outcome], verdict: Verdict | None) -> str:
    """The verdict, with the figure that decided it and its target."""
    if verdict is None:
        return "not promised"
    deciding = next(o for o in outcomes if o.verdict == verdict)
    target = show_condition(deciding.target)
    figure = f" ({deciding.shown}{f' for {deciding.part}' if deciding.part else ''}, target {target})" if deciding.low is not None else ""
    return f"{verdict}{' so far' if deciding.provisional else ''}{figure}"


def differences_record(said: str, before: Assessment, after: Assessment, found: Sequence[Otherwise]) -> dict[str, Any]:
    """Both sides' outcomes of each such result, and the whole assessment under the proposal."""
    return {
        "schema": "upheld/what-if", "version": 1, "agreement": after.agreement, "said": said,
        "verdict_in_force": before.verdict(), "verdict_what_if": after.verdict(),
        "differences": [{
            "commitment": one.commitment, "group": dict(one.group), "window": one.window, "row": one.row,
            "verdict_in_force": one.verdicts[0], "verdict_what_if": one.verdicts[1],
            "in_force": [record_of(o) for o in one.before], "what_if": [record_of(o) for o in one.after],
        } for one in found],
        "outcomes": [record_of(o) for o in after.outcomes],
    }


def differences_markdown(said: str, after: Assessment, found: Sequence[Otherwise]) -> str:
    """The assessment under the proposal, and a table of what differs."""
    lines = [assessment_markdown([after]), "## Judged otherwise than under the terms in force", "", f"{md(said)}.", ""]
    if not found:
        return "\n".join((*lines, "No verdict differs.", ""))
    rows = [("promise", "window", "in force", "what if"), *(_cells(one) for one in found)]
    table = ["| " + " | ".join(md(c) for c in row) + " |" for row in rows]
    return "\n".join((*lines, table[0], "|---|---|---|---|", *table[1:], ""))

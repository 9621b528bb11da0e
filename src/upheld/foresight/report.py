"""A difference as text, records, JSON and Markdown: the same changes in every form.

Law: each change is told with its direction in a word and both its places; nothing depends on colour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from upheld.foresight.change import Change, Difference, Direction, Version
from upheld.values.finding import Place

__all__ = ["record_of", "summary", "to_json", "to_markdown", "to_text"]

NOTHING = "no difference in meaning"
_WAYS: tuple[tuple[Direction, str], ...] = (
    ("better", "better for the customer"), ("worse", "worse for the customer"), ("different", "neither better nor worse"),
)


def summary(difference: Difference) -> str:
    """How many differences there are, each way."""
    if difference.same_meaning:
        return NOTHING
    n = len(difference.changes)
    counts = [(difference.count(d), w) for d, w in _WAYS]
    return f"{n} difference{'s' if n > 1 else ''} in meaning: " + ", ".join(f"{k} {word}" for k, word in counts if k)


def heading(version: Version) -> str:
    """``northwind-acme version 2, from 2025-10-01 until 2028-12-31 (v2.yaml)``."""
    until = f" until {version.until}" if version.until else ""
    return f"{version.agreement} version {version.version}, from {version.since}{until} ({version.file})"


def to_text(difference: Difference) -> str:
    """Both versions, a sentence and both places a change, and the counts."""
    lines = [f"from {heading(difference.before)}", f"to   {heading(difference.after)}", ""]
    for change in difference.changes:
        lines += [f"{change.direction:<9}  {change.sentence}", *(f"           {line}" for line in _places(change))]
    if difference.changes:
        lines.append("")
    return "\n".join((*lines, summary(difference))) + "\n"


def _places(change: Change) -> Iterator[str]:
    said = [_at(p) for p in (change.before_place, change.after_place) if p is not None]
    if said:
        yield " -> ".join(said)


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file


def record_of(change: Change) -> dict[str, Any]:
    """One change as plain data; places as ``file:line:column``."""
    return {
        "section": change.section, "subject": change.subject, "aspect": change.aspect, "row": change.row, "kind": change.kind,
        "before": change.before, "after": change.after, "direction": change.direction, "sentence": change.sentence,
        "before_place": None if change.before_place is None else str(change.before_place),
        "after_place": None if change.after_place is None else str(change.after_place),
    }


def to_json(difference: Difference, money: dict[str, Any] | None = None) -> str:
    """One JSON document, keys sorted. ``money``: what both would have come to on facts, where that was asked."""
    body = {
        "schema": "upheld/difference", "version": 1, "before": _version(difference.before), "after": _version(difference.after),
        "same_meaning": difference.same_meaning, "changes": [record_of(c) for c in difference.changes],
        "better": difference.count("better"), "worse": difference.count("worse"), "different": difference.count("different"),
        **({} if money is None else {"on_facts": money}),
    }
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _version(version: Version) -> dict[str, str]:
    return {"agreement": version.agreement, "version": version.version, "title": version.title, "file": version.file,
            "from": version.since, "until": version.until}


def to_markdown(difference: Difference) -> str:
    """A table of the changes."""
    lines = [f"# What changes in {md(difference.after.title)}", "", f"From {md(heading(difference.before))}  ",
             f"to {md(heading(difference.after))}: {summary(difference)}.", ""]
    if difference.changes:
        lines += ["| for the customer | change | before | after |", "|---|---|---|---|"]
        lines += [f"| {c.direction} | {md(c.sentence)} | {_place_md(c.before_place)} | {_place_md(c.after_place)} |"
                  for c in difference.changes]
        lines.append("")
    return "\n".join(lines)


def _place_md(place: Place | None) -> str:
    return "" if place is None else md(_at(place))


def md(text: str) -> str:
    """A text for a cell of a table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

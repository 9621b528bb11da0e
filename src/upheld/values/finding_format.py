"""How findings look: to a person, to a program, on a pull request, in a code scanner.

Law: one finding says the same in every form, and nothing a file holds can act on the screen that shows it: control
characters, and characters that turn the order of reading, are spelt out.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal
from urllib.parse import quote

from upheld.values.finding import Finding, Place, Severity, ordered

__all__ = ["Format", "render", "summary"]

Format = Literal["text", "json", "github", "sarif"]

EXCERPT_WIDTH = 110
_COLOURS: dict[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_GITHUB: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def render(findings: Sequence[Finding], fmt: Format = "text", color: bool = False) -> str:
    """The findings in order as one text that ends with a line end; "" as text or for GitHub if there are none."""
    forms: dict[Format, Callable[[tuple[Finding, ...]], str]] = {
        "text": lambda found: _text(found, color), "json": _json, "github": _github, "sarif": _sarif,
    }
    return forms[fmt](ordered(findings))


def summary(findings: Sequence[Finding]) -> str:
    """``2 errors, 1 warning``; "" if there are none."""
    counts = Counter(f.severity for f in findings)
    kinds: tuple[Severity, ...] = ("error", "warning", "note")
    return ", ".join(f"{counts[k]} {k}{'' if counts[k] == 1 else 's'}" for k in kinds if counts[k])


def _text(findings: tuple[Finding, ...], color: bool) -> str:
    if not findings:
        return ""
    return "\n\n".join([*("\n".join(_finding(f, color)) for f in findings), summary(findings)]) + "\n"


def _finding(f: Finding, color: bool) -> list[str]:
    on, bold, off = (_COLOURS[f.severity], "\x1b[1m", "\x1b[0m") if color else ("", "", "")
    rows = [f"{_safe(str(f.place))}: {on}{f.severity}[{f.slug}]{off}: {bold}{_safe(f.message)}{off}", *_excerpt(f.place, on, off)]
    for place, word in f.related:
        rows += [f"   see {_safe(str(place))}: {_safe(word)}", *_excerpt(place, on, off)]
    if f.help:
        first, *more = f.help.split("\n")
        rows += [f"   help: {_safe(first)}", *(f"         {_safe(line)}" for line in more)]
    return rows


def _excerpt(place: Place, on: str, off: str) -> list[str]:
    if not place.line or not place.text.strip():
        return []
    start, stop = min(place.col - 1, len(place.text)), min(place.col - 1 + place.length, len(place.text))
    # Each character as it is shown, and how many cells of a terminal that takes.
    shown = [_safe(c) for c in place.text.rstrip()]
    cells = [_cells(s) for s in shown]
    low, high = _clip(cells, start, stop)
    before, after = "…" if low else "", "…" if high < len(shown) else ""
    indent = len(before) + sum(cells[low:start])
    carets = max(sum(cells[start : min(stop, high)]), 1)
    return [f"{place.line:>5} | {before}{''.join(shown[low:high])}{after}", f"      | {' ' * indent}{on}{'^' * carets}{off}"]


def _clip(cells: list[int], start: int, stop: int) -> tuple[int, int]:
    """Which characters of a line to show: all if they fit, else those around the marked ones."""
    if sum(cells) <= EXCERPT_WIDTH:
        return 0, len(cells)
    low = min(start, len(cells))
    room = EXCERPT_WIDTH - min(sum(cells[start:stop]), EXCERPT_WIDTH * 2 // 3)
    used = 0
    while low > 0 and used + cells[low - 1] <= room // 2:
        low -= 1
        used += cells[low]
    high, used = low, 0
    while high < len(cells) and used + cells[high] <= EXCERPT_WIDTH:
        used += cells[high]
        high += 1
    while low > 0 and used + cells[low - 1] <= EXCERPT_WIDTH:  # the line ended early: show more of its beginning
        low -= 1
        used += cells[low]
    return low, high


def _cells(shown: str) -> int:
    if shown.isascii():
        return len(shown)
    flat = (c for c in shown if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in flat)


def _safe(text: str) -> str:
    """The text with every character that could act on a screen spelt out."""
    return _UNSHOWN.sub(lambda m: "\\t" if m[0] == "\t" else m[0].encode("unicode_escape", "surrogatepass").decode(), text)


def _where(place: Place) -> dict[str, Any]:
    where: dict[str, Any] = {"file": place.file}
    return where | {"line": place.line, "column": place.col, "length": place.length} if place.line else where


def _json(findings: tuple[Finding, ...]) -> str:
    rows = [
        {
            "slug": f.slug,
            "severity": f.severity,
            "message": f.message,
            "help": f.help,
            **_where(f.place),
            "excerpt": f.place.text,
            "related": [{"message": word, **_where(place)} for place, word in f.related],
        }
        for f in findings
    ]
    whole = {"schema": "upheld.findings", "version": 1, "summary": summary(findings), "findings": rows}
    return json.dumps(whole, indent=2) + "\n"


def _github(findings: tuple[Finding, ...]) -> str:
    # https://docs.github.com/actions/reference/workflow-commands-for-github-actions : data and properties escape differently.
    rows = []
    for f in findings:
        where = {"file": f.place.file}
        if f.place.line:
            where |= {"line": str(f.place.line), "col": str(f.place.col), "endColumn": str(f.place.col + f.place.length)}
        properties = ",".join(f"{k}={_property(v)}" for k, v in {**where, "title": f.slug}.items())
        words = [f.message, *(f"see {place}: {word}" for place, word in f.related), *([f"help: {f.help}"] if f.help else [])]
        rows.append(f"::{_GITHUB[f.severity]} {properties}::{_data(chr(10).join(words))}\n")
    return "".join(rows)


def _data(text: str) -> str:
    lines = text.replace("%", "%25").replace("\r", "%0D").split("\n")
    return "%0A".join(_safe(line) for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(findings: tuple[Finding, ...]) -> str:
    # Static Analysis Results Interchange Format 2.1.0 (OASIS), the parts that code scanners show.
    slugs = {slug: i for i, slug in enumerate(dict.fromkeys(f.slug for f in findings))}
    results = [
        {
            "ruleId": f.slug,
            "ruleIndex": slugs[f.slug],
            "level": f.severity,
            "message": {"text": f.message + (f"\nhelp: {f.help}" if f.help else "")},
            "locations": [{"physicalLocation": _physical(f.place)}],
            "relatedLocations": [_related(i, place, word) for i, (place, word) in enumerate(f.related)],
        }
        for f in findings
    ]
    driver = {
        "name": "upheld",
        "rules": [{"id": slug, "shortDescription": {"text": slug.replace("-", " ")}} for slug in slugs],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _related(number: int, place: Place, word: str) -> dict[str, Any]:
    return {"id": number, "physicalLocation": _physical(place), "message": {"text": word}}


def _physical(place: Place) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(place.file.replace("\\", "/"), errors="replace")}}
    if place.line:
        region = {"startLine": place.line, "startColumn": max(place.col, 1), "endColumn": max(place.col, 1) + place.length}
        location["region"] = region | ({"snippet": {"text": place.text}} if place.text else {})
    return location

"""Every finding that can be given for an agreement has a bad file, and every check that was asked for has its finding.

The static checks asked for, each with the finding that tells it:

| asked for | finding |
|---|---|
| band gap | band-gap |
| band overlap | band-overlap |
| bands not monotonic; a worse result earns less | band-order |
| a target outside the bands (met and credited) | target-credited |
| unreachable target (100% with a shortest outage) | target-unreachable |
| percent and money in one table; a limit in another unit | pay-units, unit-mismatch, condition-units |
| no calendar for a clock in business hours | unknown-calendar, working-days-without-calendar |
| a year of holidays missing; a list that ends before the agreement does | holidays-begin, holidays-end, holidays-not-frozen |
| a cap never reached, below the first band, above the whole, or missing | cap-never-reached, cap-below-band, cap-range, cap-missing |
| claim deadline before the report | claim-before-report |
| a supplier who cannot carry the promise (hours, target, window, exclusions, claim, credits) | backed-by-weaker, backed-by-unknown |
| unit trap 1m / 1M | unit, unit-trap |
| a declared thing nobody uses | unused-attribute, unused-calendar, unused-state, unused-exclusion, unused-escalation, unused-amount |
| a severity with no target | row-missing |
| a clock without a stop, a start, a target | clock-without-stop, clock-without-start, clock-without-target |
| the fee a percent is of is undefined | fee-base |
| rounding undefined where bands have one decimal | rounding-undefined |
| weaker than the base | weaker-than-base |
| an empty week | empty-week |
| good time on a clock | good-time-on-clock |
| unknown field, with the nearest name | unknown-key, unknown-word |
| target 100.1 %, −5 %, 99,9, NaN, 1e999, .inf | target-range, condition, number |
| zones Mars/Base, EST, +25:00, ../../etc/passwd | unknown-zone |
| hours 09:00-09:00, 22:00-06:00 unmarked | hours, hours-overlap |
| a step that tells nobody or a stranger, a loop, delay 0 or 10 years | escalation-nobody, unknown-role, escalation-circle, escalation-delay |
| a step with two times, repeats of nothing | escalation-two-times, escalation-repeats |
| a rota nobody is in | rota-empty, rota-starts, rota-each |
| a contact, party or role that is told and cannot be reached | contact-without-address, party-without-contact, role-empty |
| effective dates reversed or overlapping | dates-reversed, versions-overlap, version-twice |
| look-alike ids, bidi signs | confusable, character |
| BOM, UTF-16, invalid UTF-8 | encoding |
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src" / "upheld"
PLACE = {"Problem": 1, "problem": 0, "Wrong": 2, "Finding": 0, "say": 1, "_add": 0, "_stop": 0}
"""Where the finding's name stands among the arguments of what gives one."""
DYNAMIC = {
    "unused-{kind}": ("unused-calendar", "unused-state", "unused-exclusion"),
    "unused-{what}": ("unused-escalation", "unused-rota", "unused-playbook"),
}
"""Names put together from a word, and what they come to; ``unknown-…`` is told by the calls of ``known``."""
ELSEWHERE = {"example-fails"}
"""Given for agreements by the evaluator, which the agreement's own package does not know."""


def named_in(path: Path) -> set[str]:
    found: set[str] = set()
    for call in (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)):
        function = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
        if function == "known" and call.args and isinstance(call.args[0], ast.Constant):
            found.add(f"unknown-{call.args[0].value}")
        if function not in PLACE:
            continue
        said = next((k.value for k in call.keywords if k.arg == "slug"), None)
        said = said or (call.args[PLACE[function]] if len(call.args) > PLACE[function] else None)
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            found.add(said.value)
        elif isinstance(said, ast.JoinedStr):
            text = ast.unparse(said)[2:-1]
            found |= set(DYNAMIC[text]) if text != "unknown-{kind}" else set()
    return found


def slugs() -> set[str]:
    modules = [*(SOURCE / "agreement").rglob("*.py"), SOURCE / "values" / "quantity.py"]
    return {slug for path in modules for slug in named_in(path)} | ELSEWHERE


def pages() -> set[str]:
    alone = {path.name.split(".")[0] for path in HERE.glob("*.txt")}
    return alone | {path.parent.name.split(".")[0] for path in HERE.glob("together/*/said.txt")}


def test_every_finding_has_a_bad_file_and_every_bad_file_a_finding() -> None:
    assert slugs() == pages()


def test_every_check_asked_for_is_there() -> None:
    assert __doc__
    rows = [line.strip("| ").split(" | ")[-1] for line in __doc__.splitlines() if line.startswith("| ")][1:]
    asked = {slug for row in rows for slug in re.findall(r"[a-z-]+", row)}
    assert len(rows) > 25
    assert asked - pages() == set()


def test_every_finding_is_named_once_as_a_word_not_a_sentence() -> None:
    assert [slug for slug in pages() if not re.fullmatch(r"[a-z]+(-[a-z]+)*", slug)] == []

"""How true the engine is to what others found: one line each for clock cases, helpdesk verdicts, GitHub quarters, published schedules.

    make fidelity                          the cases in the repository
    python benchmarks/fidelity.py FILE...  other files of clock cases besides
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from upheld.agreement.load import Loaded
from upheld.assessment.assess import assess, contexts
from upheld.conform import conform_files
from upheld.measures.clock import case_table
from upheld.measures.clock_outcomes import VERDICTS
from upheld.plans.plan import ClockPlan
from upheld.workspace import open_workspace

ROOT = Path(__file__).resolve().parent.parent
QUARTERS = {   # merged incidents, from the collection's own page (mrshu/github-statuses, MIT), to the last digit printed
    ("uptime", "2024-Q3"): "96.684%", ("uptime", "2025-Q2"): "91.780%", ("uptime", "2026-Q1"): "89.659%",
    ("uptime-severe", "2023-Q1"): "99.268%",
}


def clock_cases(files: list[Path]) -> bool:
    """Cases taken as facts from other systems' test suites."""
    report = conform_files([(path.name, path.read_bytes()) for path in files])
    print("clock cases:", report.lines()[-1])
    return bool(report.ok)


def helpdesk() -> bool:
    """Verdicts equal to the customer's own, by each of the two readings."""
    workspace = open_workspace(ROOT / "examples/helpdesk")
    facts = workspace.facts()
    events = facts.events
    assert events is not None
    said = events.attributes["made_sla"]
    last = events.bounds[1:] - 1
    truth = [said.names[c] == "true" for c in said.codes[last].tolist()]
    (plans,) = workspace.plans().values()
    shares = {}
    for name in ("closing", "plain-reading"):
        (context,) = contexts(plans, facts, None, name)
        plan = context.plan.commitments[name]
        assert isinstance(plan, ClockPlan)
        table = case_table(plan, context)
        ours = dict(zip(table.case.tolist(), (VERDICTS[v] == "met" for v in table.verdict.tolist()), strict=True))
        shares[name] = sum(ours.get(i) is made for i, made in enumerate(truth))
    n = len(truth)
    print(f"helpdesk verdicts: {shares['closing']} of {n} equal made_sla ({100 * shares['closing'] / n:.2f}%); "
          f"the plain reading {shares['plain-reading']} ({100 * shares['plain-reading'] / n:.2f}%)")
    return n == 24_918 and shares["closing"] >= 0.998 * n


def github() -> bool:
    """Quarterly figures to the last digit printed."""
    workspace = open_workspace(ROOT / "examples/github")
    (plans,) = workspace.plans().values()
    found = {(o.commitment, o.window): o.shown for o in assess(plans, workspace.facts(), None).outcomes if not o.group}
    right = sum(found.get(key) == shown for key, shown in QUARTERS.items())
    print(f"github quarters: {right} of {len(QUARTERS)} to the last digit")
    return right == len(QUARTERS)


def published() -> bool:
    """Each published schedule: checks clean, and its facts give the result written beside it."""
    root = ROOT / "examples/published"
    folders = sorted(p for p in root.iterdir() if (p / "agreements").is_dir()) if root.is_dir() else []
    right = 0
    for folder in folders:
        workspace = open_workspace(folder)
        if any(f.severity == "error" for f in workspace.findings):
            continue
        right += matches(folder, workspace.agreements)
    print(f"published schedules: {right} of {len(folders)} check and give their expected results")
    return bool(folders) and right == len(folders)


def matches(folder: Path, agreements: tuple[Loaded, ...]) -> bool:
    """Whether every result in ``expected.json`` is what the engine gives."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    workspace = open_workspace(folder)
    facts = workspace.facts()
    found = {}
    for plans in workspace.plans().values():
        for o in assess(plans, facts, expected.get("as_of_us")).outcomes:
            found["|".join((o.commitment, o.window, *(f"{k}={v}" for k, v in o.group), *([o.part] if o.part else [])))] = [o.shown, o.verdict]
    assert agreements
    return all(found.get(key) == value for key, value in expected["results"].items())


if __name__ == "__main__":
    cases = sorted((ROOT / "tests/conform/cases").glob("*.json")) + [Path(a) for a in sys.argv[1:]]
    every = [clock_cases(cases), helpdesk(), github(), published()]
    sys.exit(0 if all(every) else 1)

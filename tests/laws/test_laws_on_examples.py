"""The same laws on the examples of the repository, and: what is listed for a figure adds up to it, for every figure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from law_world import shuffled

from upheld.assessment.assess import assess, contexts
from upheld.assessment.report import to_json
from upheld.facts.cut import cut
from upheld.facts.record import record
from upheld.measures.result import Figure
from upheld.measures.table import measure, segments
from upheld.plans.plan import AvailabilityPlan, ClockPlan
from upheld.sources.files import read_file, sources_of
from upheld.values.instant import parse_instant
from upheld.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2] / "examples"
EXAMPLES = sorted(p.name for p in ROOT.iterdir() if (p / "agreements").is_dir())
EVERY = sorted(p.parent.relative_to(ROOT).as_posix() for p in ROOT.rglob("agreements"))
ENVIRONMENTS = ({"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"}, {"PYTHONHASHSEED": "2", "TZ": "UTC", "LC_ALL": "C"})


@cache
def opened(name: str):
    workspace = open_workspace(ROOT / name)
    return workspace, workspace.facts()


@cache
def plain(name: str) -> str:
    workspace, facts = opened(name)
    return to_json([assess(plans, facts, None) for plans in workspace.plans().values()])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_order_of_rows_changes_nothing(name: str) -> None:
    root, chance = ROOT / name, np.random.default_rng(7)
    specs = sources_of(root)
    batches = [b for spec in specs for pattern in spec.files for path in sorted(root.glob(pattern))
               for b in read_file(spec, path, path.relative_to(root).as_posix())[0]]
    mixed = [shuffled(batches[i], chance.permutation(len(batches[i]))) for i in chance.permutation(len(batches))]
    facts = record(mixed, {s.name: s.complete for s in specs if s.complete is not None})
    workspace, whole = opened(name)
    told = to_json([assess(plans, facts, None) for plans in workspace.plans().values()])
    refused = f'"refused_rows": {len(whole.refused)}'
    assert told.replace(f'"refused_rows": {len(facts.refused)}', refused) == plain(name)


@pytest.mark.parametrize(("name", "as_of"), [("github", "2024-05-20T12:00:00Z"), ("helpdesk", "2016-04-10T00:00:00Z")])
def test_a_cut_of_the_facts_is_the_replay(name: str, as_of: str) -> None:
    workspace, facts = opened(name)
    at = parse_instant(as_of)
    for plans in workspace.plans().values():
        assert to_json([assess(plans, cut(facts, at), at)]) == to_json([assess(plans, facts, at)])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_machine_changes_no_byte(name: str) -> None:
    program = "import sys; from upheld.cli.main import cli; cli(sys.argv[1:], 'upheld')"
    command = [sys.executable, "-c", program, "assess", "-w", str(ROOT / name), "--format", "json"]
    told = [subprocess.run(command, capture_output=True, env={**os.environ, **e}, check=True).stdout for e in ENVIRONMENTS]
    assert told[0] == told[1]
    assert json.loads(told[0])["assessments"]


def _sum(figure: Figure, plan: object) -> int | None:
    """What the ledger's counted column must come to; None where the figure is no sum."""
    detail = figure.detail
    if isinstance(plan, AvailabilityPlan) and plan.value in ("share", "total") and "down_us" in detail:
        return detail["down_us"]
    return detail.get("met", 0) if isinstance(plan, ClockPlan) and plan.value == "share" else None


@pytest.mark.parametrize("name", EVERY)
def test_every_ledger_adds_up_to_its_figure(name: str) -> None:
    workspace, facts = opened(name)
    checked: Counter[str] = Counter()
    for plans in workspace.plans().values():
        for commitment in plans[-1].commitments:
            for context in contexts(plans, facts, None, commitment):
                plan = context.plan.commitments[commitment]
                by_place = defaultdict(list)
                for part in measure(plan, context).parts:
                    by_place[part.group, part.window].append(part)
                for (group, window), parts in by_place.items():
                    expected = [_sum(p.agreed, plan) for p in parts if p.agreed.low == p.agreed.high]
                    if None in expected or len(expected) < len(parts):
                        continue
                    assert int(segments(plan, context, group, window).counted_us.sum()) == sum(e or 0 for e in expected)
                    checked[commitment] += 1
    assert checked or name not in EXAMPLES

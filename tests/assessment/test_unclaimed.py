"""Facts that no agreement claims, and facts that several do: told by whoever assesses, as known at the cut."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

import upheld
from upheld.cli.main import cli

AGREEMENT = """upheld: 1
agreement: {name}
effective: {{from: 2026-01-01}}
timezone: UTC
currency: EUR
parties: {{provider: {{name: P}}, customer: {{name: {name}}}}}
covers: {covers}
states: {{outage: {{where: {{kind: outage}}}}}}
commitments:
  uptime: {{measure: availability, down: outage, out_of: period, per: month, target: ">= 99.9%"}}
"""
ROWS = """customer,from,to,known
acme,2026-01-10 00:00,2026-01-10 01:00,2026-01-11 00:00
globex,2026-01-12 00:00,2026-01-12 01:00,2026-01-13 00:00
initech,2026-01-14 00:00,2026-01-14 01:00,2026-01-15 00:00
umbrella,2026-01-16 00:00,2026-01-16 01:00,2026-02-15 00:00
"""
SOURCE = """upheld-source: 1
source: outages
files: [data/outages.csv]
stamps: {zone: UTC}
known_at: known
intervals: {kind: outage, start: from, end: to}
attributes: {customer: customer}
complete: {from: 2026-01-01, until: 2026-12-31}
"""


def workspace(root: Path) -> Path:
    for folder in ("agreements", "sources", "data"):
        (root / folder).mkdir()
    for name, covers in (("acme", "{customer: acme}"), ("globex", "{customer: [globex, acme]}")):
        (root / "agreements" / f"{name}.yaml").write_text(AGREEMENT.format(name=name, covers=covers))
    (root / "sources/outages.yaml").write_text(SOURCE)
    (root / "data/outages.csv").write_text(ROWS)
    return root


def test_a_notebook_tells_what_nobody_claims(tmp_path: Path) -> None:
    """Initech's and Umbrella's outages are nobody's; Acme's is both agreements'. By the middle of January only Initech's is known."""
    book = upheld.open(workspace(tmp_path))
    for found in (book.assess(), book.assess("acme")):
        assert [(a.unclaimed, a.twice) for a in found.assessments] == [({"intervals": 2}, {"intervals": 1})] * len(found.assessments)
    assert [dict(a.unclaimed) for a in book.assess("acme", as_of="2026-01-20").assessments] == [{"intervals": 1}]
    assert [dict(a.twice) for a in book.assess("acme", as_of="2026-01-10").assessments] == [{}]


def test_the_command_tells_it_as_known_then(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    said = json.loads(CliRunner().invoke(cli, ["assess", "acme", "-w", str(root), "--as-of", "2026-01-20", "--format", "json"]).output)
    assert [(a["unclaimed"], a["claimed_twice"]) for a in said["assessments"]] == [({"intervals": 1}, {"intervals": 1})]
    text = CliRunner().invoke(cli, ["assess", "acme", "-w", str(root)]).output
    assert "2 intervals claimed by no agreement here" in text
    assert "1 intervals claimed by several agreements here" in text

"""``upheld changes`` and ``upheld announce``: every form says the same; refusals say why; a dry run writes nothing; figures do not move."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from upheld.cli.main import cli

AGREEMENT = """\
upheld: 1
agreement: acme
version: 1
effective: {from: 2026-01-01}
timezone: Europe/Berlin
currency: EUR
parties: {provider: {name: Northwind}, customer: {name: ACME}}
states:
  outage: {where: {kind: outage}}
  maintenance: {where: {kind: maintenance, cause: provider}}
exclusions:
  maintenance: {while: maintenance, notice: 72h, effect: leave_out}
commitments:
  uptime: {measure: availability, of: {service: web}, down: outage, out_of: period, per: month, target: ">= 99.9%", excluding: [maintenance]}
"""
SOURCE = """\
upheld-source: 1
source: facts
files: [data/facts.csv]
stamps: {zone: UTC}
intervals: {kind: {column: kind}, subject: subject, start: from, end: to}
id: id
known_at: known
complete: {from: 2026-01-01}
attributes: [service, cause, title]
"""
FACTS = """\
id,kind,subject,from,to,known,service,cause,title
O-1,outage,web,2026-03-02 10:00,2026-03-02 10:20,2026-03-02 10:20,web,,
F-1,maintenance,web,2026-03-14 22:00,2026-03-15 04:00,2026-03-14 10:00,web,provider,From the feed
"""
AT = "2026-03-10T09:00:00Z"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in (("agreements/acme.yaml", AGREEMENT), ("sources/facts.yaml", SOURCE), ("data/facts.csv", FACTS)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "-w", str(root)], catch_exceptions=False)


def announced(root: Path, *more: str, at: str = AT) -> Result:
    return run(root, "announce", "web", "--from", "2026-03-20 22:00", "--until", "2026-03-21 02:00", "--service", "web", "--title", "Release",
               "--by", "provider", "--at", at, *more)


def test_what_is_announced_is_the_fact_that_will_be_excluded(root: Path) -> None:
    result = announced(root, "--change", "REL-1", "--risk", "low")
    assert result.exit_code == 0
    assert "Counts as excluded: yes" in result.stdout
    line = json.loads((root / "records" / "facts.jsonl").read_text())
    assert line["says"] == {"announced_by": "provider", "cause": "provider", "change": "REL-1", "risk": "low", "service": "web",
                            "title": "Release"}
    assert line["what_kind"] == "maintenance"


def test_announcing_moves_no_figure(root: Path) -> None:
    asked = [("assess", "--format", "csv"), ("assess", "--format", "csv", "--as-of", "2026-03-09")]
    before = [run(root, *a).stdout for a in asked]
    announced(root)
    assert [run(root, *a).stdout for a in asked] == before


def test_a_dry_run_writes_nothing(root: Path) -> None:
    result = announced(root, "--dry-run")
    assert result.stdout.startswith("would be: ")
    assert not (root / "records").exists()


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (("announce", "web", "--by", "x"), 2, "say when"),
    (("announce", "--by", "x"), 2, "say what is announced"),
    (("announce", "web", "--from", "2026-03-20 22:00", "--until", "2026-03-20 21:00", "--by", "x"), 1, "refused[dates]"),
    (("announce", "web", "--from", "tomorrow", "--until", "2026-03-20 21:00", "--by", "x"), 1, "refused[time]"),
    (("announce", "web", "--from", "2026-10-25 02:30", "--until", "2026-10-25 21:00", "--by", "x"), 1, "occurs twice"),
    (("announce", "--move", "X-9", "--from", "2026-03-20 22:00", "--until", "2026-03-20 23:00", "--by", "x"), 1, "refused[change]"),
    (("announce", "--cancel", "F-1", "--by", "x", "--at", "2026-03-14T12:00:00Z"), 1, "refused[source]"),
    (("changes", "CHG-9", "--at", AT), 2, "no change 'CHG-9'"),
    (("changes", "--zone", "Mars/Base", "--at", AT), 2, "Mars/Base"),
    (("changes", "acme", "--at", "2026-03-10"), 0, "no change is known"),
])
def test_what_is_wrong_is_said(root: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(root, *arguments)
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_a_stage_more_and_which_one_is_moved(root: Path) -> None:
    announced(root, "--change", "REL-1", "--stage", "first")
    result = announced(root, "--change", "REL-1", "--stage", "second")
    assert "stage 2 of REL-1" in result.stdout
    to = ("--from", "2026-03-25 22:00", "--until", "2026-03-25 23:00", "--by", "provider", "--at", AT)
    assert "refused[which]: REL-1 has 2 stages" in run(root, "announce", "--move", "REL-1", *to).stderr
    assert "M-2 is moved" in run(root, "announce", "--move", "M-2", *to).stdout
    assert run(root, "announce", "--cancel", "REL-1", "--by", "provider", "--at", AT).stdout.count("is cancelled") == 2


def test_every_form_says_the_same(root: Path) -> None:
    announced(root)
    when = ("--at", "2026-03-14T12:00:00Z")
    record = json.loads(run(root, "changes", "--format", "json", *when).stdout)
    assert [(c["change"], c["counts"]) for c in record["changes"]] == [("F-1", "no"), ("M-1", "yes")]
    rows = list(csv.DictReader(io.StringIO(run(root, "changes", "--format", "csv", *when).stdout)))
    assert [(r["change"], r["counts"], r["taken_us"]) for r in rows] == [("F-1", "no", "0"), ("M-1", "yes", "14400000000")]
    table = run(root, "changes", "--format", "md", *when).stdout
    assert "| F-1 From the feed | Sat 2026-03-14 23:00 to Sun 2026-03-15 05:00 | planned | no |" in table
    assert run(root, "changes", "--format", "ics", *when).stdout.count("BEGIN:VEVENT") == 2
    assert "counts as excluded: no. notice 72h" in run(root, "changes", *when).stdout
    sheet = json.loads(run(root, "changes", "M-1", "--format", "json", *when).stdout)["changes"][0]
    assert sheet["effects"][0]["agreed"]["verdict"] == "met"
    assert sheet["effects"][0]["not_counting"]["verdict"] == "breached"

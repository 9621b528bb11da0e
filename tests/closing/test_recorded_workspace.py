"""A workspace on record: ``upheld record``, then figures and statements that rest on files and on what came over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from upheld.cli.main import cli
from upheld.facts.arrive import Arrival
from upheld.stores.store import open_store
from upheld.values.instant import parse_instant

AGREEMENT = """\
upheld: 1
agreement: acme
title: Support for ACME
version: 1
effective: {from: 2026-01-01}
timezone: UTC
currency: EUR
parties: {provider: {name: Northwind GmbH}, customer: {name: ACME}}
states: {outage: {where: {kind: outage}}}
commitments:
  uptime:
    measure: availability
    down: outage
    out_of: period
    per: month
    target: ">= 99.9%"
"""
OUTAGES = """\
upheld-source: 1
source: monitor
files: [data/outages.csv]
stamps: {zone: UTC}
intervals: {kind: {is: outage}, subject: subject, start: from, end: to}
attributes: {customer: customer}
complete: {from: 2025-12-31, until: 2026-12-31}
"""
ROWS = "subject,from,to,customer\narray,2026-01-10 00:00,2026-01-10 01:00,ACME\narray,2026-01-11 00:00,2026-01-11 01:00,ACME\n"
WIRE = {"what_kind": "outage", "subject": "array", "start": parse_instant("2026-01-12T00:00:00Z"), "end": parse_instant("2026-01-12T01:00:00Z"),
        "says": {"customer": "ACME"}}
NOW = parse_instant("2026-06-01T00:00:00Z")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"agreements/acme.yaml": AGREEMENT, "sources/outages.yaml": OUTAGES, "data/outages.csv": ROWS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def record_over_the_wire(place: str | Path, name: str = "o9", **more: object) -> str:
    with open_store(place) as store:
        arrival = Arrival("intervals", "monitor", name, "", int(WIRE["start"]), {**WIRE, **more})  # type: ignore[call-overload]
        return store.stream.record([arrival], "desk", NOW)[0].state


def test_recording_twice_adds_nothing_and_changes_no_figure(root: Path) -> None:
    before = run("assess", "--format", "json")
    said = run("record")
    assert "2 texts recorded, 0 on record already" in said
    assert "2 facts recorded, 0 on record already" in said
    again = run("record")
    assert "0 texts recorded, 2 on record already" in again
    assert "0 facts recorded, 2 on record already" in again
    assert run("assess", "--format", "json") == before
    with open_store(root / "records/store.db") as store:
        assert store.texts.current("agreements/") == {"agreements/acme.yaml": AGREEMENT.encode()}
        assert store.stream.size() == 3
        assert store.stream.watched() == {"monitor": (parse_instant("2025-12-31T00:00:00Z"), parse_instant("2026-12-31T00:00:00Z"))}
        assert store.check() == ()
    (root / "data/outages.csv").unlink()
    (root / "sources/outages.yaml").unlink()
    assert "99.73" in run("assess"), "what was recorded counts without its file"


def test_a_row_that_changed_after_it_was_recorded_is_told(root: Path) -> None:
    run("record")
    before = run("assess", "--format", "json")
    (root / "data/outages.csv").write_text(ROWS.replace("01-11 01:00", "01-11 00:30") + "array,2026-01-13 00:00,2026-01-13 01:00,ACME\n")
    said = run("record", code=1)
    assert "data/outages.csv:2: conflict: is on record with another content" in said
    assert "1 facts recorded, 1 on record already, 1 refused" in said
    after = run("assess", "--format", "json")
    assert after != before
    assert "recorded-otherwise" in run("import", code=1) or "recorded-otherwise" in run("import", "--format", "csv", code=1)


def test_what_came_over_the_wire_counts_and_statements_verify(root: Path) -> None:
    run("record")
    alone = run("assess")
    assert record_over_the_wire(root / "records/store.db") == "new"
    assert record_over_the_wire(root / "records/store.db") == "same"
    assert "99.73" in alone
    assert "99.59" in run("assess")
    run("statement", "acme", "2026-01")
    told = run("verify", "statements/acme/2026-01/r1")
    assert "the figures follow from the records" in told
    assert "nothing changed: revision 1 stands" in run("statement", "acme", "2026-01")


def test_the_database_upheld_toml_names_is_used_everywhere(root: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "upheld.toml").write_text('[server]\ndatabase = "${env:DATABASE}"\n')
    assert "which is not there" in run("assess", code=4)
    monkeypatch.setenv("DATABASE", postgres_url)
    assert "2 facts recorded" in run("record")
    assert record_over_the_wire(postgres_url) == "new"
    assert "99.59" in run("assess")
    run("statement", "acme", "2026-01")
    assert "the figures follow from the records" in run("verify", "statements/acme/2026-01/r1")
    assert not (root / "records/store.db").exists()
    monkeypatch.setenv("DATABASE", "postgresql://anna:secret@127.0.0.1:1/upheld")
    told = run("record", code=4)
    assert "cannot be reached" in told
    assert "secret" not in told

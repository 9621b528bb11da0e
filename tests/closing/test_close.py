"""Closing a period, as its users live it: first statement, nothing new, a late fact, an edited row, a dispute, the other party's look."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from upheld.cli.main import cli
from upheld.evidence.verify import verify
from upheld.stores.store import open_store

AGREEMENT = """\
upheld: 1
agreement: acme
title: Support for ACME
version: 1
effective: {from: 2026-01-01}
timezone: Europe/Berlin
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
    credit: {pay: {by result: {">= 99.0%, < 99.9%": 10%, "< 99.0%": 25%}}, of: fee}
disputes: {undetected: {by: customer, until: 14 days after incident, needs: [start, end], adds: {kind: outage}, decides: provider}}
"""
OUTAGES = """\
upheld-source: 1
source: monitor
files: [data/outages.csv]
stamps: {zone: UTC}
id: id
replaces: replaces
intervals: {kind: {is: outage}, subject: subject, start: from, end: to}
attributes: {customer: customer}
complete: {from: 2025-12-31, until: 2026-12-31}
"""
CHARGES = """\
upheld-source: 1
source: charges
files: [data/charges.csv]
stamps: {zone: UTC}
charges: {customer: customer, currency: {column: currency}, from: from, until: until, amount: amount}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        "agreements/acme.yaml": AGREEMENT, "sources/outages.yaml": OUTAGES, "sources/charges.yaml": CHARGES,
        "data/outages.csv": "id,subject,from,to,replaces,customer\no1,array,2026-01-10 00:00,2026-01-10 01:00,,ACME\n"
                            "x1,array,2026-01-11 00:00,2026-01-11 09:00,,OTHER\n",
        "data/charges.csv": "customer,currency,from,until,amount\nACME,EUR,2025-12-31 23:00,2026-01-31 23:00,1000.00\n"
                            "ACME,EUR,2026-01-31 23:00,2026-02-28 23:00,1000.00\nOTHER,EUR,2025-12-31 23:00,2026-01-31 23:00,7.00\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def add(root: Path, row: str) -> None:
    with (root / "data/outages.csv").open("a", encoding="utf-8") as file:
        file.write(row + "\n")


def statement(root: Path, revision: int, period: str = "2026-01") -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((root / f"statements/acme/{period}/r{revision}/statement.json").read_bytes())
    return found


def owed(root: Path) -> dict[str, dict[str, int]]:
    with open_store(root / "records/store.db") as store:
        book = store.ledger.book("acme")
        assert set(book.trial().values()) <= {0}
        return book.totals("acme")  # type: ignore[return-value]


def test_a_first_statement_is_signed_booked_and_verifies(root: Path) -> None:
    out = run("statement", "acme", "2026-01").output
    assert "100.00 EUR" in out
    folder = root / "statements/acme/2026-01/r1"
    assert {p.name for p in (folder / "renderings").iterdir()} == {"statement.txt", "statement.md", "statement.html", "statement.pdf"}
    assert all(good for _, good, _ in verify(folder))
    told = run("verify", str(folder)).output
    assert "the figures follow from the records" in told
    assert "that its figures follow from them" in " ".join(told.split())
    assert "No key was given" in told
    assert "or that the figures follow" in run("verify", str(folder), "--level", "1").output
    assert owed(root) == {"EUR": {"computed": 10_000}}
    if os.name == "posix":
        assert (root / "records/log.key").stat().st_mode & 0o077 == 0


def test_a_rendering_that_says_something_else_is_told(root: Path) -> None:
    run("statement", "acme", "2026-01")
    folder = root / "statements/acme/2026-01/r1"
    assert "note" not in run("verify", str(folder)).output
    told = folder / "renderings/statement.txt"
    told.write_text(told.read_text(encoding="utf-8").replace("100.00 EUR", "900.00 EUR"), encoding="utf-8")
    out = run("verify", str(folder)).output
    assert "note  renderings  statement.txt is not what these figures give here" in out
    assert "statement.pdf" not in out


def test_another_partys_facts_are_not_in_the_log(root: Path) -> None:
    run("statement", "acme", "2026-01")
    leaves = (root / "statements/acme/2026-01/r1/logs/0/leaves").read_text(encoding="utf-8")
    assert "ACME" in leaves
    assert "OTHER" not in leaves


def test_closing_again_adds_nothing(root: Path) -> None:
    run("statement", "acme", "2026-01")
    before = {p: p.read_bytes() for p in (root / "statements").rglob("*") if p.is_file()}
    with open_store(root / "records/store.db") as store:
        size = store.logs.size("acme")
    assert "nothing changed: revision 1 stands" in run("statement", "acme", "2026-01").output
    assert before == {p: p.read_bytes() for p in (root / "statements").rglob("*") if p.is_file()}
    with open_store(root / "records/store.db") as store:
        assert store.logs.size("acme") == size


def test_a_late_fact_makes_a_revision_and_books_the_difference(root: Path) -> None:
    run("statement", "acme", "2026-01")
    first = (root / "statements/acme/2026-01/r1/statement.json").read_bytes()
    known = (root / "statements/acme/2026-01/r1/logs/0/checkpoint").read_bytes()
    add(root, "o2,array,2026-01-20 00:00,2026-01-20 07:00,,ACME")
    run("statement", "acme", "2026-01")
    changes: list[dict[str, object]] = statement(root, 2)["envelope"]["changes"]  # type: ignore[assignment]
    assert sum(c["minor"] for c in changes) == 15_000  # type: ignore[misc]
    told = {(c["what"], c["key"]): (c["old"], c["new"]) for c in changes}
    assert any("99.866%" in str(old) and "98.925%" in str(new) for (what, _), (old, new) in told.items() if what == "outcome")
    assert any("100.00 EUR" in str(old) and "250.00 EUR" in str(new) for (what, _), (old, new) in told.items() if what == "credit")
    assert owed(root) == {"EUR": {"computed": 25_000}}
    assert (root / "statements/acme/2026-01/r1/statement.json").read_bytes() == first
    assert all(good for _, good, _ in verify(root / "statements/acme/2026-01/r2", known=[known]))
    # revision 1 is reproduced from its own bundle, whatever came later
    assert "the figures follow from the records" in run("verify", "statements/acme/2026-01/r1").output
    assert "the figures follow from the records" in run("verify", "statements/acme/2026-01/r2").output


def test_a_correction_takes_the_credit_back(root: Path) -> None:
    run("statement", "acme", "2026-01")
    add(root, "o1b,array,2026-01-10 00:00,2026-01-10 00:10,o1,ACME")
    run("statement", "acme", "2026-01")
    assert statement(root, 2)["figures"]["totals"]["owed_minor"] == 0  # type: ignore[index]
    assert owed(root) == {"EUR": {}}


def test_a_row_on_record_that_was_edited_is_refused(root: Path) -> None:
    run("statement", "acme", "2026-01")
    path = root / "data/outages.csv"
    path.write_text(path.read_text().replace("2026-01-10 01:00", "2026-01-10 00:30"), encoding="utf-8")
    result = run("statement", "acme", "2026-01", code=1)
    assert "1 recorded facts changed or went away: data/outages.csv row 1" in result.output
    assert not (root / "statements/acme/2026-01/r2").exists()


def test_what_is_missing_to_close_a_period_is_said(root: Path) -> None:
    source = root / "sources/outages.yaml"
    source.write_text(re.sub(r"(?m)^complete:.*", "complete: {from: 2026-01-01, until: 2026-01-20}", source.read_text()), encoding="utf-8")
    out = run("statement", "acme", "2026-01").output
    assert "provisional: facts are known until 2026-01-20 0" in out
    assert "the period ends 2026-02-01 00:00+01:00; nothing is signed" in out
    assert "complete: {from: ..., until: ...}" in out
    folder = "statements/acme/2026-01"
    assert "is provisional" in run("verify", f"{folder}/r1", code=2).output
    assert "is not signed" in run("verify", f"{folder}/provisional", code=1).output
    assert "nothing is there: elsewhere" in run("verify", "elsewhere", code=2).output
    assert "the period ends 2199-02-01 00:00+01:00; nothing is signed before" in run("statement", "acme", "2199-01").output


def test_a_period_that_has_not_ended_is_shown_and_not_signed(root: Path) -> None:
    out = run("statement", "acme", "2026-01", "--as-of", "2026-01-20").output
    assert "provisional" in out
    assert not list(root.glob("statements/acme/2026-01/r*"))
    body = json.loads((root / "statements/acme/2026-01/provisional/statement.json").read_bytes())
    assert body["figures"]["provisional"] is True
    with open_store(root / "records/store.db") as store:
        assert [log.name for log in store.logs.all()] == ["stream"]
        assert store.statements.revisions("acme", "2026-01") == ()


def test_the_next_period_goes_on_in_the_same_log(root: Path) -> None:
    run("statement", "acme", "2026-01")
    known = (root / "statements/acme/2026-01/r1/logs/0/checkpoint").read_bytes()
    add(root, "o3,array,2026-02-10 00:00,2026-02-10 02:00,,ACME")
    run("statement", "acme", "2026-02")
    assert all(good for _, good, _ in verify(root / "statements/acme/2026-02/r1", known=[known]))
    assert owed(root) == {"EUR": {"computed": 20_000}}


def test_a_dispute_decided_after_the_statement_makes_a_revision(root: Path) -> None:
    run("statement", "acme", "2026-01")
    run("dispute", "acme", "undetected", "uptime", "2026-01", "--by", "customer", "--with", "start=2026-01-25T00:00:00Z",
        "--with", "end=2026-01-25T08:00:00Z", "--at", "2026-02-01T00:00:00Z")
    run("statement", "acme", "2026-01")
    assert statement(root, 2)["figures"]["credits"][0]["disputed"] == "D-1"  # type: ignore[index]
    run("decide", "acme", "D-1", "--accept", "--by", "provider", "--reason", "seen in the logs", "--at", "2026-02-03T00:00:00Z")
    run("statement", "acme", "2026-01")
    figures = statement(root, 3)["figures"]
    assert figures["totals"]["owed_minor"] == 25_000  # type: ignore[index]
    assert [(a["kind"], a.get("open")) for a in figures["acts"]] == [("dispute", False), ("decision", None)]  # type: ignore[union-attr]
    assert "the figures follow from the records" in run("verify", "statements/acme/2026-01/r3").output


def test_figures_that_do_not_follow_from_the_records_are_refused(root: Path, tmp_path: Path) -> None:
    """A provider who signs other figures than the records give: level 1 holds, level 2 tells."""
    from upheld.closing import close as module

    real = module.figures_from

    def cheated(inputs, period, as_of):  # type: ignore[no-untyped-def]
        figures, horizon = real(inputs, period, as_of)
        figures["totals"]["owed_minor"] = 0
        figures["credits"] = []
        return figures, horizon

    module.figures_from = cheated
    try:
        run("statement", "acme", "2026-01")
    finally:
        module.figures_from = real
    folder = root / "statements/acme/2026-01/r1"
    assert all(good for _, good, _ in verify(folder))
    result = run("verify", str(folder), code=1)
    assert "FAIL  recompute" in result.output
    assert "acme/uptime//2026-01//credit: not there -> 100.00 EUR, owed" in result.output


def test_the_other_party_cosigns_and_asks_for_it(root: Path) -> None:
    run("statement", "acme", "2026-01")
    out = run("cosign", "statements/acme/2026-01/r1", "--secret", "acme.key", "--name", "acme.example", "--known", "acme.checkpoint").output
    witness = out.splitlines()[1]
    assert "cosigned by acme.example" in run("verify", "statements/acme/2026-01/r1", "--witness", witness, "--known", "acme.checkpoint").output
    run("cosign", "statements/acme/2026-01/r1", "--secret", "acme.key", code=1)
    add(root, "o2,array,2026-01-20 00:00,2026-01-20 07:00,,ACME")
    run("statement", "acme", "2026-01")
    run("cosign", "statements/acme/2026-01/r2", "--secret", "acme.key", "--known", "acme.checkpoint")
    # the provider begins its records anew, behind the customer's back
    shutil.rmtree(root / "statements")
    (root / "records/store.db").unlink()
    (root / "data/outages.csv").write_text("id,subject,from,to,replaces,customer\n"
                                                "o9,array,2026-03-10 00:00,2026-03-10 00:01,,ACME\n", encoding="utf-8")
    run("statement", "acme", "2026-01")
    bundle = "statements/acme/2026-01/r1"
    result = run("verify", bundle, "--known", "acme.checkpoint", "--report", "two.txt", code=1)
    assert re.search(r"FAIL  known\s+rollback", result.output)
    assert b"---- the other ----" in (root / "two.txt").read_bytes()
    run("cosign", bundle, "--secret", "acme.key", "--known", "acme.checkpoint", code=1)


def test_a_credit_goes_through_two_persons_to_the_invoice(root: Path) -> None:
    run("statement", "acme", "2026-01")
    assert "computed 100.00 EUR" in run("ledger", "show", "acme").output
    run("ledger", "review", "acme", "--by", "anna")
    refused = run("ledger", "approve", "acme", "--by", "Anna", code=1)
    assert "refused[person]" in refused.output
    run("ledger", "approve", "acme", "--by", "ben")
    run("ledger", "issue", "acme", "--by", "ben")
    run("ledger", "apply", "acme", "--by", "carla", "--reason", "invoice 7")
    out = run("ledger", "show", "acme", "--line", "acme/uptime//2026-01//credit").output
    assert "applied 100.00 EUR" in out
    assert out.count(" -> ") == 5
    # a late correction claws back what was applied already, as a line of the other side
    add(root, "o1b,array,2026-01-10 00:00,2026-01-10 00:10,o1,ACME")
    run("statement", "acme", "2026-01")
    assert "0.00 EUR  " in run("ledger", "show", "acme").output
    assert "the figures follow from the records" in run("verify", "statements/acme/2026-01/r2").output


def test_a_new_key_is_handed_over_to(root: Path) -> None:
    run("statement", "acme", "2026-01")
    pinned = run("key", "show").output.strip()
    run("key", "rotate")
    assert run("key", "show").output.strip() != pinned
    add(root, "o2,array,2026-01-20 00:00,2026-01-20 07:00,,ACME")
    run("statement", "acme", "2026-01")
    assert "ok    key" in run("verify", "statements/acme/2026-01/r2", "--key", pinned).output
    # with the old key thrown away and no handing over, the chain is broken
    (root / "records/log.key").unlink()
    add(root, "o3,array,2026-01-21 00:00,2026-01-21 07:00,,ACME")
    run("statement", "acme", "2026-01")
    assert "FAIL  key" in run("verify", "statements/acme/2026-01/r3", "--key", pinned, code=1).output


def test_who_hands_something_in_gets_a_receipt_that_verifies(root: Path) -> None:
    run("statement", "acme", "2026-01")
    out = run("dispute", "acme", "undetected", "uptime", "2026-01", "--by", "customer", "--with", "start=2026-01-25T00:00:00Z",
              "--with", "end=2026-01-25T08:00:00Z", "--at", "2026-02-01T00:00:00Z").output
    receipt = out.splitlines()[-1].removeprefix("receipt: ")
    run("statement", "acme", "2026-01")
    bundle = "statements/acme/2026-01/r2"
    assert "ok    receipt" in run("verify", bundle, "--receipt", receipt).output
    # the provider loses the dispute and begins a new log
    shutil.rmtree(root / "statements")
    (root / "records/store.db").unlink()
    (root / "records/facts.jsonl").unlink()
    run("statement", "acme", "2026-01")
    assert "FAIL  receipt" in run("verify", "statements/acme/2026-01/r1", "--receipt", receipt, code=1).output


def test_periods_and_names_that_are_none(root: Path) -> None:
    assert "is no period: write 2026-03, 2026-Q1" in run("statement", "acme", "2026-13", code=2).output
    assert "there are: acme" in run("statement", "acne", "2026-01", code=2).output


def test_a_store_that_cannot_be_written_closes_nothing(root: Path) -> None:
    (root / "records").mkdir()
    (root / "records/store.db").write_bytes(b"this is no database, and long enough to be told apart from an empty one" * 20)
    result = run("statement", "acme", "2026-01", code=4)
    assert "nothing was closed" in result.output
    assert not (root / "statements").exists()

"""Acknowledgements: only those of the cases at hand are looked at, however many there are."""

from __future__ import annotations

from agenda_world import at, facts_of, plan_of, story

from upheld.clocks import acknowledged
from upheld.clocks.acknowledged import Hold, holds_of
from upheld.clocks.agenda import agenda


def said(number, case, minute=780, kind="acknowledged", agreement="acme"):
    return {"id": f"a{number}", "kind": kind, "about": f"{agreement}/response/{case}/desk:{case}-0", "actor": "ann", "at": minute}


def test_of_the_cases_asked_for_only():
    rows = [said(1, "T-1", 800), said(2, "T-1", 790), said(3, "T-2"), said(4, "T-1", kind="silence"), said(5, "T-1", agreement="other")]
    table = facts_of(declarations=[*rows, {"id": "a6", "kind": "acknowledged", "about": None, "actor": "ann", "at": 780}]).declarations
    assert holds_of(table, "acme", {"T-1"}) == {"response": {("T-1", "desk:T-1-0"): (Hold(at(790), None), Hold(at(800), None))}}
    assert holds_of(table, "acme", {"T-3"}) == {}
    assert set(holds_of(table, "acme", {"T-1", "T-2", "T-3"})["response"]) == {("T-1", "desk:T-1-0"), ("T-2", "desk:T-2-0")}


def test_what_is_said_of_others_is_not_read_again_and_again(monkeypatch):
    opened = [row for i in range(3) for row in story(f"T-{i}", (540, "opened", {"site": "a"}))]
    facts = facts_of(opened, declarations=[said(i, f"T-{i}") for i in range(500)])
    first = list(agenda([plan_of()], facts, at(1200)).rows())
    parsed = []
    plain = acknowledged.named
    monkeypatch.setattr(acknowledged, "named", lambda about: (parsed.append(about), plain(about))[1])
    assert list(agenda([plan_of()], facts, at(1200)).rows()) == first
    assert sorted(set(parsed)) == [f"acme/response/T-{i}/desk:T-{i}-0" for i in range(3)]

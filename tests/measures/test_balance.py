"""A balance of points that runs on, against a plain loop over every way the unknown windows may have gone."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.agreement.load import load
from upheld.assessment.assess import assess
from upheld.assessment.explain import explain
from upheld.assessment.ledger_text import to_lines
from upheld.measures.balance import Kept, Window, balances
from upheld.workspace import open_workspace

F = Fraction


def loop(points: list[int], kept: list[str], reset: int) -> list[int]:
    """Oregon's text: points add up, and are set back to nothing after three months in a row that are kept."""
    balance, row, found = 0, 0, []
    for added, was in zip(points, kept, strict=True):
        balance += added
        row = {"kept": row + 1, "missed": 0, "nothing": row}[was]
        if reset and row >= reset and was == "kept":
            balance = row = 0
        found.append(balance)
    return found


@pytest.mark.parametrize(("kept", "wanted"), [
    ("MMM", [1, 3, 6]), ("MKKM", [1, 1, 1, 2]), ("MMKKK", [1, 3, 3, 3, 0]), ("MKKKM", [1, 1, 1, 0, 1]), ("MK-KKM", [1, 1, 1, 1, 0, 1]),
    ("KKKMKK", [0, 0, 0, 1, 1, 1])])
def test_by_hand(kept: str, wanted: list[int]) -> None:
    """1, 2, 3 points for the first, second and third month missed in a row."""
    words: dict[str, Kept] = {"K": "kept", "M": "missed", "-": "nothing"}
    row, windows = 0, []
    for letter in kept:
        row = row + 1 if letter == "M" else 0
        windows.append(Window((F(min(row, 3)), F(min(row, 3))), words[letter]))
    assert balances(windows, 3) == [(F(b), F(b)) for b in wanted]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.sampled_from(["kept", "missed", "unknown", "nothing"])), max_size=8),
       st.integers(0, 3))
def test_the_range_holds_every_way_and_no_more(rows: list[tuple[int, int, Kept]], reset: int) -> None:
    made = [Window((F(low), F(low + more)), kept) for low, more, kept in rows]
    ways = [loop([low + more * high for low, more, _ in rows], list(kept), reset)
            for high in (0, 1)
            for kept in product(*(("kept", "missed") if kept == "unknown" else (kept,) for _, _, kept in rows))]
    wanted = [(F(min(column)), F(max(column))) for column in zip(*ways, strict=True)]
    assert balances(made, reset) == wanted


def test_points_not_known_are_known_again_after_a_reset() -> None:
    one, kept, open_ = Window((F(1), F(1)), "missed"), Window((F(0), F(0)), "kept"), Window(None, "missed")
    assert balances([one, open_, one, kept, kept, one], 2) == [(1, 1), None, None, None, (0, 0), (1, 1)]


def test_an_average_has_no_balance() -> None:
    text = """upheld: 1
agreement: a
effective: {from: 2026-01-01}
timezone: UTC
states: {down: {where: {kind: outage}}}
commitments:
  up: {measure: availability, down: down, out_of: period, per: month, target: ">= 99%"}
  both: {measure: combine, sum of: [up], per: month, carried: until met 3 windows in a row}
"""
    found = load({"a.yaml": text.encode()}, name="a.yaml").findings
    assert [(f.slug, f.message) for f in found] == [("carried", "`sum of` has nothing to carry on: a balance is of points")]


def test_the_balance_of_the_published_ladder_is_listed_with_what_was_brought_forward() -> None:
    workspace = open_workspace(Path(__file__).resolve().parents[2] / "examples/published/odot-rucp")
    (plans,) = workspace.plans().values()
    facts = workspace.facts()
    text = "\n".join(to_lines(explain(plans, facts, None, "points", window="2025-03")))
    told = [line.split()[3:] for line in text.splitlines() if line.startswith("  2025")]
    assert told == [["d", "99.328%", "counted", "kpi", "breached", "…", "3", "points"], ["d", "3", "counted", "brought", "forward"]]
    assert [o.shown for o in assess(plans, facts, None, ("points",)).outcomes][:3] == ["1", "3", "6"]

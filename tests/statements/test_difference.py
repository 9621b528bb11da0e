"""Differences: nothing if and only if the figures are the same; the changes of money sum to the change of what is owed."""

from __future__ import annotations

import copy
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import MARCH, figures, line, outcome

from upheld.measures.result import Figure
from upheld.remedies.settlement import Duty, OpenRight
from upheld.statements.difference import difference

ACT = {"kind": "dispute", "about": "uptime", "actor": "customer", "at": "2026-03-05T00:00:00Z", "says": {"window": "2026-03"}, "open": True}


def whole() -> dict[str, Any]:
    return figures(
        [outcome(value=Fraction(99, 100), verdict="breached"), outcome("K\u00f6ln")], [line(), line("K\u00f6ln", 700, "claimable")],
        rights=(OpenRight("terminate", "customer", "why", "rights", MARCH.end, None, "open"),),
        duties=(Duty("report", "provider", "then", "uptime", (), "2026-03", MARCH.end, MARCH.end + 1, None, "open"),), acts=(ACT,))


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [at, *(p for k, one in inner for p in paths(one, (*at, k)))] if inner else [at]


def changed(value: Any, at: tuple[Any, ...]) -> Any:
    found = copy.deepcopy(value)
    inner = at_path(found, at[:-1])
    old = inner[at[-1]]
    inner[at[-1]] = old + 1 if isinstance(old, int) and not isinstance(old, bool) else not old if isinstance(old, bool) else f"{old}x"
    return found


def at_path(value: Any, at: tuple[Any, ...]) -> Any:
    return reduce(lambda inner, key: inner[key], at, value)


LEAVES = [at for at in paths(whole()) if not isinstance(at_path(whole(), at), dict | list)]


def test_the_same_figures_have_no_difference() -> None:
    assert difference(whole(), whole()).changes == ()
    assert difference(whole(), whole()).minor == 0


@pytest.mark.parametrize("at", LEAVES, ids=lambda at: ".".join(str(k) for k in at))
def test_no_leaf_can_change_untold(at: tuple[Any, ...]) -> None:
    other = changed(whole(), at)
    assert other != whole()
    there, back = difference(whole(), other), difference(other, whole())
    assert there.changes
    assert there.minor == -back.minor
    assert all(c.old != c.new for c in there.changes)


def test_what_is_the_same_in_words_is_told_by_what_lies_behind() -> None:
    one = figures([outcome(value=Fraction(99_999_999, 100_000_000), shown="100.000%")], [])
    other = figures([outcome(value=Fraction(99_999_998, 100_000_000), shown="100.000%")], [])
    assert [c.text for c in difference(one, other).changes] == [
        "outcome uptime/site=Bonn/2026-03/v1: 100.000% met (exact_high 99999999/100000000) -> 100.000% met (exact_high 49999999/50000000)"]


def test_in_words() -> None:
    one = figures([outcome()], [line(amount=None, state="unknown")])
    other = figures([outcome(value=Fraction(99, 100), verdict="breached"), outcome("K\u00f6ln")], [line()])
    found = difference(one, other)
    assert [c.text for c in found.changes] == [
        "outcome uptime/site=Bonn/2026-03/v1: 100.000% met -> 99.000% breached",
        "outcome uptime/site=K\u00f6ln/2026-03/v1: not there -> 100.000% met",
        "credit acme/uptime/site=Bonn/2026-03//credit: -, unknown -> 50.00 EUR, owed"]
    assert found.minor == 5000
    assert found.records()[2] == {
        "what": "credit", "key": "acme/uptime/site=Bonn/2026-03//credit", "old": "-, unknown", "new": "50.00 EUR, owed", "minor": 5000}


def test_keys_that_read_alike_hide_nothing() -> None:
    def made(value: Fraction) -> dict[str, Any]:
        return figures([outcome(group=(("a", "x; b=y"), ("b", "z"))), outcome(group=(("a", "x"), ("b", "y; b=z")), value=value)], [])

    assert len(difference(made(Fraction(1)), made(Fraction(1, 2))).changes) == 1


_SITES = st.sampled_from(["a", "b", "c", "d"])
_STATES = st.sampled_from(["owed", "claimable", "to choose", "lapsed", "not owed", "unknown"])
_LINES = st.dictionaries(_SITES, st.tuples(st.integers(-10**6, 10**6), _STATES))


@given(st.lists(_LINES, min_size=2, max_size=5))
@settings(deadline=None)
def test_revision_one_and_all_differences_give_the_last_total(revisions: list[dict[str, tuple[int, str]]]) -> None:
    stated = [
        figures([outcome(figure=Figure(Fraction(1), Fraction(1)))],
                [line(site, None if state == "unknown" else minor, state) for site, (minor, state) in lines.items()])
        for lines in revisions]
    totals = [f["totals"]["owed_minor"] for f in stated]
    assert totals[0] + sum(difference(a, b).minor for a, b in pairwise(stated)) == totals[-1]

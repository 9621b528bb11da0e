"""Figures: what belongs to a period, what does not move them, and the same bytes from the same inputs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from made import MARCH, PLAN, figures, line, outcome, plan_of, shuffled

from upheld.assessment.outcome import Assessment
from upheld.documents.plain import text
from upheld.evidence.bundle import canonical
from upheld.measures.result import Figure
from upheld.remedies.settlement import Cut, Duty, OpenRight, Settlement
from upheld.statements.compose import compose
from upheld.statements.difference import difference
from upheld.statements.figures import REMEMBERED, figures_of
from upheld.statements.period import period_of

Q1 = period_of("2026-Q1", "Europe/Berlin")
Q2 = period_of("2026-Q2", "Europe/Berlin")
APRIL = period_of("2026-04", "Europe/Berlin")
LATER = APRIL.end


def test_a_window_belongs_to_the_period_it_ends_in() -> None:
    february = period_of("2026-02", "Europe/Berlin")
    found = figures([outcome(), outcome("", Q1, commitment="total"), outcome(period=APRIL), outcome(period=february)],
                    [line(), line(period=APRIL)], horizon=LATER)
    assert [(c["id"], [o["window"] for o in c["outcomes"]]) for c in found["commitments"]] == [("uptime", ["2026-03"]), ("total", ["2026-Q1"])]
    assert [c["window"] for c in found["credits"]] == ["2026-03"]


def test_only_plain_data() -> None:
    def check(value: object) -> None:
        if isinstance(value, dict):
            assert all(isinstance(k, str) for k in value)
            for one in value.values():
                check(one)
        elif isinstance(value, list):
            for one in value:
                check(one)
        else:
            assert value is None or type(value) in (str, int, bool), value

    check(figures([outcome(value=Fraction(999, 1001))], [line()]))


def test_exact_values_travel_as_fractions() -> None:
    found = figures([outcome(value=Fraction(999, 1001), verdict="breached")], [line(raw=Fraction(12345, 2))])
    one = found["commitments"][0]["outcomes"][0]
    assert (one["low"], one["exact_high"], one["limits"], one["target"]) == ("999/1001", "999/1001", [[[">=", "999/1000"]]], ">= 99.9%")
    assert found["credits"][0]["raw_minor"] == "12345/2"


@pytest.mark.parametrize("label", ["2026-03", "2026-Q1"])
def test_a_window_that_runs_on_is_shown_only_while_the_period_runs(label: str) -> None:
    running = outcome("", period_of("2026", "Europe/Berlin"), commitment="total", provisional=True)
    period = period_of(label, "Europe/Berlin")
    closed = figures([outcome(period=period), running], [], horizon=LATER, period=period)
    assert not closed["provisional"]
    assert closed["commitments"][1]["outcomes"] == []
    so_far = figures([outcome(period=period, provisional=True), running], [], horizon=period.end - 1, period=period)
    assert so_far["provisional"]
    assert len(so_far["commitments"][1]["outcomes"]) == 1


def test_what_comes_after_the_period_does_not_move_its_figures() -> None:
    now = [outcome(), outcome("", Q1, commitment="total")]
    before = figures(now, [line()])
    later_right = OpenRight("terminate", "customer", "why", "rights", MARCH.end + 1, None, "open")
    later_duty = Duty("report", "provider", "then", "uptime", (), "2026-04", APRIL.end, APRIL.end + 1, None, "open")
    after = figures([*now, outcome(period=APRIL), outcome("", Q2, commitment="total", provisional=True)], [line(), line(period=APRIL)],
                    horizon=LATER, plans=(PLAN, plan_of(2, "2026-05-01")), rights=(later_right,), duties=(later_duty,),
                    notes=("the cap is of the fees charged until yesterday",))
    assert canonical(after) == canonical(before)


def test_notes_on_caps_stand_where_a_cap_bit() -> None:
    cut = line(cuts=(Cut("caps", "2026", 5000, 100, "at most 50.00 EUR a year"),))
    assert figures([outcome()], [cut], notes=("fees known until May",))["notes"] == ["fees known until May"]


def test_the_versions_are_those_in_force_in_the_period_or_judging_in_it() -> None:
    second, third = plan_of(2, "2026-03-15"), plan_of(3, "2026-07-01")
    found = figures([outcome()], [], plans=(PLAN, second, third))
    assert [(v["version"], v["judges"]) for v in found["agreement"]["versions"]] == [("1", True), ("2", False)]
    # the second quarter's statement: the first version is over, and judges nothing
    found = figures([outcome(period=APRIL, version="2")], [], plans=(PLAN, second, third), period=APRIL, horizon=LATER)
    assert [v["version"] for v in found["agreement"]["versions"]] == ["2"]


def test_without_a_version_known_there_are_no_figures() -> None:
    with pytest.raises(ValueError, match="no version of the agreement was adopted"):
        figures_of((), Assessment("acme", "", None, 0, ()), Settlement("acme", "EUR", None, ()), MARCH, SimpleNamespace(refused=()), parties={})


def test_the_history_holds_the_last_windows_of_the_results_shown() -> None:
    months = [period_of(f"{year}-{month:02d}", "Europe/Berlin") for year in (2025, 2026) for month in range(1, 13)]
    past = [outcome(s, p) for p in months if p.end <= MARCH.end for s in ("Bonn", "gone") if s == "Bonn" or p.end < MARCH.end]
    history = figures(past, [])["commitments"][0]["history"]
    assert [(h["group"], len(h["windows"]), h["windows"][-1]["window"]) for h in history] == [({"site": "Bonn"}, REMEMBERED, "2026-03")]


def test_totals_are_of_what_may_be_paid_and_say_what_is_not_known() -> None:
    lines = [line("a", 5000), line("b", 3000, "claimable"), line("c", 700, "lapsed"), line("d", None, "unknown", low=0, high=900),
             line("e", -1000, kind="reward", payer="customer", payee="provider"), line("f", 400, "not owed")]
    totals = figures([outcome()], lines)["totals"]
    assert (totals["owed_minor"], totals["low_minor"], totals["high_minor"], totals["unknown_lines"]) == (7000, 7000, 7900, 1)
    assert totals["by_state"]["lapsed"] == {"lines": 1, "minor": 700}
    assert figures([outcome()], [line("d", None, "unknown")])["totals"]["high_minor"] is None


def test_gaps() -> None:
    figure = Figure(Fraction(1, 2), Fraction(1), pending=2, undecided=1, unknown_us=60_000_000)
    facts = SimpleNamespace(refused=(SimpleNamespace(slug="stamp", severity="error"), SimpleNamespace(slug="stamp", severity="warning")))
    gaps = figures([outcome(figure=figure, verdict="unknown")], [], facts=facts)["gaps"]
    assert gaps == {"unknown_us": {"uptime": 60_000_000}, "pending": 2, "undecided": 1, "refused_rows": {"stamp": 1}}


def test_the_same_bytes_in_any_order() -> None:
    assert len({shuffled(str(n)) for n in range(8)}) == 1


@pytest.mark.parametrize(("seed", "zone", "language"), [
    ("0", "UTC", "C"), ("1", "Pacific/Apia", "de_DE.UTF-8"), ("77", "Asia/Kolkata", "tr_TR.UTF-8")])
def test_the_same_bytes_in_another_process(seed: str, zone: str, language: str) -> None:
    place = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language}
    done = subprocess.run([sys.executable, str(Path(__file__).with_name("made.py")), seed], env=place, capture_output=True, check=True)
    assert hashlib.sha256(done.stdout).hexdigest() == hashlib.sha256(shuffled("here")).hexdigest()


def test_sixty_thousand_results_are_stated_and_written() -> None:
    outcomes = [outcome(f"site {i}", value=Fraction(990 + i % 11, 1000), verdict="met" if i % 11 > 8 else "breached") for i in range(60_000)]
    envelope = {"agreement": "acme", "period": "2026-03", "revision": 1, "previous": None, "as_of": None, "facts_until": "2026-04-01T00:00:00Z",
                "engine": "upheld", "semantics": 1, "figures_sha256": "0" * 64, "changes": []}
    found = figures(outcomes, [])
    shown = text(compose(envelope, found))
    assert len(found["commitments"][0]["outcomes"]) == 60_000
    assert "400 of 60,000 results are listed, those that were missed first" in shown
    assert difference(found, found).changes == ()

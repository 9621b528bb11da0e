"""Pictures: axes that read as the period is long, colours with words beside them, gaps where nothing was measured."""

from __future__ import annotations

import re

import pytest

from upheld.documents.charts import svg
from upheld.statements.model import Chart

DOWN = "2026-01-01T02:00:00Z"


def strip(end: str) -> Chart:
    start = "2026-01-01T00:00:00Z"
    return Chart("strip", "When it was down", "", (("uptime", start, end, "up"), ("uptime", DOWN, "2026-01-01T02:00:01Z", "down"),
                                                   ("uptime", "2026-01-01T04:00:00Z", "2026-01-01T05:00:00Z", "left out"),
                                                   ("uptime", "2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z", "unknown")), start, end)


def words(drawn: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawn)


@pytest.mark.parametrize(("end", "expected"), [
    ("2026-01-02T00:00:00Z", ["01 Jan 00:00", "01 Jan 12:00"]),
    ("2026-01-08T00:00:00Z", ["01 Jan", "05 Jan", "08 Jan"]),
    ("2026-02-01T00:00:00Z", ["01 Jan", "08 Jan", "15 Jan", "22 Jan", "29 Jan"]),
    ("2026-04-01T00:00:00Z", ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"]),
    ("2027-01-01T00:00:00Z", ["Jan", "Feb", "Dec"]),
    ("2030-01-01T00:00:00Z", ["2026", "2027", "2030"]),
])
def test_time_is_marked_as_the_period_is_long(end: str, expected: list[str]) -> None:
    shown = words(svg(strip(end)))
    assert not [word for word in expected if word not in shown]


def test_every_colour_has_its_word() -> None:
    shown = words(svg(strip("2026-01-02T00:00:00Z")))
    assert [word for word in shown if word in ("down", "left out", "not watched", "up")] == ["down", "left out", "not watched", "up"]


def test_a_second_of_outage_is_still_to_be_seen() -> None:
    assert 'stroke="#b3261e"' in svg(strip("2026-04-01T00:00:00Z"))


def trend(*panels: tuple[str, str]) -> Chart:
    rows = [(name, "target >= 99%", f"2026-{m:02d}", "" if m == 3 else f"99.{m}", "99", unit) for name, unit in panels for m in range(1, 7)]
    return Chart("trend", "How it went", "", tuple(rows))


def test_a_panel_a_promise_with_its_target_and_a_gap_where_nothing_was_measured() -> None:
    drawn = svg(trend(("uptime", "%"), ("answers", "hours")))
    assert drawn.count('aria-roledescription="title"') == 2
    assert "target >= 99% (hours)" in drawn.replace("&gt;", ">")
    assert "2026-03" in " ".join(words(drawn)) or "2026-02" in " ".join(words(drawn))
    lines = re.findall(r'<path aria-label="[^"]*" role="graphics-symbol" aria-roledescription="line mark" d="([^"]*)"', drawn)
    # the line of values is broken at March: two pieces
    assert any(path.count("M") == 2 for path in lines)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_no_picture_is_wider_than_the_page(count: int) -> None:
    drawn = svg(trend(*((f"promise {i}", "%") for i in range(count))))
    width = float(re.search(r'<svg[^>]*? width="([0-9.]+)"', drawn)[1])  # type: ignore[index]
    assert width <= 470
    assert float(re.search(r'<svg[^>]*? width="([0-9.]+)"', svg(strip("2026-04-01T00:00:00Z")))[1]) <= 470  # type: ignore[index]


def test_type_is_never_smaller_than_eight_points() -> None:
    for chart in (strip("2026-04-01T00:00:00Z"), trend(("uptime", "%"))):
        assert min(float(size) for size in re.findall(r'font-size="([0-9.]+)px"', svg(chart))) >= 8


def test_the_same_data_give_the_same_picture() -> None:
    assert svg(strip("2026-04-01T00:00:00Z")) == svg(strip("2026-04-01T00:00:00Z"))

"""Charts drawn: one Altair specification for every renderer, as SVG.

Law: colours are told apart without colour vision and always named in words; nothing is fetched; the same data give the same picture.
"""

from __future__ import annotations

import textwrap
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import altair as alt
import vl_convert

from upheld.statements.model import Chart
from upheld.values.instant import DAY_US, parse_instant

__all__ = ["svg"]

_FONT = "Libertinus Serif, Georgia, serif"
_WIDTH = 470                                 # points: the width of the text on A4, so that type is set in its own size
_INK, _QUIET, _GROUND = "#333333", "#888888", "#dfe6ea"
_COLOURS = {"down": "#b3261e", "left out": "#7d8a96", "unknown": "#e6a700", "up": _GROUND}
_WORDS = {"down": "down", "left out": "left out", "unknown": "not watched", "up": "up"}
_SUBTITLE = 46                               # letters of a line above a panel
_LINE, _MISSED = "#0b4f8a", "#b3261e"


def svg(chart: Chart) -> str:
    """The chart as SVG text."""
    drawn = {"strip": _strip, "trend": _trend, "burn": _burn}[chart.kind](chart)
    axis = {"labelFontSize": 9, "titleFontSize": 9, "labelColor": _INK, "titleColor": _INK, "grid": False, "domainColor": _QUIET,
            "tickColor": _QUIET, "labelLimit": 230, "titleFontWeight": "normal"}
    spec = drawn.to_dict()
    spec["config"] = {
        "font": _FONT, "background": "transparent", "view": {"stroke": None}, "axis": axis,
        "legend": {"symbolSize": 60, "labelFontSize": 9, "titleFontSize": 9, "labelColor": _INK, "labelLimit": 300, "offset": 6, "padding": 0},
        "title": {"fontSize": 9.5, "subtitleFontSize": 9, "color": _INK, "subtitleColor": "#5f5f67", "anchor": "start", "offset": 5,
                  "fontWeight": "bold"},
    }
    spec["padding"] = {"left": 0, "right": 4, "top": 3, "bottom": 2}
    if chart.kind != "trend":
        # one width for all, legend and labels included, so that all are set in one size of type
        spec["autosize"] = {"type": "fit", "contains": "padding"}
    return str(vl_convert.vegalite_to_svg(spec))


def _data(values: list[dict[str, Any]]) -> Any:
    return alt.InlineData(values=values)


# ---- time -----------------------------------------------------------------------------------------------------------


def _moment(stamp: str) -> str:
    return datetime.fromtimestamp(parse_instant(stamp) / 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def _time_axis(chart: Chart) -> Any:
    scale = alt.Scale(type="utc", domain=[_moment(chart.start), _moment(chart.end)])
    ticks, form = _ticks(parse_instant(chart.start), parse_instant(chart.end))
    axis = alt.Axis(labelExpr=f"utcFormat(datum.value, '{form}')", values=ticks, labelOverlap="greedy", labelFlush=False)
    return alt.X("from:T", scale=scale, title=None, axis=axis)


def _ticks(start: int, end: int) -> tuple[list[Any], str]:
    """Where the axis is marked, and how: hours, days, the days of a month, months or years, as the length asks for."""
    days = [date.fromordinal(719_163 + d) for d in range(-(-start // DAY_US), end // DAY_US + 1)]
    if len(days) <= 3:
        hour = 3_600_000_000
        return [(start // hour + h) * hour // 1000 for h in range(0, (end - start) // hour + 1, 6)], "%d %b %H:%M"
    if len(days) <= 15:
        chosen, form = days, "%d %b"
    elif len(days) <= 63:
        chosen, form = [d for d in days if d.day in (1, 8, 15, 22, 29)], "%d %b"
    elif len(days) <= 800:
        chosen, form = [d for d in days if d.day == 1], "%b %Y" if len(days) <= 190 else "%b"
    else:
        chosen, form = [d for d in days if (d.month, d.day) == (1, 1)], "%Y"
    return [datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp() * 1000 for d in chosen], form


# ---- the pictures ---------------------------------------------------------------------------------------------------


def _strip(chart: Chart) -> Any:
    labels = list(dict.fromkeys(row[0] for row in chart.rows))
    drawn = [{"label": label, "from": _moment(a), "to": _moment(b), "why": _WORDS[why]} for label, a, b, why in chart.rows]
    whole, marks = [d for d in drawn if d["why"] == "up"], [d for d in drawn if d["why"] != "up"]
    rows = alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(ticks=False, domain=False))
    kinds = [why for why in _COLOURS if why == "up" or any(m["why"] == _WORDS[why] for m in marks)]
    shade = alt.Scale(domain=[_WORDS[k] for k in kinds], range=[_COLOURS[k] for k in kinds])
    colour = alt.Color("why:N", scale=shade, legend=alt.Legend(orient="bottom", title=None, symbolType="square"))
    x = _time_axis(chart)
    ground = alt.Chart(_data(whole)).mark_bar(height=11).encode(x=x, x2="to:T", y=rows, color=colour)
    # a second of outage is still to be seen: every mark has an edge of half a point
    over = alt.Chart(_data(marks)).mark_bar(height=11, strokeWidth=0.7).encode(
        x=x, x2="to:T", y=rows, color=colour, stroke=alt.Stroke("why:N", scale=shade, legend=None))
    return alt.layer(ground, over).properties(width=_WIDTH, height=17 * len(labels) + 44)


def _trend(chart: Chart) -> Any:
    """A panel a promise, two beside each other, each with a scale of its own."""
    panels = [_panel(name, list(rows), 2 if any(len(row[1]) > _SUBTITLE for row in chart.rows) else 1)
              for name, rows in groupby(chart.rows, key=lambda row: row[0])]
    return alt.concat(*panels, columns=2, spacing={"row": 12, "column": 14}).resolve_scale(color="independent")


def _panel(name: str, rows: list[tuple[str, ...]], lines: int) -> Any:
    _, result, *_ = rows[0]
    windows = list(dict.fromkeys(row[2] for row in rows))
    values = [{"window": w, "value": float(v) if v else None, "limit": float(limit) if limit else None} for _, _, w, v, limit, _ in rows]
    known = [v for row in values for v in (row["value"], row["limit"]) if isinstance(v, float)]
    low, high, unit = min(known), max(known), rows[0][5]
    margin = (high - low) * 0.12 or (high * 0.001 or 1.0)
    top = min(high + margin, 100.0) if unit == "%" and high <= 100 else high + margin
    scale = alt.Scale(domain=[max(low - margin, 0.0), top], nice=False, zero=False)
    x = alt.X("window:N", sort=windows, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", values=_few(windows), labelLimit=90))
    label = "datum.label + '%'" if unit == "%" else "datum.label"
    y = alt.Y("value:Q", scale=scale, title=None, axis=alt.Axis(
        grid=True, gridColor="#ececec", tickCount=4, minExtent=38, maxExtent=38, domain=False, ticks=False, labelExpr=label))
    base = alt.Chart(_data(values))
    line = base.mark_line(strokeWidth=1.4, color=_LINE, invalid="break-paths-show-domains").encode(x=x, y=y)
    points = base.mark_point(size=18, filled=True, opacity=1, color=_LINE, invalid="filter").encode(x=x, y=y)
    layers = [line, points]
    if any(row["limit"] is not None for row in values):
        layers.insert(0, base.mark_line(strokeWidth=1, strokeDash=[4, 3], color=_INK, invalid="break-paths-show-domains").encode(
            x=x, y=alt.Y("limit:Q", scale=scale)))
    told = textwrap.wrap(f"{result} ({unit})" if unit not in ("", "%") else result, _SUBTITLE, max_lines=lines, placeholder=" \u2026")
    title = alt.TitleParams(name, subtitle=[*told, *([" "] * (lines - len(told)))], limit=224)
    return alt.layer(*layers).properties(width=183, height=72, title=title)


def _few(windows: list[str]) -> list[str]:
    """The windows to name below a panel: the last, and every so many before it."""
    step = max(1, -(-len(windows) // 4))
    return windows[::-1][::step][::-1]


def _burn(chart: Chart) -> Any:
    values: list[dict[str, Any]] = [{"from": _moment(at), "used": float(used)} for at, used, _ in chart.rows]
    allowed = float(chart.rows[0][2])
    top = max([v["used"] for v in values] + [allowed]) * 1.12 or 1.0
    y = alt.Y("used:Q", scale=alt.Scale(domain=[0, top]), title=chart.unit,
              axis=alt.Axis(grid=True, gridColor="#ececec", tickCount=4, domain=False, ticks=False))
    area = alt.Chart(_data(values)).mark_area(color=_MISSED, opacity=0.22, line={"color": _MISSED, "strokeWidth": 1.4}).encode(
        x=_time_axis(chart), y=y)
    rule = alt.Chart(_data([{"used": allowed, "text": "allowed", "from": _moment(chart.end)}]))
    line = rule.mark_rule(strokeDash=[4, 3], color=_INK).encode(y=y)
    word = rule.mark_text(align="right", dx=-3, dy=-6, fontSize=9, color=_INK).encode(x=_time_axis(chart), y=y, text="text:N")
    return alt.layer(area, line, word).properties(width=_WIDTH, height=120)

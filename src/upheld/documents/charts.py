"""Charts drawn: one Altair specification for every renderer, as SVG.

Law: colours are told apart without colour vision and always named in words; nothing is fetched; the same data give the same picture.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import altair as alt
import vl_convert

from upheld.statements.model import Chart
from upheld.values.instant import parse_instant

__all__ = ["svg"]

_FONT = "Libertinus Serif"
_WIDTH = 470
_COLOURS = {"down": "#b3261e", "left out": "#8c8c8c", "unknown": "#e6a700"}
_SERIES = ["#0b4f8a", "#b3261e", "#3a7d44", "#8c5a00", "#6b3fa0", "#4a4a4a"]


def svg(chart: Chart) -> str:
    """The chart as SVG text."""
    drawn = {"strip": _strip, "trend": _trend, "burn": _burn}[chart.kind](chart)
    look = alt.theme.ThemeConfig({"config": {
        "font": _FONT, "background": "transparent", "view": {"stroke": None},
        "axis": {"labelFontSize": 9, "titleFontSize": 9, "labelColor": "#333333", "titleColor": "#333333", "grid": False,
                 "domainColor": "#888888", "tickColor": "#888888", "labelLimit": 260, "titleFontWeight": "normal"},
        "legend": {"symbolSize": 36, "symbolOpacity": 1, "labelFontSize": 9, "titleFontSize": 9, "labelColor": "#333333", "labelLimit": 190},
    }})
    spec = drawn.to_dict()
    # one width for all, legend and labels included, so that all are set in one size of type
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    spec["config"] = {**spec.get("config", {}), **look["config"]}
    return str(vl_convert.vegalite_to_svg(spec))


def _data(values: list[dict[str, Any]]) -> Any:
    return alt.InlineData(values=values)


def _moment(stamp: str) -> str:
    return datetime.fromtimestamp(parse_instant(stamp) / 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def _time_axis(chart: Chart) -> Any:
    scale = alt.Scale(type="utc", domain=[_moment(chart.start), _moment(chart.end)])
    return alt.X("from:T", scale=scale, title=None, axis=alt.Axis(format="%d %b", tickCount=7, labelOverlap="greedy"))


def _strip(chart: Chart) -> Any:
    labels = list(dict.fromkeys(row[0] for row in chart.rows))
    whole = [{"label": label, "from": _moment(chart.start), "to": _moment(chart.end)} for label in labels]
    marks = [{"label": label, "from": _moment(a), "to": _moment(b), "why": why} for label, a, b, why in chart.rows if a]
    rows = alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(ticks=False, domain=False))
    ground = alt.Chart(_data(whole)).mark_bar(height=12, color="#dfe8e1").encode(x=_time_axis(chart), x2="to:T", y=rows)
    kinds = [why for why in _COLOURS if any(m["why"] == why for m in marks)]
    shade = alt.Scale(domain=kinds, range=[_COLOURS[k] for k in kinds])
    # a second of outage is still to be seen: every mark has an edge of half a point
    over = alt.Chart(_data(marks)).mark_bar(height=12, strokeWidth=0.6).encode(
        x=_time_axis(chart), x2="to:T", y=rows,
        color=alt.Color("why:N", scale=shade, legend=alt.Legend(orient="bottom", title=None)),
        stroke=alt.Stroke("why:N", scale=shade, legend=None))
    return alt.layer(ground, over).properties(width=_WIDTH, height=max(18 * len(labels), 24) + 42)


def _trend(chart: Chart) -> Any:
    windows = sorted({row[1] for row in chart.rows})
    series = list(dict.fromkeys(row[0] for row in chart.rows))
    values: list[dict[str, Any]] = [{"series": s, "window": w, "value": float(v)} for s, w, v, _ in chart.rows]
    least = [row[3] for row in chart.rows if row[3].startswith(">=") and row[3].endswith("%")]
    targets = sorted({text.removeprefix(">=").strip().removesuffix("%") for text in least})
    low = min([v["value"] for v in values] + [float(t) for t in targets])
    scale = alt.Scale(domain=[max(0.0, low - (100 - low) * 0.1), 100.0], nice=True, clamp=True)
    x = alt.X("window:N", sort=windows, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    y = alt.Y("value:Q", scale=scale, title="%", axis=alt.Axis(grid=True, gridColor="#eeeeee", tickCount=5))
    shade = alt.Scale(domain=series, range=_SERIES[:len(series)])
    colour = alt.Color("series:N", sort=series, scale=shade, legend=alt.Legend(orient="bottom", title=None, columns=2))
    shape = alt.Shape("series:N", sort=series, legend=None)
    base = alt.Chart(_data(values))
    layers = [base.mark_line(strokeWidth=1.4).encode(x=x, y=y, color=colour),
              base.mark_point(size=22, filled=True, opacity=1).encode(x=x, y=y, color=colour, shape=shape)]
    for target in targets[:3]:
        rule = alt.Chart(_data([{"value": float(target), "text": f"target {target}%"}]))
        at = alt.Y("value:Q", scale=scale)
        layers.append(rule.mark_rule(strokeDash=[4, 3], color="#333333").encode(y=at))
        layers.append(rule.mark_text(align="left", x=2, dy=7, fontSize=8, color="#333333").encode(y=at, text="text:N"))
    return alt.layer(*layers).properties(width=_WIDTH, height=190)


def _burn(chart: Chart) -> Any:
    values: list[dict[str, Any]] = [{"from": _moment(at), "used": float(used)} for at, used, _ in chart.rows]
    allowed = float(chart.rows[0][2])
    top = max([v["used"] for v in values] + [allowed]) * 1.08 or 1.0
    y = alt.Y("used:Q", scale=alt.Scale(domain=[0, top]), title=chart.unit, axis=alt.Axis(grid=True, gridColor="#eeeeee", tickCount=4))
    area = alt.Chart(_data(values)).mark_area(color="#b3261e", opacity=0.25, line={"color": "#b3261e", "strokeWidth": 1.4}).encode(
        x=_time_axis(chart), y=y)
    rule = alt.Chart(_data([{"used": allowed, "text": "allowed"}]))
    line = rule.mark_rule(strokeDash=[4, 3], color="#333333").encode(y=y)
    word = rule.mark_text(align="left", x=2, dy=-5, fontSize=8, color="#333333").encode(y=y, text="text:N")
    return alt.layer(area, line, word).properties(width=_WIDTH, height=120)

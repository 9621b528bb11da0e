"""Makes clocks.md: every clock rule with a timeline, drawn from the spans the kernel counted, so that text and figure cannot part.

    python docs/build_clocks.py [--check]
"""

# ruff: noqa: E501 - a rule is told in one line of text
from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from upheld.assessment.explain import Ledger, explain
from upheld.assessment.show import show_duration
from upheld.measures.result import WHY
from upheld.values.instant import format_instant, parse_instant
from upheld.workspace import open_workspace

PAGE = Path(__file__).parent / "clocks.md"
WIDTH = 84
MARKS = {"counted": "█", "paused": "░", "outside": "·", "excluded": "x", "unknown": "?"}


@dataclass(frozen=True)
class Rule:
    """One rule: its sentence, the keys of the clause, the case's events (local time in Berlin), and what to look at."""

    title: str
    rule: str
    clause: str
    events: str
    extra: str = ""
    commitment: str = "c"


RULES = (
    Rule("Only opening hours count", "A duration in s, m or h is open time of the clause's hours. What lies outside adds nothing.",
         "starts: opened, stops: resolved, hours: office, within: 6h",
         "2026-03-27 15:00 opened; 2026-03-30 11:00 resolved"),
    Rule("The clocks change", "Business hours follow the wall: the office opens at nine whatever the sun does. Around the clock, a day has 23, 24 or "
         "25 hours.", "starts: opened, stops: resolved, hours: always, within: 24h",
         "2026-03-28 12:00 opened; 2026-03-29 12:30 resolved"),
    Rule("A start outside hours", "The clock begins at the next opening.",
         "starts: opened, stops: resolved, hours: office, within: 2h", "2026-03-28 20:00 opened; 2026-03-30 10:30 resolved"),
    Rule("Used up exactly at closing", "A target used up at the very closing is due at closing (`landing: next_open` is the other reading). A stop before "
         "the next opening adds nothing, so the target is used up but not exceeded: met.",
         "starts: opened, stops: resolved, hours: office, within: 2h", "2026-03-26 15:00 opened; 2026-03-27 09:00 resolved"),
    Rule("The other reading: landing at the next opening", "With `landing: next_open` the same case is due when the office opens again.",
         "starts: opened, stops: resolved, hours: office, within: 2h, landing: next_open", "2026-03-26 15:00 opened; 2026-03-27 09:00 resolved"),
    Rule("Met at the very due instant", "`<=`: a stop at the due instant is met.",
         "starts: opened, stops: resolved, hours: always, within: 4h", "2026-03-26 08:00 opened; 2026-03-26 12:00 resolved"),
    Rule("A pause", "While a pausing state holds the clock stands still, and the due instant moves by the open time paused.",
         "starts: opened, stops: resolved, pauses: waiting, hours: office, within: 6h",
         "2026-03-26 09:00 opened; 2026-03-26 10:00 asked; 2026-03-26 15:00 replied; 2026-03-27 10:00 resolved"),
    Rule("A pause after the due instant", "It changes nothing: the case was due, and missed, before it began.",
         "starts: opened, stops: resolved, pauses: waiting, hours: office, within: 2h",
         "2026-03-26 09:00 opened; 2026-03-26 13:00 asked; 2026-03-26 15:00 replied; 2026-03-26 16:30 resolved"),
    Rule("A pause outside hours", "It pauses nothing: no open time passed.",
         "starts: opened, stops: resolved, pauses: waiting, hours: office, within: 4h",
         "2026-03-26 16:00 opened; 2026-03-26 18:00 asked; 2026-03-27 08:00 replied; 2026-03-27 11:00 resolved"),
    Rule("Reopened: the first stop is final", "`reopen: final` (the default): the first stop stands.",
         "starts: opened, stops: resolved, hours: office, within: 8h",
         "2026-03-26 09:00 opened; 2026-03-26 11:00 resolved; 2026-03-26 14:00 opened; 2026-03-26 16:00 resolved"),
    Rule("Reopened within so many days", "`reopen: 14 days`: the stopped time is a pause, and the last stop decides.",
         "starts: opened, stops: resolved, hours: office, within: 8h, reopen: 14 days",
         "2026-03-26 09:00 opened; 2026-03-26 11:00 resolved; 2026-03-26 14:00 opened; 2026-03-26 16:00 resolved"),
    Rule("The priority rises: from the start", "`on_change: from_start`: the new target counts from the opening.",
         "starts: opened, stops: resolved, hours: office, within: {by urgent: {high: 3h, low: 8h}}",
         "2026-03-26 09:00 opened low; 2026-03-26 11:00 raised high; 2026-03-26 13:00 resolved",
         "attributes: {urgent: {by priority: {high: high, low: low}, read: now, on_change: from_start}}"),
    Rule("The priority rises: restart", "`on_change: restart`: the new target counts from the change.",
         "starts: opened, stops: resolved, hours: office, within: {by urgent: {high: 3h, low: 8h}}",
         "2026-03-26 09:00 opened low; 2026-03-26 11:00 raised high; 2026-03-26 13:00 resolved",
         "attributes: {urgent: {by priority: {high: high, low: low}, read: now, on_change: restart}}"),
    Rule("The hours change with the priority", "`on_change: keep_elapsed`: the time used on the old hours stays used, the rest runs on the new; the new "
         "due instant is never before the change.",
         "starts: opened, stops: resolved, hours: {by urgent: {high: always, low: office}}, within: {by urgent: {high: 6h, low: 12h}}",
         "2026-03-26 15:00 opened low; 2026-03-26 20:00 raised high; 2026-03-26 23:00 resolved",
         "attributes: {urgent: {by priority: {high: high, low: low}, read: now, on_change: keep_elapsed}}"),
    Rule("Working days", "`2 working days`: the second later date with opening, at the same local time moved into its opening. The day of the start is "
         "day 0.", "starts: opened, stops: resolved, hours: office, within: 2 working days",
         "2026-03-26 15:00 opened; 2026-03-30 16:00 resolved"),
    Rule("Working days at closing", "`1 working day at close`: the end of the next working day.",
         "starts: opened, stops: resolved, hours: office, within: 1 working day at close",
         "2026-03-26 15:00 opened; 2026-03-27 16:30 resolved"),
    Rule("A cut-off", "What comes in before the cut-off counts as today's; the look-up is on the local time of the start.",
         'starts: opened, stops: resolved, hours: office, within: {by time of start: {"< 15:00": 1 working day at close, '
         "else: 2 working days at close}}",
         "2026-03-26 15:30 opened; 2026-03-30 11:00 resolved"),
    Rule("The end of today", "`0 days at 24:00` is what texts call 23:59:59.",
         "starts: opened, stops: resolved, hours: always, within: 0 days at 24:00", "2026-03-26 10:00 opened; 2026-03-26 23:59 resolved"),
    Rule("An agreed date", "An event whose time lies ahead: `within: 0h` from it.",
         "starts: promised, stops: delivered, hours: always, within: 0h", "2026-03-27 12:00 promised; 2026-03-27 11:30 delivered"),
    Rule("Notice, the clock turned round", "`before:` asks that the stop lies at least so long before the event.",
         "before: change-begins, stops: announced, hours: office, within: 2 working days in office",
         "2026-03-25 09:00 announced; 2026-03-30 09:00 change-begins"),
)

AGREEMENT = """upheld: 1
agreement: rule
title: A rule
version: 1
effective: {{from: 2026-01-01}}
timezone: Europe/Berlin
currency: EUR
parties: {{provider: {{name: A}}, customer: {{name: B}}}}
calendars:
  office: {{hours: {{mon-fri: [09:00-17:00]}}}}
states:
  waiting: {{from: asked, until: [replied, resolved]}}
{extra}
commitments:
  c: {{measure: clock, {clause}, per: case}}
"""
SOURCE = """upheld-source: 1
source: story
files: [data/events.csv]
stamps: {format: ISO, zone: Europe/Berlin}
case: case
events: {state: {column: event, at: at, map: {%s}}}
attributes: [priority]
complete: {from: 2026-03-01, until: 2026-05-01}
"""


def story(rule: Rule) -> Ledger:
    """The rule played on its events by the product itself."""
    rows = [e.split() for e in rule.events.split("; ")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("agreements", "sources", "data"):
            (folder / part).mkdir()
        (folder / "agreements/rule.yaml").write_text(AGREEMENT.format(clause=rule.clause, extra=rule.extra), "utf-8")
        words = sorted({row[2] for row in rows})
        (folder / "sources/story.yaml").write_text(SOURCE % ", ".join(f"{w}: {w}" for w in words), "utf-8")
        lines = [f"X,{row[2]},{row[0]} {row[1]},{row[3] if len(row) > 3 else ''}" for row in rows]
        (folder / "data/events.csv").write_text("\n".join(["case,event,at,priority", *lines]) + "\n", "utf-8")
        workspace = open_workspace(folder)
        if not workspace.plans():
            raise SystemExit(f"{rule.title}: " + "; ".join(f"{f.place}: {f.message}" for f in workspace.findings))
        return explain(workspace.plans()["rule"], workspace.facts(), None, "c", None, None, "X")


def drawn(rule: Rule) -> str:
    """The timeline: one lane of what counted, one of marks, and what became of the case."""
    ledger = story(rule)
    assert ledger.cases
    assert ledger.segments is not None
    case = ledger.cases[-1]
    marks = [(parse_instant(t), mark) for t, mark in ((case.started, "▲"), (case.due, "◆"), (case.stopped, "■")) if t]
    first = min(t for t, _ in marks)
    last = max(*(t for t, _ in marks), *ledger.segments.end.tolist(), first + 1)
    def at(t: int) -> int:
        return (t - first) * (WIDTH - 1) // (last - first)
    lane = [" "] * WIDTH
    for start, end, why in zip(ledger.segments.start.tolist(), ledger.segments.end.tolist(), ledger.segments.why.tolist(), strict=True):
        for column in range(at(start), max(at(end), at(start) + 1)):
            lane[column] = MARKS.get(WHY[why], " ")
    below = [" "] * WIDTH
    for t, mark in marks:
        below[at(t)] = "◈" if below[at(t)] not in (" ", mark) else mark
    zone = ledger.context.plan.zone
    local = {mark: format_instant(t, zone)[5:16].replace("T", " ") for t, mark in marks}
    legend = "  ".join(f"{mark} {word} {local[mark]}" for mark, word in (("▲", "start"), ("◆", "due"), ("■", "stop")) if mark in local)
    used = f"{show_duration(case.elapsed_us)} counted" + (f", {show_duration(case.paused_us)} paused" if case.paused_us else "")
    return f"    {''.join(lane).rstrip() or '(no time counts)'}\n    {''.join(below).rstrip()}\n    {legend}\n    {used}: {case.verdict}"


def page() -> str:
    """The whole page."""
    lines = [
        "# The rules of the clocks, drawn", "",
        "Each timeline is drawn from the spans the kernel counted (`python docs/build_clocks.py`). The office is open Monday to Friday, 09:00 to",
        "17:00, Berlin; 26 March 2026 is a Thursday, and on Sunday the 29th the clocks go forward.", "",
        "    █ counted   ░ paused   · outside hours   x excluded   ▲ start   ◆ due   ■ stop   ◈ two at once", "",
    ]
    for rule in RULES:
        lines += [f"## {rule.title}", "", rule.rule, "", "```yaml", *([rule.extra] if rule.extra else []), f"{{measure: clock, {rule.clause}}}",
                  "```", "", drawn(rule), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text("utf-8") == text else f"{PAGE.name} is not what the kernel draws: run python docs/build_clocks.py")
    PAGE.write_text(text, "utf-8")

"""Changes as plain text, records, JSON, CSV and Markdown: a list for a week, a sheet for one change.

Law: every form says the same; a reason is never cut; times stand in the agreement's zone, and on the sheet in UTC beside it.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from upheld.changes.view import ChangeView, Counting, Counts, Effect, Remark, Stage
from upheld.changes.words import length, moment, span
from upheld.values.csv_text import csv_text
from upheld.values.instant import format_instant
from upheld.values.money import show_money

__all__ = ["answer", "sheet", "spoken_against", "to_csv", "to_json", "to_markdown", "to_text"]

_WORDS: dict[Counts, str] = {"yes": "yes", "partly": "partly", "open": "not yet", "no": "no", "nothing": "no exclusion is about it"}
_NOTES = ("class", "risk", "compatibility", "rollback", "contact", "url")
_COLUMNS = ("agreement", "change", "title", "class", "state", "stage", "kind", "subject", "start", "end", "known_at", "revision", "counts",
            "taken_us", "of_us", "why", "against_rules")


def answer(view: ChangeView) -> str:
    """Whether its windows count as excluded, in a word or two."""
    return "cancelled" if view.state == "cancelled" else _WORDS[view.counts]


def spoken_against(view: ChangeView) -> tuple[Remark, ...]:
    """What the changes clause, or another change, has against it."""
    return tuple(r for r in view.remarks if not r.test.holds)


def _title(view: ChangeView, key: str) -> str:
    found = next((s for s in view.stages if s.key == key), None)
    return f"{found.title}: " if found is not None and len(view.live) > 1 else ""


def _remark(view: ChangeView, one: Remark) -> str:
    return _title(view, one.stage) + one.test.says + (f"; {one.test.advice}" if one.test.advice else "")


def _wrapped(first: str, text: str, width: int = 112) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False, break_on_hyphens=False)


# ---- the list -------------------------------------------------------------------------------------------------------


def to_text(views: Sequence[ChangeView], title: str, at: int, zone: str, freezes: Sequence[tuple[int, int, str]] = ()) -> str:
    """All changes of one agreement, a few lines each, and the freezes among them."""
    lines = [f"{title}: changes as known {moment(at, zone)} ({zone})"]
    for view in views:
        more = len(view.live) - 1
        when = span(view.start, (view.live or view.stages)[0].end, zone)
        if more > 0:
            when += f" and {more} more stage{'s' if more > 1 else ''}"
        lines += ["", f"{view.id}  {view.title}", f"  {view.state}, {when}"]
        if view.state != "cancelled":
            lines += _wrapped("  counts as excluded: ", f"{answer(view)}{_because(view)}")
        for one in _beside(view):
            lines += _wrapped("  changes clause: " if one.test.what != "overlap" else "  overlap: ", _remark(view, one))
    if not views:
        lines += ["", "no change is known for that time"]
    if freezes:
        lines += ["", "freezes"]
        lines += [f"  {span(a, b, zone)}{f'  {says}' if says else ''}" for a, b, says in freezes]
    return "\n".join(lines) + "\n"


def _beside(view: ChangeView) -> list[Remark]:
    """What the clause says that the exclusions have not said already."""
    late = {(c.stage, "notice") for c in view.counting for t in c.tests if t.what == "notice" and not t.holds}
    return [r for r in spoken_against(view) if (r.stage, r.test.what) not in late]


def _because(view: ChangeView) -> str:
    if view.counts in ("yes", "nothing") or view.state == "cancelled":
        covered = [t.says for c in view.counting for t in c.tests if t.what == "covered"]
        return ". " + "; ".join(w for w in view.why if any(c in w for c in covered)) if covered else ""
    bad = {t.says for c in view.counting for t in c.tests if not t.holds}
    why = [w for w in view.why if any(b in w for b in bad)] or list(view.why)
    return ". " + "; ".join(why) if why else ""


# ---- the sheet ------------------------------------------------------------------------------------------------------


def sheet(view: ChangeView, other_zone: str = "UTC") -> str:
    """Everything about one change."""
    zone = view.zone
    lines = [f"{view.id} · {view.title} · {view.state}", f"  agreement      {view.agreement}, version {view.version}"]
    lines += [line for stage in view.stages for line in _stage(view, stage, other_zone)]
    for key in _NOTES:
        value = view.class_ if key == "class" else view.said(key)
        if value:
            lines += _wrapped(f"  {key:<15}", value)
    lines += ["", f"Counts as excluded: {answer(view)}"]
    if not view.counting:
        lines += _wrapped("  ", "; ".join(view.why))
    for one in view.counting:
        lines += _counting(view, one)
    if view.remarks:
        lines += ["", "The changes clause"]
        lines += [line for one in view.remarks for line in _wrapped(f"  {'ok ' if one.test.holds else 'NOT'}  ", _remark(view, one))]
    if view.approvals:
        lines += ["", "Approvals"]
        for a in view.approvals:
            until = f", until {moment(a.until, zone)}" if a.until is not None else ""
            when = f"{a.said} {moment(a.at, zone)}" if a.at is not None else f"{'not yet' if until else 'no'}{until}"
            if a.at is None and a.until is not None and view.at > a.until:
                when = f"not in time, it could be given until {moment(a.until, zone)}"
            lines.append(f"  {a.party} about {next(s.fact for s in view.stages if s.key == a.stage)}: {when}")
    if view.effects:
        lines += ["", "What it does to the promises, if the service is down all through it and nothing else happens"]
        lines += [line for e in view.effects for line in _effect(e)]
    lines += [line for note in view.notes for line in ("", *_wrapped("note: ", note))]
    return "\n".join(lines) + "\n"


def _stage(view: ChangeView, stage: Stage, other_zone: str) -> list[str]:
    zone, several = view.zone, len(view.stages) > 1
    lines = []
    if several:
        lines += ["", f"  stage          {stage.title} ({stage.fact})"]
    how_long = f", {length(stage.end - stage.start)}" if stage.end is not None else ""
    lines.append(f"  when           {span(stage.start, stage.end, zone)} ({zone}){how_long}")
    if other_zone != zone:
        lines.append(f"                 {span(stage.start, stage.end, other_zone)} ({other_zone})")
    if not several:
        lines.append(f"  what           {stage.kind} of {stage.subject or 'everything'} ({stage.fact})")
    elif stage.kind or stage.subject:
        lines.append(f"  what           {stage.kind} of {stage.subject or 'everything'}")
    known = moment(stage.known_at, zone)
    if stage.cancelled_at is not None:
        lines.append(f"  cancelled      {moment(stage.cancelled_at, zone)}, announced {known}")
    elif stage.revision:
        lines.append(f"  announced      {known}, revision {stage.revision} (first {moment(stage.first_known_at, zone)})")
    else:
        lines.append(f"  announced      {known}")
    return lines


def _counting(view: ChangeView, one: Counting) -> list[str]:
    who = f" for {', '.join(v for _, v in one.for_)}" if one.for_ else ""
    what = {"leave_out": "leaves", "count_as_good": "counts as good", "no_credit": "costs no credit for"}[one.effect]
    taken = "all" if one.taken_us == one.of_us else length(one.taken_us) if one.taken_us else "nothing"
    tail = " out" if one.effect == "leave_out" else ""
    later = f", {length(one.open_us)} more once it is approved" if one.open_us else ""
    said = f"{one.commitment}{who}: exclusion {one.exclusion} {what} {taken} of {length(one.of_us)}{tail}{later}"
    lines = _wrapped("  ", _title(view, one.stage) + said)
    for test in one.tests:
        lines += _wrapped(f"    {'ok ' if test.holds else 'NOT'}  ", test.says + (f"; {test.advice}" if test.advice else ""))
    return lines


def _effect(e: Effect) -> list[str]:
    who = f" for {', '.join(v for _, v in e.for_)}" if e.for_ else ""
    lines = [f"  {e.commitment}{who} {e.window}, target {e.target}"]
    rows: list[tuple[str, int, int]] = [("without it", 0, 0), ("as things stand", 1, e.cost_us[0])]
    if (e.value[1], e.cost_us[0]) != (e.value[2], e.cost_us[1]):
        rows.append(("if it does not count", 2, e.cost_us[1]))
    wide = max(len(s) for s in e.shown)
    for name, i, cost in rows:
        left = e.left_us[i]
        room = "" if left is None else f", {length(left)} left" if left >= 0 else f", {length(-left)} too much"
        costs = f", costs {length(cost)}" if cost else ""
        credit = _credit(e, i)
        lines.append(f"    {name:<21} {e.shown[i]:>{wide}}  {e.verdicts[i]}{room}{costs}{credit}")
    return lines


def _credit(e: Effect, i: int) -> str:
    if i == 0 or e.credit is None:
        return ""
    more = e.credit[i - 1]
    if more is None:
        return ", credit not known yet"
    return f", credit {show_money(more, e.currency)} more" if more else ""


# ---- records --------------------------------------------------------------------------------------------------------


def _record(view: ChangeView) -> dict[str, Any]:
    return {
        "agreement": view.agreement, "version": view.version, "change": view.id, "title": view.title, "class": view.class_, "state": view.state,
        "at": format_instant(view.at), "counts": answer(view), "why": list(view.why), "notes": list(view.notes),
        "risk": view.said("risk"), "compatibility": view.said("compatibility"), "rollback": view.said("rollback"),
        "stages": [{"fact": s.fact, "source": s.source, "kind": s.kind, "subject": s.subject,
                    "start": format_instant(s.start), "end": _at(s.end), "known_at": format_instant(s.known_at),
                    "first_known_at": format_instant(s.first_known_at), "revision": s.revision,
                    "cancelled_at": _at(s.cancelled_at), "says": dict(s.says)} for s in view.stages],
        "exclusions": [{"commitment": c.commitment, "group": dict(c.for_), "exclusion": c.exclusion, "effect": c.effect, "stage": c.stage,
                        "of_us": c.of_us, "taken_us": c.taken_us, "open_us": c.open_us,
                        "spans": [[format_instant(a), format_instant(b)] for a, b in c.spans],
                        "tests": [{"what": t.what, "holds": t.holds, "says": t.says, "advice": t.advice} for t in c.tests]}
                       for c in view.counting],
        "approvals": [{"party": a.party, "stage": a.stage, "said": a.said, "at": _at(a.at), "until": _at(a.until)} for a in view.approvals],
        "rules": [{"stage": r.stage, "what": r.test.what, "holds": r.test.holds, "says": r.test.says, "advice": r.test.advice}
                  for r in view.remarks],
        "effects": [{"commitment": e.commitment, "group": dict(e.for_), "window": e.window, "target": e.target,
                     **{world: {"value": e.shown[i], "exact": None if e.value[i] is None else str(e.value[i]), "verdict": e.verdicts[i],
                                "left_us": e.left_us[i]} for i, world in enumerate(("without", "agreed", "not_counting"))},
                     "cost_us": {"agreed": e.cost_us[0], "not_counting": e.cost_us[1]}, "currency": e.currency,
                     "credit_minor": None if e.credit is None else {"agreed": e.credit[0], "not_counting": e.credit[1]}} for e in view.effects],
    }


def _at(us: int | None) -> str | None:
    return None if us is None else format_instant(us)


def to_json(views: Iterable[ChangeView]) -> str:
    """One document, keys sorted: the same facts at the same instant give the same bytes."""
    body = {"schema": "upheld/changes", "version": 1, "changes": [_record(v) for v in views]}
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def to_csv(views: Iterable[ChangeView]) -> str:
    """RFC 4180, one row a stage."""
    rows = []
    for view in views:
        for s in view.stages:
            own = [c for c in view.counting if c.stage == s.key]
            row = (view.agreement, view.id, view.title, view.class_, "cancelled" if s.cancelled_at is not None else view.state, s.fact, s.kind,
                   s.subject, format_instant(s.start), _at(s.end) or "", format_instant(s.known_at), s.revision, answer(view),
                   max((c.taken_us for c in own), default=0), max((c.of_us for c in own), default=0), "; ".join(view.why),
                   "; ".join(_remark(view, r) for r in spoken_against(view)))
            rows.append(row)
    return csv_text(_COLUMNS, rows)


def to_markdown(views: Sequence[ChangeView], title: str, at: int, zone: str) -> str:
    """A table, a line a change."""
    lines = [f"# {title}: changes", "", f"As known {moment(at, zone)} ({zone}).", "", "| change | when | state | counts as excluded | why |",
             "|---|---|---|---|---|"]
    for v in views:
        why = "; ".join((*v.why, *(_remark(v, r) for r in spoken_against(v))))
        cells = (f"{v.id} {v.title}", span(v.start, v.end, zone), v.state, answer(v), why)
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines) + "\n"

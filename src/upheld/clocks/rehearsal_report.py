"""A drill as a timeline: text, Markdown, JSON.

Law: every instant twice, on the agreement's wall and in UTC; what is the matter stands beside whom it concerns, never only at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from upheld.clocks.message import Place, code, one_line
from upheld.clocks.rehearsal import Played, Rehearsal, Told
from upheld.clocks.words import words
from upheld.plans.people import LadderStep
from upheld.plans.plan import ClockPlan
from upheld.values.instant import format_instant

__all__ = ["to_json", "to_markdown", "to_text"]

_EN = words("en")
_MARK = {"gap": "GAP", "muted": "muted", "waits": "waits", "stands in": "stands in", "": ""}


def to_text(played: Sequence[Rehearsal], *, messages: bool = False) -> str:
    """For the terminal."""
    blocks = []
    for one in played:
        lines = [_heading(one), *_about(one), ""]
        for step in one.played:
            lines.append(f"{_when(one, step.step.at)}  {_step(one, step)}")
            for told in step.told:
                lines.append(f"    {_told(one, told)}")
                if messages and told.notice.text:
                    lines += [f"        | {told.notice.subject}", *(f"        | {line}".rstrip() for line in told.notice.text.splitlines())]
            if step.more:
                lines.append(f"    and {step.more} more like it, the last at {_when(one, step.last)}")
        lines += ["", _sum(one)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def to_markdown(played: Sequence[Rehearsal], *, messages: bool = False) -> str:
    """For a page: a table a ladder."""
    blocks = []
    for one in played:
        table = ("| when | step | who | by | note |", "|---|---|---|---|---|")
        lines = [f"## {_heading(one)}", "", *(f"- {line}" for line in _about(one)), "", *table]
        for step in one.played:
            for told in step.told:
                notice = told.notice
                by = f"{notice.channel} {code(notice.address)} ({notice.language})" if notice.channel else ""
                note = f"{_MARK[told.kind]}: {told.why}" if told.kind else notice.path
                cells = (_when(one, step.step.at), _step(one, step), notice.recipient or "nobody", by, note)
                lines.append("| " + " | ".join(one_line(cell, 400).replace("|", "\\|") for cell in cells) + " |")
            if step.more:
                lines.append(f"| {_when(one, step.last)} | {step.more} more like it | | | |")
        lines += ["", _sum(one)]
        if messages:
            lines += [f"\n### {n.subject}\n\n{n.text}" for step in one.played for n in (t.notice for t in step.told) if n.text]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def to_json(played: Sequence[Rehearsal], *, messages: bool = False) -> str:
    """For programs; ``messages`` adds the whole texts."""
    return json.dumps([_plain(one, messages=messages) for one in played], indent=1, ensure_ascii=False) + "\n"


def _plain(one: Rehearsal, *, messages: bool) -> dict[str, object]:
    return {
        "agreement": one.plan.agreement, "version": one.plan.version, "commitment": one.commitment, "ladder": one.ladder,
        **({"part": one.part, "parts": one.parts} if one.parts > 1 else {}), "case": dict(one.said),
        "start": format_instant(one.start), "due": None if one.due is None else format_instant(one.due), "zone": one.plan.zone,
        "steps": [_plain_step(one, step, messages=messages) for step in one.played], "gaps": list(one.gaps),
    }


def _plain_step(one: Rehearsal, step: Played, *, messages: bool) -> dict[str, object]:
    more = {"more": step.more, "last": format_instant(step.last)} if step.more else {}
    return {
        "step": step.step.step, "ladder": step.place.ladder.name, "what": _step(one, step), "at": format_instant(step.step.at),
        "at_local": format_instant(step.step.at, one.plan.zone), "decides": step.place.step.decides, **more,
        "told": [
            {"recipient": t.notice.recipient, "channel": t.notice.channel, "address": t.notice.address, "language": t.notice.language,
             "send_at": format_instant(t.notice.send_at), "path": t.notice.path, "subject": t.notice.subject, "trouble": t.kind, "why": t.why,
             **({"text": t.notice.text} if messages else {})}
            for t in step.told
        ],
    }


def _heading(one: Rehearsal) -> str:
    share = f", share {one.part + 1} of {one.parts}" if one.parts > 1 else ""
    return f"{one.plan.agreement} {one.commitment}: ladder {one.ladder}, version {one.plan.version}{share}"


def _about(one: Rehearsal) -> Iterator[str]:
    says = ", ".join(f"{name}={one_line(value, 60)}" for name, value in one.said.items())
    clause = one.plan.commitments[one.commitment]
    ahead = isinstance(clause, ClockPlan) and clause.before is not None
    yield f"{'notice of' if ahead else 'from'} {_when(one, one.start)}" + (f", a case that says {says}" if says else "")
    yield f"due {_when(one, one.due)}" if one.due is not None else "as if each share were reached then"


def _when(one: Rehearsal, at: int) -> str:
    local, utc = format_instant(at, one.plan.zone), format_instant(at)
    if local.endswith("Z"):
        return f"{local[:10]} {local[11:16]}Z"
    return f"{local[:10]} {local[11:16]} {local[-6:]} ({'' if local[:10] == utc[:10] else utc[5:10] + ' '}{utc[11:16]}Z)"


def _step(one: Rehearsal, step: Played) -> str:
    place = step.place
    number = f"step {place.number} of {len(place.ladder.steps)}" + ("" if place.first else f" of {place.ladder.name}")
    if place.repeat:
        return f"{number}, told again"
    decides = f"; {place.step.decides} decides" if place.step.decides else ""
    return f"{number}: {_rule(one, place.step, place)}{decides}"


def _rule(one: Rehearsal, step: LadderStep, place: Place) -> str:
    if step.at is not None:
        return _EN.say("at" if one.due is not None else "at budget", percent=_EN.percent(step.at))
    if step.before_us is not None:
        return _EN.say("before", span=_EN.duration(step.before_us, days=True))
    phrase = "after due" if place.first and place.number == 1 else "after"
    return _EN.say(phrase, span=_EN.duration(step.after_us or 0, days=True))


def _told(one: Rehearsal, told: Told) -> str:
    notice = told.notice
    if told.kind == "gap":
        return f"GAP {told.why}"
    whom = f"{notice.recipient} by {notice.channel} to {one_line(notice.address, 80)} ({notice.language})"
    match told.kind:
        case "muted":
            return f"muted: {notice.recipient} is not told: {told.why}"
        case "waits":
            return f"{whom}, waits until {_when(one, notice.send_at)}: {told.why.removeprefix('waits for ')}"
        case _:
            return f"{whom}  {notice.path}"


def _sum(one: Rehearsal) -> str:
    gaps = one.gaps
    if not gaps:
        return "no gap: every step reaches somebody"
    return "\n".join([f"{len(gaps)} gap{'s' if len(gaps) > 1 else ''}:", *(f"- {gap}" for gap in gaps)])

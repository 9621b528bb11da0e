"""Details: how each figure and each amount came about.

Law: every result and every line of the figures is here, missed ones first where there are more than anyone reads; then the reader is told
where the rest stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from upheld.statements.charts import group_text
from upheld.statements.model import Block, Heading, Prose, Table, Tone
from upheld.statements.summary import TONE, verdict_text
from upheld.statements.words import counted, day, duration, last_day, length, listed, local, money

__all__ = ["MOST", "credits_of", "details_of", "follows_of"]

MOST = 400
"""The most rows of one table."""

_SPELLED_OUT = 4
"""With more results than this, the stretches of time behind each are left to the figures."""

_STATE = {"owed": "owed", "claimable": "owed if claimed", "to choose": "owed, form to be chosen", "lapsed": "lapsed",
          "not owed": "not owed", "unknown": "not known yet"}
_MISSED = ("breached", "unknown", "deviation", "met", "not applicable")


# ---- money ----------------------------------------------------------------------------------------------------------


def credits_of(figures: Mapping[str, Any]) -> Iterator[Block]:
    """Every line of credit with its working."""
    lines = figures["credits"]
    if not lines:
        return
    yield Heading("Credits, with their working")
    shown = lines if len(lines) <= MOST else sorted(lines, key=lambda c: -abs(c["amount_minor"] or 0))[:MOST]
    rows = tuple((_name(c), "; ".join(_working(c, figures)), _state(c, figures), c["shown"]) for c in shown)
    tones = tuple(_tone(c) for c in shown)
    if len(lines) > 1:
        unknown = figures["totals"]["unknown_lines"]
        more = f", without the {counted(unknown, 'line')} not known yet" if unknown else ""
        rows = (*rows, ("Together", "", f"owed or owed if claimed{more}", money(figures["totals"]["owed_minor"], figures)))
        tones = (*tones, "plain")
    yield Table("Credits", ("for", "working", "state", "amount"), "lllr", rows, tones, (5, 8, 4, 3), 2)
    if len(lines) > MOST:
        yield Prose(f"The {MOST} largest of {len(lines):,} lines are listed; all are in statement.json.", "quiet")


def _name(c: Mapping[str, Any]) -> str:
    return ", ".join(words for words in (c["commitment"], group_text(c["group"]), c["case"], c["window"]) if words)


def _working(c: Mapping[str, Any], figures: Mapping[str, Any]) -> list[str]:
    rounded = c["raw_minor"] is not None and c["rounded_minor"] is not None and Fraction(c["raw_minor"]) != c["rounded_minor"]
    cuts = [f"rounded to {money(c['rounded_minor'], figures)}"] if rounded else []
    cuts += [f"{cut['text']}, so {money(cut['cut_minor'], figures)} less" for cut in c["cuts"]]
    reason = [c["reason"]] if c["reason"] and c["reason"] not in c["working"] else []
    reverses = [f"takes back the credit of {_reversed(c['reverses'], figures)}"] if c["reverses"] else []
    return [*c["working"], *cuts, *reason, *reverses]


def _reversed(key: str, figures: Mapping[str, Any]) -> str:
    """The line that is taken back, as its own statement calls it; its key where the statement of its period is another."""
    return next((_name(line) for line in figures["credits"] if line["key"] == key), f"`{key}`")


def _state(c: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    zone = figures["agreement"]["zone"]
    text = _STATE[c["state"]]
    if c["kind"] in ("reward", "earned back"):
        text = c["kind"] if c["state"] == "owed" else f"{c['kind']}, {text}"
    if c["claim_by"] and c["state"] in ("claimable", "to choose"):
        text += f" by {last_day(c['claim_by'], zone)}"
    if c["claimed_at"]:
        text += f"; claimed on {day(c['claimed_at'], zone)}"
    if c["missing"]:
        text += f"; still to come: {listed(c['missing'])}"
    if c["disputed"]:
        text += f"; disputed ({c['disputed']})"
    return text + (", so far" if c["provisional"] else "")


def _tone(c: Mapping[str, Any]) -> Tone:
    if c["kind"] in ("reward", "earned back"):
        return "plain"
    return "bad" if c["state"] in ("owed", "to choose", "claimable") else "warn" if c["state"] == "unknown" else "quiet"


def follows_of(figures: Mapping[str, Any]) -> Iterator[Block]:
    """Rights, duties, and what the parties said."""
    zone = figures["agreement"]["zone"]
    if figures["rights"]:
        yield Heading("Rights that arose")
        yield Table("Rights", ("who may do what", "why", "until", "state"), "llll", tuple(
            (f"{r['to']} may {r['give']}" + (f" ({group_text(r['group'])})" if r["group"] else ""), r["why"],
             last_day(r["use_by"], zone) if r["use_by"] else "-", r["state"]) for r in figures["rights"]), (), (5, 6, 3, 2))
    if figures["duties"]:
        yield Heading("Duties that follow")
        yield Table("Duties", ("what", "who", "due by", "state"), "llll", tuple(
            (f"{d['do']} ({', '.join(words for words in (d['commitment'], group_text(d['group']), d['window']) if words)})", d["by"],
             last_day(d["due"], zone), d["state"] + (f", done on {day(d['done_at'], zone)}" if d["done_at"] else ""))
            for d in figures["duties"]), (), (6, 3, 3, 4))
    if figures["acts"]:
        yield Heading("Claims, disputes and decisions")
        yield Table("Claims, disputes and decisions", ("what", "about", "by", "when"), "llll", tuple(
            (act["kind"] + (" (open)" if act.get("open") else ""), _act(act), act["actor"], local(act["at"], zone)) for act in figures["acts"]),
            (), (3, 7, 3, 4))


def _act(act: Mapping[str, Any]) -> str:
    said = "; ".join(f"{k}: {v}" for k, v in sorted(act["says"].items()) if v)
    return f"{act['about']} ({said})" if said else str(act["about"])


# ---- promises -------------------------------------------------------------------------------------------------------


def details_of(figures: Mapping[str, Any]) -> Iterator[Block]:
    """Every promise with its words, its rule, its clause, its results and what they are made of."""
    yield Heading("Promise by promise")
    for commitment in figures["commitments"]:
        yield Heading(commitment["id"], 3)
        yield Prose(commitment["says"])
        rule = f"As a rule: {commitment['sentence']} " if commitment["sentence"] != commitment["says"] else ""
        clause = f"Clause: {commitment['clause']}" if commitment["clause"] else ""
        best_effort = "" if commitment["binding"] else "Best effort: missing it is no breach. "
        if words := (rule + best_effort + clause).strip():
            yield Prose(words, "quiet")
        if commitment["outcomes"]:
            yield from _outcomes(commitment, figures["agreement"]["zone"])


def _outcomes(commitment: Mapping[str, Any], zone: str) -> Iterator[Block]:
    """The results as one table, what was left out or is not known below it, and the stretches of time where there are few results."""
    every: Sequence[Mapping[str, Any]] = commitment["outcomes"]
    shown = every if len(every) <= MOST else sorted(every, key=lambda o: _MISSED.index(o["verdict"]))[:MOST]
    rows = tuple(
        (_result(o), o["target"], o["value"], verdict_text(o["verdict"], provisional=o["provisional"]), _bare(o), _counted(o["counts"]))
        for o in shown)
    tones = tuple(TONE[o["verdict"]] for o in shown)
    yield Table(f"Results of {commitment['id']}", ("result", "target", "value", "verdict", "nothing excluded", "measured"), "lrrlll",
                rows, tones, (8, 3, 4, 4, 5, 4), 3)
    if len(every) > MOST:
        yield Prose(f"{MOST} of {len(every):,} results are listed, those that were missed first; all are in statement.json.", "quiet")
    remarks = [(_result(o), words) for o in shown if (words := "; ".join(_remarks(o)))]
    if len(remarks) == 1:
        yield Prose(": ".join(remarks[0]) + ".", "quiet")
    elif remarks:
        yield Table(f"Remarks on {commitment['id']}", ("result", "to be known of it"), "ll", tuple(remarks), (), (8, 20))
    yield from _missed(commitment, shown, zone)
    yield from _times(commitment, every, zone)


def _times(commitment: Mapping[str, Any], every: Sequence[Mapping[str, Any]], zone: str) -> Iterator[Block]:
    """The stretches of time behind each result where there are few results; else those behind the missed ones, in one table."""
    def cells(s: Mapping[str, Any]) -> tuple[str, ...]:
        return local(s["start"], zone), local(s["end"], zone), length(s["start"], s["end"]), _counted_as(s)

    heads = (f"from ({zone})", "to", "length", "counted as")
    if len(every) <= _SPELLED_OUT:
        for o in every:
            if o["spans"]:
                if len(every) > 1:
                    yield Prose(f"{_result(o)}:", "quiet")
                rows = tuple(cells(s) for s in o["spans"])
                yield Table(f"Time behind {commitment['id']}, {_result(o)}", heads, "llrl", rows, (), (4, 4, 3, 5))
        return
    missed = [o for o in every if o["verdict"] in ("breached", "deviation", "unknown")]
    found = [(_within_promise(o, every), *cells(s)) for o in missed for s in o["spans"] or ()]
    if found:
        yield Table(f"Time behind the results of {commitment['id']} that were missed", ("result", *heads), "lllrl", tuple(found[:MOST]), (),
                    (5, 5, 5, 3, 4))
    if len(found) > MOST:
        yield Prose(f"{MOST} of {len(found):,} stretches of time are listed; all are in statement.json.", "quiet")


def _within_promise(o: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> str:
    """A result among those of its promise: its window is said where there are several."""
    return _result(o) if len({other["window"] for other in every}) > 1 else group_text(o["group"], o["part"])


def _missed(commitment: Mapping[str, Any], shown: Sequence[Mapping[str, Any]], zone: str) -> Iterator[Block]:
    """The cases that were missed, one a line."""
    several = len(commitment["outcomes"]) > 1
    rows = [(o, m) for o in shown for m in o.get("missed") or ()]
    if rows:
        heads = ("case missed", "result", f"started ({zone})", "due", "stopped")
        cells = [(m["case"] + ("" if m["sure"] else " (not sure)"), _within_promise(o, commitment["outcomes"]),
                  local(m["start"], zone), local(m["due"], zone),
                  local(m["stop"], zone) if m["stop"] else "not by the end") for o, m in rows[:MOST]]
        kept = range(len(heads)) if several else (0, 2, 3, 4)
        yield Table(f"Cases missed of {commitment['id']}", tuple(heads[i] for i in kept), "l" * len(kept),
                    tuple(tuple(row[i] for i in kept) for row in cells), (), tuple((4, 6, 6, 6, 6)[i] for i in kept))
    if len(rows) > MOST:
        yield Prose(f"{MOST} of {len(rows):,} missed cases are listed; all are in statement.json.", "quiet")
    unlisted = sum(o["counts"]["detail"].get("missed", 0) for o in commitment["outcomes"] if o.get("missed") is None and o["unit"] == "share")
    if unlisted:
        yield Prose(f"{counted(unlisted, 'missed case')}, too many to list here: they follow from the records beside this statement.", "quiet")


def _counted_as(s: Mapping[str, Any]) -> str:
    """``down``, with how much of it where an outage is weighed; ``left out by`` its clause; ``not watched``."""
    if s["why"] == "left out":
        return f"left out by {s['clause']}" if s["clause"] else "left out"
    if s["why"] == "unknown":
        return "not watched"
    counted = duration(s["counted_us"])
    return "down" if counted == length(s["start"], s["end"]) else f"down, {counted} by its weight"


def _result(o: Mapping[str, Any]) -> str:
    return ", ".join(words for words in (group_text(o["group"], o["part"]), o["window"]) if words)


def _bare(o: Mapping[str, Any]) -> str:
    without = o["without"]
    return "the same" if (without["value"], without["verdict"]) == (o["value"], o["verdict"]) else f"{without['value']} {without['verdict']}"


def _counted(counts: Mapping[str, Any]) -> str:
    names = (("left_out", "left out"), ("pending", "pending"), ("undecided", "undecided"), ("no_promise", "without a promise"))
    return ", ".join([f"{counts['measured']:,}", *(f"{counts[k]:,} {words}" for k, words in names if counts[k])])


def _remarks(o: Mapping[str, Any]) -> Iterator[str]:
    if o["reason"]:
        yield o["reason"]
    if o["deemed_by"]:
        yield f"counts as breached because {o['deemed_by']} was"
    left = [f"{duration(us)} left out by {name}" for name, us in sorted(o["counts"]["left_out_us"].items()) if us]
    if left:
        yield listed(left)
    if o["counts"]["unknown_us"]:
        yield f"{duration(o['counts']['unknown_us'])} that nobody watched"

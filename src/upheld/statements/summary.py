"""Summary: what a board wants to read first: what was kept, what is owed, what to do by when.

Law: no figure of its own: everything is counted or quoted from the signed figures, and what is not known is said beside what is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upheld.statements.charts import distance, group_text
from upheld.statements.model import Block, Heading, Highlights, Prose, Table, Tone
from upheld.statements.words import counted, last_day, listed, money

__all__ = ["TONE", "promises_of", "summary_of", "verdict_text"]

TONE: dict[str, Tone] = {"met": "good", "breached": "bad", "deviation": "warn", "unknown": "warn", "not applicable": "quiet"}
_WORDS = {"met": "kept", "breached": "breached", "deviation": "missed without being a breach", "unknown": "not known"}
_ORDER = ("breached", "unknown", "deviation")
_MOST_NAMED = 6
_MOST_PARTS = 8
_ROOM = 24


def verdict_text(verdict: str, *, provisional: bool) -> str:
    """The verdict; ``so far`` where its window has not ended."""
    return verdict + (" so far" if provisional else "")


# ---- in a glance ----------------------------------------------------------------------------------------------------


def summary_of(figures: Mapping[str, Any]) -> Iterator[Block]:
    """The highlights, and the same in sentences."""
    yield Highlights(tuple(_highlights(figures)))
    yield Prose(_kept(figures))
    for words, tone in _owed(figures):
        yield Prose(words, tone)


def _highlights(figures: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Tone]]:
    verdicts = [c["verdict"] for c in figures["commitments"] if c["outcomes"] and c["verdict"] in _WORDS]
    kept = verdicts.count("met")
    short = {"breached": "breached", "deviation": "missed", "unknown": "not known"}
    missed = [f"{verdicts.count(v)} {words}" for v, words in short.items() if v in verdicts]
    tone: Tone = "bad" if "breached" in verdicts else "warn" if missed else "good" if verdicts else "quiet"
    so_far = " so far" if figures["provisional"] else ""
    yield "Promises kept" + so_far, f"{kept} of {len(verdicts)}" if verdicts else "none measured", listed(missed) or "none missed", tone
    yield "Credit for the period" + so_far, *_credit_in_brief(figures)
    claims = _claims(figures)
    if claims:
        by, minor, missing = claims[0]
        more = f"; then {counted(len(claims) - 1, 'later claim')}" if len(claims) > 1 else ""
        yield "Claim by", by, money(minor, figures) + (f", with {listed(missing)}" if missing else "") + more, "warn"
    disputes = sum(1 for act in figures["acts"] if act["kind"] == "dispute" and act.get("open"))
    if disputes:
        yield "Open disputes", str(disputes), "nothing changes until they are decided", "warn"


def _credit_in_brief(figures: Mapping[str, Any]) -> tuple[str, str, Tone]:
    totals = figures["totals"]
    if not figures["credits"] and not totals["currency"]:
        return "none", "nothing is owed", "plain"
    states, owed = totals["by_state"], totals["owed_minor"]
    words = {"owed": "owed", "claimable": "owed if claimed", "to choose": "owed, form to be chosen", "lapsed": "lapsed, not claimed in time"}
    notes = [f"{money(states[s]['minor'], figures)} {w}" for s, w in words.items() if s in states and states[s]["minor"]]
    if len(notes) == 1 and owed and not totals["unknown_lines"]:
        notes = [words[next(s for s in words if s in states and states[s]["minor"])]]
    if totals["unknown_lines"]:
        notes.append(f"{counted(totals['unknown_lines'], 'line')} not known yet")
        if totals["low_minor"] is not None and totals["low_minor"] != totals["high_minor"]:
            between = f"{money(totals['low_minor'], figures).rsplit(' ', 1)[0]} to {money(totals['high_minor'], figures)}"
            return between, "; ".join(notes if len(notes) <= 2 else [notes[0], notes[-1]]), "warn"
    if owed < 0:
        payee = next(c["payee"] for c in figures["credits"] if (c["amount_minor"] or 0) < 0)
        notes = [f"in favour of {_name(figures, payee)}", *notes[1:]]
    given = sorted({c["grant"] for c in figures["credits"] if c["grant"]})
    notes += [f"and {listed(given)}"] if given else []
    # a card holds two; the sentences below it say all
    notes = notes if len(notes) <= 2 else [*notes[:2], "and more, see below"]
    return money(owed, figures), "; ".join(notes) or "nothing is owed", "bad" if owed > 0 else "warn" if totals["unknown_lines"] else "plain"


def _claims(figures: Mapping[str, Any]) -> list[tuple[str, int, list[str]]]:
    """(last day, amount in minor units, evidence still to come) of what is to be claimed, the earliest first."""
    found: dict[str, tuple[int, set[str]]] = {}
    for c in figures["credits"]:
        if c["state"] == "claimable" and c["claim_by"]:
            by = last_day(c["claim_by"], figures["agreement"]["zone"])
            minor, missing = found.get(by, (0, set()))
            found[by] = minor + (c["amount_minor"] or 0), missing | set(c["missing"])
    return [(by, minor, sorted(missing)) for by, (minor, missing) in sorted(found.items())]


def _kept(figures: Mapping[str, Any]) -> str:
    measured = [c for c in figures["commitments"] if c["outcomes"]]
    if not measured:
        return "Nothing was to be measured in this period."
    parts = []
    for verdict, words in _WORDS.items():
        names = [c["id"] for c in measured if c["verdict"] == verdict]
        if names:
            which = f" ({_named(names)})" if verdict != "met" else ""
            parts.append(f"{len(names)} {_verb(verdict, len(names))} {words}{which}")
    idle = sum(1 for c in measured if c["verdict"] not in _WORDS)
    if idle:
        parts.append(f"{idle} had nothing to be judged by")
    so_far = " so far" if figures["provisional"] else ""
    return f"Of {counted(len(measured), 'promise')} measured in this period{so_far}, {listed(parts)}."


def _verb(verdict: str, n: int) -> str:
    present = verdict == "unknown"
    return ("is" if present else "was") if n == 1 else "are" if present else "were"


def _named(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= _MOST_NAMED else f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"


# ---- the money in sentences -----------------------------------------------------------------------------------------


def _owed(figures: Mapping[str, Any]) -> Iterator[tuple[str, Tone]]:
    lines = figures["credits"]
    if not lines:
        yield "No credit follows from the results of this period.", "plain"
        return
    sides = {(c["payer"], c["payee"]) for c in lines}
    paying = {(c["payer"], c["payee"]) for c in lines if c["kind"] in ("credit", "extension")}
    # first the side that owes credits, then the one that owes rewards
    for payer, payee in sorted(sides, key=lambda side: (side not in paying, side)):
        own = [c for c in lines if (c["payer"], c["payee"]) == (payer, payee)]
        yield from _between(own, _name(figures, payer), _name(figures, payee), figures)
    for by, minor, missing in _claims(figures):
        evidence = f", with {listed(missing)}" if missing else ""
        yield f"{money(minor, figures)} is to be claimed by the end of {by}{evidence}; what is not claimed in time lapses.", "warn"


def _between(lines: Sequence[Mapping[str, Any]], payer: str, payee: str, figures: Mapping[str, Any]) -> Iterator[tuple[str, Tone]]:
    def total(state: str, *kinds: str) -> int:
        found: int = sum(c["amount_minor"] or 0 for c in lines if c["state"] == state and c["kind"] in kinds)
        return abs(found)

    for kind, words in (("credit", "{0} owes {1} {2}."), ("reward", "{0} owes {1} a reward of {2}."),
                        ("earned back", "{2} of earlier credits is earned back and no longer owed by {0} to {1}.")):
        if n := total("owed", kind):
            # what is earned back is a line the other way round
            one, other = (payee, payer) if kind == "earned back" else (payer, payee)
            yield words.format(one, other, money(n, figures)), "bad" if kind == "credit" else "plain"
    if n := total("to choose", "credit", "extension"):
        yield f"{payer} owes {payee} {money(n, figures)}, which may be chosen in another form.", "bad"
    if n := total("lapsed", "credit"):
        yield f"{money(n, figures)} would have been owed to {payee}, was not claimed in time, and has lapsed.", "quiet"
    given = sorted({c["grant"] for c in lines if c["grant"] and c["state"] == "owed"})
    if given:
        yield f"{payer} owes {payee} {listed(given)}.", "bad"
    open_lines = sum(1 for c in lines if c["state"] == "unknown")
    if open_lines:
        yield f"{counted(open_lines, 'line')} cannot be known yet; the working says why, and what may come of it.", "warn"
    gone = sum(1 for c in lines if c["state"] == "not owed")
    if gone:
        yield f"{counted(gone, 'line')} came to something that is not owed; the working says why.", "quiet"


def _name(figures: Mapping[str, Any], role: str) -> str:
    """A party by its name, or by its role where it has none."""
    said = figures["agreement"]["parties"].get(role, {})
    return str(said.get("name") or f"the {role}")


# ---- promise by promise ---------------------------------------------------------------------------------------------


def promises_of(figures: Mapping[str, Any]) -> Iterator[Block]:
    """The verdict of every promise, and the results that were missed."""
    yield Heading("The promises")
    measured = [c for c in figures["commitments"] if c["outcomes"]]
    missed = [sum(1 for o in c["outcomes"] if _missed(o)) for c in measured if len(c["outcomes"]) > 1]
    # a first page holds so many rows; with more, each promise shows its first few, or stands alone
    most = next((n for n in (_MOST_PARTS, 5, 3, 2) if len(measured) + sum(min(m, n) for m in missed) <= _ROOM), 0)
    found = [row for c in measured for row in _rows(c, most)]
    if found:
        bare = any(row[0][4] for row in found)
        rows = tuple(cells if bare else cells[:4] for cells, _, _ in found)
        heads = ("promise", "target", "result", "verdict", "nothing excluded")
        yield Table("The promises", heads if bare else heads[:4], "lrrlr" if bare else "lrrl", rows, tuple(tone for _, tone, _ in found),
                    (10, 3, 4, 4, 4) if bare else (11, 3, 4, 4), 3, tuple(depth for _, _, depth in found))
    idle = [c["id"] for c in figures["commitments"] if not c["outcomes"]]
    if idle:
        yield Prose(f"No window of {listed(idle)} ended in this period.", "quiet")


def _missed(o: Mapping[str, Any]) -> bool:
    return o["verdict"] in _WORDS and o["verdict"] != "met"


def _rows(commitment: Mapping[str, Any], most: int) -> Iterator[tuple[tuple[str, ...], Tone, int]]:
    """(cells, tone, depth): the promise, and below it its results that were not met where there are several."""
    outcomes = commitment["outcomes"]
    says = commitment["id"] + (f": {commitment['says']}" if commitment["says"] != commitment["sentence"] else "")
    if len(outcomes) == 1:
        o = outcomes[0]
        yield (says, o["target"], o["value"], verdict_text(o["verdict"], provisional=o["provisional"]), _without(o)), TONE[o["verdict"]], 0
        return
    judged = [o for o in outcomes if o["verdict"] in _WORDS]
    met = sum(1 for o in judged if o["verdict"] == "met")
    targets = {o["target"] for o in outcomes}
    target = targets.pop() if len(targets) == 1 else "by result"
    so_far = all(o["provisional"] for o in outcomes)
    result = f"{met:,} of {len(judged):,} met" if judged else "-"
    yield (says, target, result, verdict_text(commitment["verdict"], provisional=so_far), ""), TONE[commitment["verdict"]], 0
    missed = [o for o in judged if _missed(o)]
    several = len({o["window"] for o in outcomes}) > 1
    # of more than are shown, the worst
    shown = missed if len(missed) <= most else sorted(missed, key=lambda o: (_ORDER.index(o["verdict"]), distance(o)))[:most]
    for o in shown:
        name = ", ".join(words for words in (group_text(o["group"], o["part"]), o["window"] if several else "") if words)
        yield (name, o["target"], o["value"], verdict_text(o["verdict"], provisional=o["provisional"]), _without(o)), TONE[o["verdict"]], 1
    if len(missed) > most > 0:
        yield (f"and {len(missed) - most:,} more that {'was' if len(missed) - most == 1 else 'were'} not met", "", "", "", ""), "quiet", 1


def _without(o: Mapping[str, Any]) -> str:
    value: str = o["without"]["value"]
    return value if value != o["value"] else ""

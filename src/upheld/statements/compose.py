"""Compose: the document of a statement, made of its signed figures alone.

Law: everything said here stands in the figures; anybody who has them can make the same document. First what a board asks, then how
each figure came about, then what is open, what is not known, and how to verify.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upheld.assessment.show import show_duration
from upheld.remedies.settlement import show_money
from upheld.statements.charts import charts_of
from upheld.statements.model import Block, Document, Heading, Pairs, Prose, Table, Tone
from upheld.values.instant import format_instant, parse_instant

__all__ = ["compose"]

_TONE: dict[str, Tone] = {"met": "good", "breached": "bad", "deviation": "warn", "unknown": "warn", "not applicable": "quiet"}
_STATE = {"owed": "owed", "claimable": "owed if claimed", "to choose": "owed; the customer may choose", "lapsed": "lapsed",
          "not owed": "not owed", "unknown": "not known yet"}
_MANY = 12


def compose(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Document:
    """The document of an envelope and its figures."""
    agreement, period = figures["agreement"], figures["period"]
    badge = "PROVISIONAL" if figures["provisional"] else f"REVISION {envelope['revision']}" if envelope["revision"] > 1 else ""
    blocks = [*_first_page(envelope, figures), *_changes(envelope, figures), *_credits(figures), *_after(figures), *_details(figures),
              *_gaps(figures), *_basis(envelope, figures)]
    return Document("Statement of service levels", agreement["title"], badge, tuple(blocks), envelope["figures_sha256"],
                    f"{period['label']} ({period['dates']})", period["end"])


# ---- the first page -------------------------------------------------------------------------------------------------


def _first_page(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[Block]:
    agreement, period = figures["agreement"], figures["period"]
    parties = [(role.capitalize(), said.get("name", "")) for role, said in agreement["parties"].items()]
    judging = [v["version"] for v in agreement["versions"] if v["judges"]] or [v["version"] for v in agreement["versions"]][-1:]
    yield Pairs((
        *parties,
        ("Period", f"{period['label']}, {period['dates']} ({agreement['zone']})"),
        ("Agreement", f"{agreement['id']}, version {' and '.join(judging)}"),
        ("Known until", envelope["facts_until"] + (f", as known at {envelope['as_of']}" if envelope["as_of"] else "")),
    ))
    if figures["provisional"]:
        yield Prose("This statement is provisional: the period has not ended, or not all of it is known yet. It is not signed, and its figures "
                    "may still change.", "warn")
    yield Prose(_in_a_sentence(figures))
    yield from _owed(figures)
    yield Heading("The promises")
    rows, tones = [], []
    for commitment in figures["commitments"]:
        for row in _promise_rows(commitment):
            rows.append(row[1:])
            tones.append(_TONE[row[0]])
    idle = [c["id"] for c in figures["commitments"] if not c["outcomes"]]
    if any(row[4] for row in rows):
        yield Table(("promise", "target", "result", "verdict", "nothing excluded"), "lrrlr", tuple(rows), tuple(tones), (8, 3, 3, 3, 3), 3)
    else:
        yield Table(("promise", "target", "result", "verdict"), "lrrl", tuple(row[:4] for row in rows), tuple(tones), (8, 3, 3, 3), 3)
    if idle:
        yield Prose(f"No window of {_listed(idle)} ended in this period.", "quiet")
    yield from charts_of(figures)


def _in_a_sentence(figures: Mapping[str, Any]) -> str:
    verdicts = [c["verdict"] for c in figures["commitments"] if c["outcomes"]]
    counted = [(v, verdicts.count(v)) for v in ("met", "breached", "deviation", "unknown")]
    words = {"met": "kept", "breached": "breached", "deviation": "missed without being a breach", "unknown": "not known"}
    parts = [f"{n} {words[v]}" for v, n in counted if n]
    n = len(verdicts)
    if not n:
        return "Nothing was to be measured in this period."
    return f"Of {n} promise{'s' if n != 1 else ''} measured in this period, {_listed(parts) if parts else 'none asked for a verdict'}."


def _owed(figures: Mapping[str, Any]) -> Iterator[Block]:
    totals, currency = figures["totals"], figures["totals"]["currency"]
    if not figures["credits"]:
        yield Prose("No credit is owed for this period.")
        return
    states = totals["by_state"]
    owed = [f"{_STATE[s]}: {show_money(states[s]['minor'], currency)}" for s in ("owed", "to choose", "claimable", "lapsed") if s in states]
    if totals["unknown_lines"]:
        n = totals["unknown_lines"]
        owed.append(f"not known yet: {n} line{'s' if n != 1 else ''}")
    yield Prose(f"Credit for this period: {show_money(totals['owed_minor'], currency)} ({'; '.join(owed) or 'nothing owed'}).",
                "bad" if totals["owed_minor"] else "plain")
    claims = sorted({c["claim_by"] for c in figures["credits"] if c["state"] == "claimable" and c["claim_by"]})
    if claims:
        missing = sorted({need for c in figures["credits"] if c["state"] == "claimable" for need in c["missing"]})
        with_what = f", with {', '.join(missing)}" if missing else ""
        day = _day(claims[0], figures["agreement"]["zone"])
        yield Prose(f"To be claimed by the end of {day}{with_what}; what is not claimed in time lapses.", "warn")


def _promise_rows(commitment: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """(verdict, promise, target, result, verdict in words, nothing excluded) of a commitment: each result, or the worst of many."""
    outcomes = commitment["outcomes"]
    shown = outcomes
    if len(outcomes) > _MANY:
        bad = [o for o in outcomes if o["verdict"] in ("breached", "unknown", "deviation")]
        shown = bad[:_MANY]
        met = sum(1 for o in outcomes if o["verdict"] == "met")
        verdict = commitment["verdict"]
        yield verdict, commitment["id"], _target(outcomes[0]), f"{met} of {len(outcomes)} met", _verdict(verdict, provisional=False), ""
    for o in shown:
        without = o["without"]["value"] if o["without"]["value"] != o["value"] else ""
        yield o["verdict"], _name(commitment, o), _target(o), o["value"], _verdict(o["verdict"], provisional=o["provisional"]), without


def _name(commitment: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    several = len({(o["window"]) for o in commitment["outcomes"]}) > 1
    parts = [commitment["id"], _group(outcome["group"]), outcome["part"], outcome["window"] if several else ""]
    return ", ".join(part for part in parts if part)


def _group(group: Mapping[str, str]) -> str:
    return ", ".join(str(v) for _, v in sorted(group.items()))


def _target(outcome: Mapping[str, Any]) -> str:
    return str(outcome["target"] or "-")


def _verdict(verdict: str, *, provisional: bool) -> str:
    return verdict + (" so far" if provisional else "")


# ---- revisions ------------------------------------------------------------------------------------------------------


def _changes(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[Block]:
    changes = envelope.get("changes") or []
    if envelope["revision"] < 2:
        return
    yield Heading(f"What changed since revision {envelope['revision'] - 1}")
    minor = sum(c["minor"] for c in changes)
    lines = f"{len(changes)} line{'s' if len(changes) != 1 else ''}"
    yield Prose(f"Facts that came to be known later, or were corrected, changed {lines}; what is owed changes by "
                f"{show_money(minor, figures['totals']['currency'])}. Revision {envelope['revision'] - 1} stays on record.")
    rows = tuple((c["key"], c["old"] or "not there", c["new"] or "gone") for c in changes)
    yield Table(("line", "before", "now"), "lll", rows, (), (4, 3, 3))


# ---- details --------------------------------------------------------------------------------------------------------


def _details(figures: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Promise by promise")
    for commitment in figures["commitments"]:
        yield Heading(commitment["id"], 3)
        yield Prose(commitment["says"])
        if commitment["sentence"] and commitment["sentence"] != commitment["says"]:
            yield Prose(f"As a rule: {commitment['sentence']}", "quiet")
        if commitment["outcomes"]:
            yield from _outcomes(commitment)
        if commitment["clause"]:
            yield Prose(f"Clause: {commitment['clause']}", "quiet")


def _outcomes(commitment: Mapping[str, Any]) -> Iterator[Block]:
    """The results as one table, what was left out or is not known below it, and the stretches of time where there are few results."""
    outcomes = commitment["outcomes"]
    rows = tuple(
        (_result(o), _target(o), o["value"], _verdict(o["verdict"], provisional=o["provisional"]),
         f"{o['without']['value']} {o['without']['verdict']}", _counted(o["counts"])) for o in outcomes)
    tones = tuple(_TONE[o["verdict"]] for o in outcomes)
    yield Table(("result", "target", "value", "verdict", "nothing excluded", "counted"), "lrrlll", rows, tones, (6, 3, 3, 3, 4, 4), 3)
    for o in outcomes:
        for words in _remarks(o):
            yield Prose(f"{_result(o)}: {words}", "quiet")
    for o in outcomes if len(outcomes) <= 4 else ():
        spans = [s for s in o["spans"] or () if s["why"] != "unknown"]
        if spans:
            yield Table(("from", "to", "length", "counted as"), "llrl", tuple(
                (_stamp(s["start"]), _stamp(s["end"]), show_duration(_us(s["end"]) - _us(s["start"]), days=True),
                 s["why"] + (f" ({s['clause']})" if s["clause"] and s["why"] != "down" else "")) for s in spans), (), (4, 4, 3, 4))


def _result(o: Mapping[str, Any]) -> str:
    return ", ".join(part for part in (_group(o["group"]), o["part"], o["window"]) if part)


def _counted(counts: Mapping[str, Any]) -> str:
    told = [f"{counts['measured']} measured"]
    told += [f"{counts[k]} {words}" for k, words in (("left_out", "left out"), ("pending", "pending"), ("undecided", "undecided")) if counts[k]]
    return ", ".join(told)


def _remarks(o: Mapping[str, Any]) -> Iterator[str]:
    if o["reason"]:
        yield o["reason"]
    left = [f"{show_duration(us)} left out by {name}" for name, us in sorted(o["counts"]["left_out_us"].items()) if us]
    if left:
        yield _listed(left)
    if o["counts"]["unknown_us"]:
        yield f"{show_duration(o['counts']['unknown_us'], days=True)} that nobody watched"


def _us(stamp: str) -> int:
    return parse_instant(stamp)


def _day(stamp: str, zone: str) -> str:
    """The last local day before a deadline that falls on a midnight (or its own day)."""
    return format_instant(_us(stamp) - 1, zone)[:10]


def _stamp(text: str) -> str:
    """``2026-03-01 09:00:00Z``: as in the figures, with a space to break at."""
    return text.replace("T", " ", 1)


# ---- money ----------------------------------------------------------------------------------------------------------


def _credits(figures: Mapping[str, Any]) -> Iterator[Block]:
    if not figures["credits"]:
        return
    yield Heading("Credits, with their working")
    rows, tones = [], []
    for c in figures["credits"]:
        name = ", ".join(part for part in (c["commitment"], _group(c["group"]), c["case"], c["window"]) if part)
        rows.append((name, "; ".join(_working(c)), _credit_state(c, figures["agreement"]["zone"]), c["shown"]))
        tones.append(_credit_tone(c["state"]))
    yield Table(("for", "working", "state", "amount"), "lllr", tuple(rows), tuple(tones), (4, 8, 3, 3), 2)


def _working(credit: Mapping[str, Any]) -> list[str]:
    cuts = [f"{cut['text']}, so {show_money(cut['cut_minor'], credit['currency'])} less" for cut in credit["cuts"]]
    reason = [credit["reason"]] if credit["reason"] and credit["reason"] not in credit["working"] else []
    return [*credit["working"], *cuts, *reason]


def _credit_state(credit: Mapping[str, Any], zone: str) -> str:
    text = _STATE[credit["state"]]
    if credit["kind"] in ("reward", "earned back"):
        text = credit["kind"]
    if credit["claim_by"] and credit["state"] == "claimable":
        text += f" by {_day(credit['claim_by'], zone)}"
    if credit["disputed"]:
        text += f"; disputed ({credit['disputed']})"
    return text + (", so far" if credit["provisional"] else "")


def _credit_tone(state: str) -> Tone:
    return "bad" if state in ("owed", "to choose", "claimable") else "warn" if state == "unknown" else "quiet"


def _after(figures: Mapping[str, Any]) -> Iterator[Block]:
    """Rights, duties, and what the parties said."""
    rights, duties, acts = figures["rights"], figures["duties"], figures["acts"]
    if rights:
        yield Heading("Rights")
        yield Table(("who may", "why", "until", "state"), "llll", tuple(
            (f"{r['to']} may {r['give']}", r["why"], _stamp(r["use_by"] or "-")[:10], r["state"]) for r in rights), (), (4, 6, 3, 2))
    if duties:
        yield Heading("Duties that follow")
        home = figures["agreement"]["zone"]
        yield Table(("what", "who", "due by", "state"), "llll", tuple(
            (f"{d['do']} ({d['commitment']} {d['window']})", d["by"], _day(d["due"], home), d["state"]) for d in duties), (), (6, 3, 4, 2))
    if acts:
        yield Heading("Claims, disputes and decisions")
        rows = ((act["kind"] + (" (open)" if act.get("open") else ""), _act(act), act["actor"], _stamp(act["at"])[:16]) for act in acts)
        yield Table(("what", "about", "by", "when"), "llll", tuple(rows), (), (3, 7, 3, 4))


def _act(act: Mapping[str, Any]) -> str:
    said = "; ".join(f"{k}: {v}" for k, v in sorted(act["says"].items()))
    return f"{act['about']} ({said})" if said else str(act["about"])


# ---- what is not known, and what it rests on ------------------------------------------------------------------------


def _gaps(figures: Mapping[str, Any]) -> Iterator[Block]:
    gaps = figures["gaps"]
    rows = [(f"{name}: time nobody watched", show_duration(us, days=True)) for name, us in sorted(gaps["unknown_us"].items())]
    rows += [("cases not decided yet", str(gaps["pending"]))] if gaps["pending"] else []
    rows += [("facts that do not say what a clause asks", str(gaps["undecided"]))] if gaps["undecided"] else []
    rows += [(f"rows that could not be read: {slug}", str(n)) for slug, n in sorted(gaps["refused_rows"].items())]
    yield Heading("What is not known")
    if rows:
        yield Pairs(tuple(rows))
    else:
        yield Prose("Nothing: all of the period was watched, every case is decided, every row could be read.")
    for note in figures["notes"]:
        yield Prose(note, "quiet")


def _basis(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("What this rests on, and how to verify it")
    rows = [("figures, SHA-256", envelope["figures_sha256"])]
    rows += [(f"agreement version {version['version']}, SHA-256", version["sha256"]) for version in figures["agreement"]["versions"]]
    rows += [("records", f"the first {part['size']} of {part['origin']}") for part in envelope.get("basis") or ()]
    rows.append(("made by", f"{envelope['engine']}, language {envelope['semantics']}"))
    yield Pairs(tuple(rows))
    if figures["provisional"]:
        yield Prose("A provisional statement has no evidence with it.", "quiet")
        return
    yield Prose(
        "The signed figures are the proof; this page only renders them. The folder it came in holds all records, the signed checkpoint "
        "and verify.py, which checks them with nothing but Python: python3 verify.py. With Upheld, `upheld verify` also works the figures "
        "out anew. This shows that the records are complete and unchanged and that the figures follow from them; it does not show that "
        "what was recorded is true, nor that nothing was left unrecorded.")


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


"""Compose: the document of a statement, made of its signed figures alone.

Law: everything said here stands in the figures or their envelope; anybody who has them can make the same document. First what a board
asks, then how each figure came about, then what is open, what is not known, and how to verify.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from upheld.statements.charts import charts_of
from upheld.statements.details import credits_of, details_of, follows_of
from upheld.statements.model import Block, Chart, Document, Heading, Highlights, Pairs, Prose, Table, seen
from upheld.statements.summary import promises_of, summary_of
from upheld.statements.words import counted, day, duration, listed, local, money

__all__ = ["compose"]

MOST_CHANGES = 400
_PROOF = "The signed figures are the proof; this page only renders them."


def compose(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Document:
    """The document of an envelope and its figures."""
    agreement, period = figures["agreement"], figures["period"]
    label, dates = _named(period)
    badge = "PROVISIONAL" if figures["provisional"] else f"REVISION {envelope['revision']}" if envelope["revision"] > 1 else ""
    parties = [said["name"] for _, said in _parties(agreement) if said.get("name")]
    blocks = [*_first_page(envelope, figures), *_changes(envelope, figures), *credits_of(figures), *follows_of(figures),
              *charts_of(figures), *details_of(figures), *_gaps(figures), *_basis(envelope, figures)]
    return Document("Statement of service levels", seen(agreement["title"]), seen(" \u00b7 ".join(parties) or agreement["id"]), badge,
                    tuple(_clean(b) for b in blocks), envelope["figures_sha256"], seen(f"{label} ({dates})" if label else dates), period["end"],
                    "Nothing of it is signed yet, and its figures may still change." if figures["provisional"] else _PROOF)


def _clean(block: Block) -> Block:
    """The block with its texts in one line each and nothing unseen in them: facts are untrusted."""
    match block:
        case Heading() | Prose():
            return replace(block, text=seen(block.text))
        case Pairs():
            return Pairs(tuple((seen(k), seen(v)) for k, v in block.rows))
        case Highlights():
            return Highlights(tuple((seen(a), seen(b), seen(c), tone) for a, b, c, tone in block.rows))
        case Table():
            return replace(block, title=seen(block.title), rows=tuple(tuple(seen(cell) for cell in row) for row in block.rows))
        case Chart():
            rows = tuple(tuple(seen(cell) for cell in row) for row in block.rows)
            return replace(block, title=seen(block.title), says=seen(block.says), rows=rows)


# ---- the first page -------------------------------------------------------------------------------------------------


def _parties(agreement: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    """Role and what is said of it: the two sides first; not in the order of a mapping, which signed figures do not keep."""
    first = ("provider", "customer")
    return sorted(agreement["parties"].items(), key=lambda pair: (first.index(pair[0]) if pair[0] in first else len(first), pair[0]))


def _named(period: Mapping[str, Any]) -> tuple[str, str]:
    """The name of a period and its dates; where one says the other (a day, or from one date to another), the dates alone."""
    first, _, last = period["dates"].partition(" to ")
    if ".." in period["label"] or first == last:
        return "", first if first == last else str(period["dates"])
    return str(period["label"]), str(period["dates"])


def _first_page(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[Block]:
    agreement, period, zone = figures["agreement"], figures["period"], figures["agreement"]["zone"]
    parties = [(role.capitalize(), said.get("name") or "-") for role, said in _parties(agreement)]
    judging = [v["version"] for v in agreement["versions"] if v["judges"]] or [v["version"] for v in agreement["versions"]][-1:]
    same = envelope["as_of"] == envelope["facts_until"]
    known = f", as known at {'that time' if same else local(envelope['as_of'], zone)}" if envelope["as_of"] else ""
    yield Pairs((
        *parties,
        ("Period", f"{', '.join(part for part in _named(period) if part)} ({zone})"),
        ("Agreement", f"{agreement['id']}, version{'s' if len(judging) > 1 else ''} {listed(judging)}"),
        ("Facts until", local(envelope["facts_until"], zone) + known),
    ))
    if figures["provisional"]:
        yield Prose("This statement is provisional: the period has not ended, or not all of it is known yet. It is not signed, and its figures "
                    "may still change.", "warn")
    elif envelope["revision"] > 1:
        yield Prose(f"This is revision {envelope['revision']}. It takes the place of revision {envelope['revision'] - 1}, which stays on "
                    "record; what changed is listed below.", "warn")
    yield from summary_of(figures)
    if not figures["provisional"]:
        yield Prose("To verify it, run python3 verify.py in the folder it came in. The signed figures are the proof, not this page; "
                    f"they have the SHA-256 {envelope['figures_sha256']}.", "quiet")
    yield from promises_of(figures)


def _changes(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[Block]:
    changes = envelope.get("changes") or []
    if envelope["revision"] < 2:
        return
    before = envelope["revision"] - 1
    yield Heading(f"What changed since revision {before}")
    minor = sum(c["minor"] for c in changes)
    owed = f"changes by {money(minor, figures)}" if minor else "stays the same"
    yield Prose(f"What came to be known later, or was corrected, changed {counted(len(changes), 'line')}; what is owed {owed}.")
    rows = tuple((f"{c['what']}: {c['key']}", c["old"] or "not there", c["new"] or "gone") for c in changes[:MOST_CHANGES])
    yield Table(f"What changed since revision {before}", ("line", "before", "now"), "lll", rows, (), (5, 3, 3))
    if len(changes) > MOST_CHANGES:
        yield Prose(f"The first {MOST_CHANGES} of {len(changes)} are listed; all are in statement.json.", "quiet")


# ---- what is not known, and what it rests on ------------------------------------------------------------------------


def _gaps(figures: Mapping[str, Any]) -> Iterator[Block]:
    gaps = figures["gaps"]
    rows = [(f"{name}: time nobody watched", duration(us)) for name, us in sorted(gaps["unknown_us"].items())]
    rows += [("Cases not decided yet", str(gaps["pending"]))] if gaps["pending"] else []
    rows += [("Facts that do not say what a clause asks", str(gaps["undecided"]))] if gaps["undecided"] else []
    rows += [(f"Rows that could not be read: {slug}", str(n)) for slug, n in sorted(gaps["refused_rows"].items())]
    yield Heading("What is not known")
    if rows:
        yield Pairs(tuple(rows))
    elif figures["provisional"]:
        yield Prose("What is still to come of the period. Of what has passed: nothing.")
    else:
        yield Prose("Nothing: all of the period was watched, every case is decided, every row could be read.")
    for note in figures["notes"]:
        yield Prose(f"{note[:1].upper()}{note[1:].rstrip('.')}.", "quiet")


def _basis(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("What this rests on, and how to verify it")
    rows = [("Figures, SHA-256", envelope["figures_sha256"])]
    for version in figures["agreement"]["versions"]:
        since = f"in force from {day(version['from'], figures['agreement']['zone'])}"
        rows.append((f"Agreement version {version['version']}", f"{since}; SHA-256 {version['sha256']}"))
    rows += [("Records", f"the first {part['size']} of the log {part['origin']}") for part in envelope.get("basis") or ()]
    rows += [("Revision", str(envelope["revision"]))] if envelope["revision"] else []
    rows += [("Takes the place of", f"the statement with SHA-256 {envelope['previous']}")] if envelope.get("previous") else []
    rows.append(("Made by", f"{envelope['engine']}, language {envelope['semantics']}"))
    yield Pairs(tuple(rows))
    if figures["provisional"]:
        yield Prose("Nothing is signed before the period has ended and all of it is known: these figures prove nothing yet.")
        return
    yield Prose(_PROOF + " The folder it came in holds all records, the signed checkpoint and verify.py, which checks them with nothing but "
                "Python: python3 verify.py. With Upheld, upheld verify also works the figures out anew. This shows that the records are "
                "complete and unchanged and that the figures follow from them; it does not show that what was recorded is true, nor that "
                "nothing was left unrecorded.")

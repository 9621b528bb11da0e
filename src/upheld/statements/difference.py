"""Differences between two revisions of a statement, line by line.

Law: a revision never edits the one before; figures that differ have a difference, whatever it is in; the changes of money sum to the
change of the total: what revision 1 owes and all differences give what the last one owes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from upheld.assessment.show import show_duration

__all__ = ["COUNTING", "Change", "Difference", "difference", "key_text"]

COUNTING = ("owed", "claimable", "to choose")
"""The states of a credit that are, or may be, paid."""

_TOLD_APART = ("commitments", "credits", "rights", "duties", "acts")
"""The parts of the figures told line by line."""


_ORDER = ("outcome", "credit", "right", "duty", "act", "earlier window", "trend", "statement")


@dataclass(frozen=True, slots=True)
class Change:
    """One line that differs: what it is (an outcome, a credit, …), its key, both readings; ``minor``: the change of what is owed."""

    what: str
    key: str
    old: str
    new: str
    minor: int = 0

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.what} {self.key}: {self.old or 'not there'} -> {self.new or 'gone'}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes: outcomes, credits, what follows from them, then everything else."""

    changes: tuple[Change, ...]

    @property
    def minor(self) -> int:
        """The change of what is owed, in minor units."""
        return sum(change.minor for change in self.changes)

    def records(self) -> list[dict[str, Any]]:
        """As plain data."""
        return [{"what": c.what, "key": c.key, "old": c.old, "new": c.new, "minor": c.minor} for c in self.changes]


class _Said(NamedTuple):
    """A line of the figures: its key and its reading in words, what it is made of, and what it adds to what is owed."""

    key: str
    words: str
    record: Any
    minor: int = 0


_Lines = dict[tuple[str, Hashable], _Said]


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """What changed from the figures ``old`` to the figures ``new``: nothing if and only if they are the same."""
    both = _remembered(old) & _remembered(new)
    was, now = _lines(old, both), _lines(new, both)
    found = []
    for at in dict.fromkeys([*was, *now]):
        one, other = was.get(at), now.get(at)
        if one is None or other is None or one.record != other.record:
            found.append(_change(at[0], one, other))
    # sums, verdicts of a whole and the last points of a trend follow from its lines: told only where nothing else explains them
    told = [c for c in found if not _follows_from_lines(c)] or found
    return Difference(tuple(sorted(told, key=lambda c: (_ORDER.index(c.what), c.key))))


def _follows_from_lines(change: Change) -> bool:
    whole = change.key.startswith("totals.") or change.key.split(".")[-1] == "verdict"
    return change.what == "trend" or (change.what == "statement" and whole)


def _change(what: str, one: _Said | None, other: _Said | None) -> Change:
    old, new = one.words if one is not None else "", other.words if other is not None else ""
    if one is not None and other is not None and old == new:
        # the same in words: what lies behind the words tells them apart
        name, a, b = next(_leaves_apart(one.record, other.record))
        old, new = f"{old} ({name} {a})".lstrip(), f"{new} ({name} {b})".lstrip()
    key = (other or one or _Said("", "", None)).key
    return Change(what, key, old, new, (other.minor if other is not None else 0) - (one.minor if one is not None else 0))


# ---- figures as lines -----------------------------------------------------------------------------------------------


def _lines(figures: Mapping[str, Any], both: set[str]) -> _Lines:
    """The lines by kind and key. ``both``: the results whose past both figures show."""
    found: _Lines = {}
    for kind, said in (*_outcomes(figures), *_credits(figures), *_follows(figures), *_past(figures, both), *_rest(figures)):
        # a key that several bear is counted on, so that none hides another
        at: tuple[str, Hashable] = (kind, said.key)
        n = 2
        while at in found:
            at = (kind, (said.key, n))
            n += 1
        found[at] = said
    return found


def _outcomes(figures: Mapping[str, Any]) -> Iterator[tuple[str, _Said]]:
    for commitment in figures["commitments"]:
        for o in commitment["outcomes"]:
            words = f"{o['value']} {o['verdict']}{' so far' if o['provisional'] else ''}"
            yield "outcome", _Said(key_text(commitment["id"], o["group"], o["window"], o["part"], f"v{o['version']}"), words, o)


def _credits(figures: Mapping[str, Any]) -> Iterator[tuple[str, _Said]]:
    for c in figures["credits"]:
        minor = c["amount_minor"] if c["state"] in COUNTING else 0
        yield "credit", _Said(c["key"], f"{c['shown']}, {c['state']}", c, minor or 0)


def _follows(figures: Mapping[str, Any]) -> Iterator[tuple[str, _Said]]:
    for r in figures["rights"]:
        yield "right", _Said(key_text(r["clause"], r["group"], r["opened_at"]), f"{r['to']} may {r['give']}: {r['state']}", r)
    for d in figures["duties"]:
        yield "duty", _Said(key_text(d["clause"], d["group"], d["window"]), f"{d['do']}: {d['state']}", d)
    for a in figures["acts"]:
        words = f"{a['kind']} by {a['actor']}" + ("" if a.get("open") is None else " (open)" if a["open"] else " (decided)")
        yield "act", _Said(key_text(a["about"], {}, a["at"], a["kind"]), words, a)


def _remembered(figures: Mapping[str, Any]) -> set[str]:
    return {key_text(c["id"], past["group"], past["part"]) for c in figures["commitments"] for past in c["history"]}


def _past(figures: Mapping[str, Any], both: set[str]) -> Iterator[tuple[str, _Said]]:
    """The windows before; those of this period, and those of results that only one of the figures has, follow from the outcomes."""
    for commitment in figures["commitments"]:
        own = {key_text("", o["group"], o["window"], o["part"]) for o in commitment["outcomes"]}
        for past in commitment["history"]:
            for w in past["windows"]:
                follows = key_text("", past["group"], w["window"], past["part"]) in own
                follows = follows or key_text(commitment["id"], past["group"], past["part"]) not in both
                kind = "trend" if follows else "earlier window"
                yield kind, _Said(key_text(commitment["id"], past["group"], w["window"], past["part"]),
                                              f"{w['value']} {w['verdict']}", w)


def _rest(figures: Mapping[str, Any]) -> Iterator[tuple[str, _Said]]:
    """Everything else, leaf by leaf."""
    others = {k: v for k, v in figures.items() if k not in _TOLD_APART}
    others["commitments"] = {c["id"]: {k: v for k, v in c.items() if k not in ("outcomes", "history")} for c in figures["commitments"]}
    for name, value in _leaves(others):
        words = show_duration(value, days=True) if name.startswith("gaps.unknown_us.") else _plain(value)
        yield "statement", _Said(name, words, value)


def key_text(name: str, group: Mapping[str, str], *more: str) -> str:
    """``uptime/region=eu/2026-03``: what a line is about."""
    return "/".join(part for part in (name, "; ".join(f"{k}={v}" for k, v in sorted(group.items())), *more) if part)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of everything in plain data, in order of names; empty lists and mappings are leaves."""
    inner = sorted(value.items()) if isinstance(value, Mapping) else list(enumerate(value, 1)) if isinstance(value, list) else []
    if not inner:
        yield name, value
    for key, one in inner:
        yield from _leaves(one, f"{name}.{key}" if name else str(key))


def _leaves_apart(one: Any, other: Any) -> Iterator[tuple[str, str, str]]:
    a, b = dict(_leaves(one)), dict(_leaves(other))
    missing = object()
    for name in sorted({*a, *b}):
        left, right = a.get(name, missing), b.get(name, missing)
        if left != right or type(left) is not type(right):
            yield name, "not there" if left is missing else _plain(left), "not there" if right is missing else _plain(right)


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return "empty" if isinstance(value, list | dict) else str(value)

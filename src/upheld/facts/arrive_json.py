"""A fact as JSON becomes an arrival, or everything that is wrong with it is told at once, each with the place it stands at.

Law: nothing is guessed, rounded or passed over. Times are RFC 3339 with an offset, numbers exact decimals of at most 15 digits and 9
decimals, money a text or whole minor units; a key nobody knows is wrong; attributes stand under ``says``. A fact that calls itself later than
the clock here by more than two minutes is refused; up to that it is taken, and ``at > recorded at`` keeps telling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_texts import LONGEST_NAME, LONGEST_TEXT, name_fault, text_fault
from upheld.facts.arrive_values import amount_of, currency_fault, decimal_of, instant_of, literal_of, minor_of, whole_of
from upheld.facts.json_text import Doubled
from upheld.facts.spec import Shape
from upheld.facts.tables import OPEN

__all__ = ["AHEAD_US", "FURTHEST_US", "SHAPES", "Fault", "Form", "arrival_of"]

AHEAD_US = 120_000_000
"""How far a source's clock may stand before ours, µs."""
FURTHEST_US = 3653 * 86_400_000_000            # calendars are compiled to the last instant anybody spoke of

_MOST_ATTRIBUTES = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. ``row`` from 0; ``pointer``: RFC 6901, within the row."""

    row: int
    pointer: str
    slug: str
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The keys of a shape as they are sent: a star marks what must be there. ``past``: the time that may not lie in the future; ``planned``:
    unless the fact says of itself that it is planned (an agreed date, a change that is to begin), which is no part of what is recorded.
    """

    shape: Shape
    texts: tuple[str, ...]
    times: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    past: str = ""
    planned: bool = False


SHAPES: Mapping[str, Form] = MappingProxyType({
    "event": Form("events", ("case*", "event*"), ("at*",), past="at", planned=True),
    "interval": Form("intervals", ("kind*", "subject"), ("start*", "end"), ("weight",)),
    "sample": Form("samples", ("series*",), ("at*",), ("value*",), past="at"),
    "count": Form("counts", ("series*",), ("start*", "end*"), ("good", "total*"), past="end"),
    "subscription": Form("subscriptions", ("customer*", "agreement", "tier"), ("from*", "until")),
    "charge": Form("charges", ("customer*", "currency*"), ("from*", "until*"), ("amount", "minor")),
    "declaration": Form("declarations", ("kind*", "about", "actor"), ("at*",), past="at"),
    "coverage": Form("coverage", ("what*",), ("from*", "until*"), past="until"),
})
"""What a fact's ``shape`` may be. An interval or subscription without an end is still open."""

_EVERY = ("shape", "source", "id", "says", "replaces", "void", "rank", "known_at")
_PLANNED = "planned"
_STORED = {"kind": "what_kind", "from": "start", "until": "end"}
_ABOUT = frozenset(("about", "actor"))
"""Names that may be as long as a text: what a declaration is about can be a whole selector."""


@dataclass(slots=True)
class _Reading:
    """One row on its way: collects faults and goes on."""

    row: int
    now: int
    body: Mapping[str, object]
    faults: list[Fault] = field(default_factory=list)

    def say(self, pointer: str, slug: str, message: str, help: str = "") -> None:  # noqa: A002 - the word of every finding
        self.faults.append(Fault(self.row, pointer, slug, message, help))

    def read(self, key: str, how: Callable[[object], tuple[object, tuple[str, str, str] | None]], *, needed: bool = False) -> object:
        """What the key says, None where it says nothing or something wrong, which is told."""
        given = self.body.get(key)
        if given is None:
            if needed:
                self.say(f"/{key}", "missing-value", f"says nothing, and a fact of this shape needs its {key}")
            return None
        value, wrong = how(given)
        if wrong is not None:
            self.say(f"/{key}", *wrong)
            return None
        return value


def arrival_of(value: object, now: int, row: int = 0) -> Arrival | tuple[Fault, ...]:
    """The arrival a JSON value (of ``json_text.read_json``) spells at ``now`` (µs UTC), or its faults."""
    if not isinstance(value, dict):
        return (Fault(row, "", "no-object", "is no JSON object", 'a fact is {"shape": "event", "source": …}'),)
    r = _Reading(row, now, value)
    said = value.get("shape")
    form = SHAPES.get(said) if isinstance(said, str) else None
    if form is None:
        near = get_close_matches(said, SHAPES, 1, 0.7) if isinstance(said, str) and len(said) < 40 else []
        what = f"{_shown(said)!r} is no shape of a fact" if isinstance(said, str) else "says no shape of a fact"
        r.say("/shape", "unknown-shape", what, f"did you mean {near[0]}?" if near else "one of " + ", ".join(SHAPES))
        return tuple(r.faults)
    _keys(r, form)
    source, own = _text(r, "source", needed=True), _text(r, "id", needed=True)
    columns: dict[str, object] = {}
    for key in form.texts:
        name = key.rstrip("*")
        text = _text(r, name, needed=key.endswith("*"))
        if text is not None:
            columns[_STORED.get(name, name)] = text
    times = _times(r, form, columns)
    _numbers(r, form, columns)
    _correction(r, own, columns)
    rank = r.read("rank", whole_of)
    if rank is not None:
        columns["rank"] = rank
    known = r.read("known_at", instant_of)
    if isinstance(known, int) and known > now:
        r.say("/known_at", "future", "lies in the future: nobody knows it yet", "leave known_at out: the fact is known when it is recorded")
    says = _says(r, value.get("says"))
    if says:
        columns["says"] = says
    if r.faults or source is None or own is None:
        return tuple(r.faults)
    subject = str(columns["case"]) if form.shape == "events" else ""
    return Arrival(form.shape, source, own, subject, times[0], columns, known if isinstance(known, int) else None)


def _keys(r: _Reading, form: Form) -> None:
    if isinstance(r.body, Doubled):
        for name in r.body.keys_twice:
            r.say(_pointer(name), "doubled-key", f"{_shown(name)} is said twice", "say each key once")
    known = {k.rstrip("*") for k in (*form.texts, *form.times, *form.numbers, *_EVERY, *([_PLANNED] if form.planned else []))}
    for name in r.body:
        if name not in known:
            near = get_close_matches(name, known, 1) if len(name) < 100 else []
            help_ = f"did you mean {near[0]}?" if near else "attributes stand under says: {…}"
            r.say(_pointer(name), "unknown-key", f"{_shown(name)} is no key of this shape", help_)


def _pointer(name: str) -> str:
    return "/" + _shown(name).replace("~", "~0").replace("/", "~1")


def _shown(name: str) -> str:
    """A key as it can be told back: short, and nothing invisible in it."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:60])


def _text(r: _Reading, key: str, *, needed: bool = False) -> str | None:
    given = r.body.get(key)
    if given is None:
        if needed:
            r.say(f"/{key}", "missing-value", f"says nothing, and a fact of this shape needs its {key}")
        return None
    if type(given) is not str:
        help_ = f'write "{given}"' if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**15 else "write one text"
        r.say(f"/{key}", "type", "is no text", help_)
        return None
    wrong = currency_fault(given) if key == "currency" else name_fault(given, LONGEST_TEXT if key in _ABOUT else LONGEST_NAME)
    if wrong is None and key == "source" and " " in given:
        wrong = ("bad-name", "has a space: a source has one word", "write it with hyphens")
    if wrong is not None:
        r.say(f"/{key}", *wrong)
        return None
    return given


def _times(r: _Reading, form: Form, columns: dict[str, object]) -> list[int]:
    found: dict[str, int] = {}
    for key in form.times:
        name = key.rstrip("*")
        at = r.read(name, instant_of, needed=key.endswith("*"))
        if isinstance(at, int):
            found[name] = at
            columns[_STORED.get(name, name)] = at
        elif r.body.get(name) is None:
            columns[_STORED.get(name, name)] = OPEN
    if len(form.times) == 2:
        first, last = (key.rstrip("*") for key in form.times)
        if first in found and last in found and found[last] <= found[first]:
            if found[last] < found[first]:
                r.say(f"/{last}", "end-before-start", f"lies before its {first}", "exchange the two")
            else:
                r.say(f"/{last}", "no-length", f"is also its {first}: what has no length takes no time", "leave the fact out")
    planned = r.body.get(_PLANNED) if form.planned else None
    if planned is not None and not isinstance(planned, bool):
        r.say(f"/{_PLANNED}", "type", "is neither true nor false")
    elif form.past in found and found[form.past] - r.now > AHEAD_US and not planned:
        date = '; of an agreed date say "planned": true' if form.planned else ""
        r.say(f"/{form.past}", "future", "lies more than two minutes in the future, by the clock here",
              f"set the source's clock, and send a fact when it has happened{date}")
    elif planned and form.past in found and found[form.past] - r.now > FURTHEST_US:
        r.say(f"/{form.past}", "future", "lies more than ten years in the future", "look at the year")
    return list(found.values()) or [0]


def _numbers(r: _Reading, form: Form, columns: dict[str, object]) -> None:
    match form.shape:
        case "samples" | "intervals":
            key = "value" if form.shape == "samples" else "weight"
            read = r.read(key, decimal_of, needed=form.shape == "samples")
            if isinstance(read, tuple):
                columns[key], columns["scale"] = read
                if key == "weight" and read[0] < 0:
                    r.say("/weight", "bad-number", "is negative: it would take time away from others", "a weight is a share, such as 0.5")
        case "counts":
            total, good = r.read("total", whole_of, needed=True), r.read("good", whole_of)
            if isinstance(total, int):
                columns["total"] = total
                if total < 0:
                    r.say("/total", "bad-count", "is negative: a counter that was reset?", "send the difference since the last reading")
            if isinstance(good, int):
                columns["good"] = good
                if good < 0 or (isinstance(total, int) and good > total):
                    r.say("/good", "bad-count", "is not between 0 and the total")
        case "charges":
            _money(r, columns)


def _money(r: _Reading, columns: dict[str, object]) -> None:
    if (r.body.get("amount") is None) == (r.body.get("minor") is None):
        r.say("/amount", "missing-value", "one of amount (a text) and minor (a whole number) is needed", 'write "amount": "19.90"')
        return
    currency = columns.get("currency")
    minor = r.read("minor", minor_of) if r.body.get("amount") is None else \
        r.read("amount", lambda given: amount_of(given, currency if isinstance(currency, str) else ""))
    if isinstance(minor, int):
        columns["minor"] = minor


def _correction(r: _Reading, own: str | None, columns: dict[str, object]) -> None:
    replaces, void = _text(r, "replaces"), r.body.get("void")
    if void is not None and not isinstance(void, bool):
        r.say("/void", "type", "is neither true nor false")
    if replaces is not None:
        columns["replaces"] = replaces
        if replaces == own:
            r.say("/replaces", "self-correction", "is its own id: a correction has an id of its own", "give the correction a new id")
    if void is True:
        columns["void"] = True
        if r.body.get("replaces") is None:
            r.say("/void", "void-alone", "retracts nothing: it names no fact", "add replaces: the id of the fact to retract")


def _says(r: _Reading, given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        r.say("/says", "type", "is no object", 'write "says": {"severity": "1"}')
        return {}
    if isinstance(given, Doubled):
        for name in given.keys_twice:
            r.say(f"/says{_pointer(name)}", "doubled-key", f"{_shown(name)} is said twice", "say each key once")
    if len(given) > _MOST_ATTRIBUTES:
        r.say("/says", "too-many", f"has {len(given):,} attributes; at most {_MOST_ATTRIBUTES} are kept")
        return {}
    said: dict[str, str] = {}
    for name, value in given.items():
        if value is None:
            continue
        wrong = name_fault(name, LONGEST_NAME)
        text, odd = literal_of(value)
        wrong = wrong or odd or text_fault(text, LONGEST_TEXT)
        if wrong is not None:
            r.say(f"/says{_pointer(name)}", *wrong)
        elif text:
            said[name] = text
    return said

"""One fact as JSON: what it becomes, and each way in which it can be wrong, with its slug and pointer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_json import SHAPES, Fault, arrival_of
from upheld.facts.json_text import Doubled, JsonError, NotNumber, Number, read_json
from upheld.facts.leaves import batches_of
from upheld.facts.tables import OPEN
from upheld.values.instant import parse_instant

NOW = parse_instant("2026-11-21T12:00:00Z")
EVENT = {"shape": "event", "source": "desk", "id": "e-1", "case": "INC-1", "event": "opened", "at": "2026-11-21T10:00:00Z"}


def read(text: str | bytes) -> Arrival | tuple[Fault, ...]:
    return arrival_of(read_json(text if isinstance(text, bytes) else text.encode()), NOW)


def event(**more: object) -> str:
    return json.dumps({k: v for k, v in {**EVENT, **more}.items() if v is not ...})


def without(text: str, **values: str) -> str:
    """The text with raw JSON put where a value stands as "@name"."""
    for name, raw in values.items():
        text = text.replace(f'"@{name}"', raw)
    return text


def test_an_event_becomes_an_arrival() -> None:
    taken = read(event(says={"severity": 1, "part": 1.50, "vip": True, "note": None}))
    assert isinstance(taken, Arrival)
    assert (taken.shape, taken.source, taken.id, taken.subject, taken.at) == ("events", "desk", "e-1", "INC-1", parse_instant(str(EVENT["at"])))
    assert taken.columns["says"] == {"severity": "1", "part": "1.5", "vip": "true"}


def test_numbers_in_attributes_keep_their_digits() -> None:
    taken = read(without(event(says={"a": "@a", "b": "@b"}), a="1.50", b="-0.00"))
    assert isinstance(taken, Arrival)
    assert taken.columns["says"] == {"a": "1.50", "b": "0"}


SHAPED = {
    "interval": {"kind": "outage", "subject": "mail", "start": "2026-11-20T10:00:00+01:00", "weight": "0.5"},
    "sample": {"series": "latency", "at": "2026-11-20T10:00:00.123456789Z", "value": "3.140"},
    "count": {"series": "requests", "start": "2026-11-20T10:00:00Z", "end": "2026-11-20T10:05:00Z", "good": 9, "total": 10},
    "subscription": {"customer": "acme", "tier": "gold", "from": "2026-01-01T00:00:00Z"},
    "charge": {"customer": "acme", "currency": "EUR", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z", "amount": "19.90"},
    "declaration": {"kind": "acknowledged", "about": "a/b/c/d", "actor": "ann", "at": "2026-11-21T12:01:00Z"},
    "coverage": {"what": "cases", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    "event": {"case": "INC-1", "event": "opened", "at": "2026-11-21T10:00:00Z"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_and_its_leaf_gives_it_back(shape: str) -> None:
    taken = read(json.dumps({"shape": shape, "source": "s", "id": "x", **SHAPED[shape], "says": {"k": "v"}}))
    assert isinstance(taken, Arrival), taken
    [batch] = batches_of([taken.leaf(1, NOW)])
    assert (batch.shape, batch.source, batch.ids.names if batch.ids else ()) == (taken.shape, "s", ("x",))
    assert batch.attributes["k"].names == ("v",)
    for name, column in (*batch.times.items(), *batch.numbers.items()):
        assert int(column[0]) == taken.columns[name], name


def test_exact_numbers() -> None:
    sample = read(json.dumps({"shape": "sample", "source": "s", "id": "x", **SHAPED["sample"]}))
    assert isinstance(sample, Arrival)
    assert (sample.columns["value"], sample.columns["scale"]) == (314, 100)
    assert sample.at % 1_000_000 == 123_456, "finer than a microsecond is cut"
    charge = read(json.dumps({"shape": "charge", "source": "s", "id": "x", **SHAPED["charge"]}))
    assert isinstance(charge, Arrival)
    assert charge.columns["minor"] == 1990
    interval = read(json.dumps({"shape": "interval", "source": "s", "id": "x", **SHAPED["interval"]}))
    assert isinstance(interval, Arrival)
    assert (interval.columns["end"], interval.columns["what_kind"]) == (OPEN, "outage")


def test_what_a_fact_says_is_what_names_it_not_how_it_is_spelled() -> None:
    one, two = read(event(at="2026-11-21T10:00:00Z")), read(event(at="2026-11-21T11:00:00.000+01:00", void=False, says={}))
    assert isinstance(one, Arrival)
    assert isinstance(two, Arrival)
    assert one.digest == two.digest


BAD: list[tuple[str, str, str]] = [
    # JSON text, slug, pointer
    (event(at="2026-11-21T10:00:00"), "naive-stamp", "/at"),
    (event(at="2026W471"), "bad-stamp", "/at"),
    (event(at="20261121"), "bad-stamp", "/at"),
    (event(at="21/11/2026"), "bad-stamp", "/at"),
    (event(at="2026-11-21 10:00:00Z"), "bad-stamp", "/at"),
    (event(at=1763719200), "bad-stamp", "/at"),
    (event(at="2026-11-20T23:59:60Z"), "leap-second", "/at"),
    (event(at="2026-11-20T24:00:00Z"), "midnight-24", "/at"),
    (event(at="2026-02-30T10:00:00Z"), "no-such-day", "/at"),
    (event(at="2026-02-20T10:61:00Z"), "no-such-day", "/at"),
    (event(at="2026-11-21T10:00:00+25:00"), "bad-stamp", "/at"),
    (event(at="0001-01-01T00:00:00+23:59"), "stamp-range", "/at"),
    (event(at="9999-12-31T23:59:59-23:59"), "stamp-range", "/at"),
    (event(at="infinity"), "bad-stamp", "/at"),
    (event(at="2026-11-21T12:10:00Z"), "future", "/at"),
    (event(at="2026-11-21T12:10:00Z", planned=False), "future", "/at"),
    (event(at="2026-11-21T12:10:00Z", planned="yes"), "type", "/planned"),
    (event(at="2126-11-21T12:10:00Z", planned=True), "future", "/at"),
    (event(known_at="2026-11-21T12:00:01Z"), "future", "/known_at"),
    (event(at=...), "missing-value", "/at"),
    (event(case=""), "empty", "/case"),
    (event(case=" INC-1"), "padded", "/case"),
    (event(case=7), "type", "/case"),
    (event(case="INC\u20281"), "control-character", "/case"),
    (event(case="INC\u202e1"), "bidi-character", "/case"),
    (event(case="INC\u200b1"), "invisible-character", "/case"),
    (event(case="Mu\u0308ller"), "normal-form", "/case"),
    (event(case="x" * 201), "too-long", "/case"),
    (event(id="a\x00b"), "control-character", "/id"),
    (event(source="two words"), "bad-name", "/source"),
    (event(says={"note": "a\x00"}), "control-character", "/says/note"),
    (event(says={"note": "\ud800"}), "encoding", "/says/note"),
    (event(says={"note": ["a"]}), "type", "/says/note"),
    (event(says={"a/b~c": {}}), "type", "/says/a~1b~0c"),
    (event(says="loud"), "type", "/says"),
    (event(says={f"k{i}": "v" for i in range(101)}), "too-many", "/says"),
    (event(severity=1), "unknown-key", "/severity"),
    (event(shape="events"), "unknown-shape", "/shape"),
    (event(shape=...), "unknown-shape", "/shape"),
    (event(shape=["event"]), "unknown-shape", "/shape"),
    (event(void=True), "void-alone", "/void"),
    (event(void="yes"), "type", "/void"),
    (event(replaces="e-1"), "self-correction", "/replaces"),
    (event(rank=1.5), "bad-number", "/rank"),
    (event().replace('"id": "e-1"', '"id": "e-1", "id": "e-2"'), "doubled-key", "/id"),
    (event().replace('"id": "e-1"', '"id" : "e-1", "id": "e-1"'), "doubled-key", "/id"),
    (event(says={"a": "@a"}).replace('"a": "@a"', '"a": 1, "a": 2'), "doubled-key", "/says/a"),
    (without(event(says={"a": "@a"}), a="NaN"), "bad-number", "/says/a"),
    (without(event(says={"a": "@a"}), a="1e5"), "bad-number", "/says/a"),
    ("[]", "no-object", ""),
    ("3", "no-object", ""),
]


def shaped(shape: str, **more: object) -> str:
    return json.dumps({k: v for k, v in {"shape": shape, "source": "s", "id": "x", **SHAPED[shape], **more}.items() if v is not ...})


BAD += [
    *((without(shaped("sample", value="@v"), v=v), "bad-number", "/value")
      for v in ("NaN", "Infinity", "-Infinity", "1e999", "1E+400000", "9" * 5000, "1" * 16, "0.1234567891", "true", "[1]")),
    *((shaped("sample", value=v), "bad-number", "/value") for v in ("1_000", "٣.٥", "１２", "", "1,5", "+1", "0x10", " 1")),
    (shaped("sample", value=...), "missing-value", "/value"),
    (shaped("charge", amount=0.1), "float-money", "/amount"),
    (shaped("charge", amount=20), "float-money", "/amount"),
    (shaped("charge", amount="19.905"), "finer-than-scale", "/amount"),
    (shaped("charge", amount="19.9", currency="JPY"), "finer-than-scale", "/amount"),
    (shaped("charge", currency="eur"), "bad-currency", "/currency"),
    (shaped("charge", minor=1), "missing-value", "/amount"),
    (without(shaped("charge", amount=..., minor="@m"), m="19.9"), "float-money", "/minor"),
    (shaped("interval", end="2026-11-20T08:00:00Z"), "end-before-start", "/end"),
    (shaped("interval", end="2026-11-20T09:00:00Z"), "no-length", "/end"),
    (shaped("count", good=11), "bad-count", "/good"),
    (shaped("count", total=-1, good=...), "bad-count", "/total"),
    (shaped("count", total=1.5, good=...), "bad-number", "/total"),
    (shaped("count", end=...), "missing-value", "/end"),
    (shaped("coverage", until="2027-01-01T00:00:00Z"), "future", "/until"),
    (shaped("declaration", at="2026-11-21T12:02:01Z"), "future", "/at"),
]


@pytest.mark.parametrize(("text", "slug", "pointer"), BAD, ids=lambda v: v[:60] if isinstance(v, str) else str(v))
def test_a_bad_fact_is_told_by_name_and_place(text: str, slug: str, pointer: str) -> None:
    said = read(text)
    assert not isinstance(said, Arrival)
    assert (slug, pointer) in {(f.slug, f.pointer) for f in said}
    assert len(said) == 1, said


@pytest.mark.parametrize(("data", "slug"), [
    (b"", "bad-json"), (b"{", "bad-json"), (b"{} {}", "bad-json"), (b"\xff\xfe{}", "encoding"), (b"\xef\xbb\xbf{}", "encoding"),
    (b"[" * 100_000, "too-deep"), (b'{"a":' * 100_000, "too-deep"), (b"01", "bad-json"), (b'{"a":1,}', "bad-json"), (b"\x00", "bad-json"),
])
def test_a_text_that_is_no_json(data: bytes, slug: str) -> None:
    with pytest.raises(JsonError) as told:
        read_json(data)
    assert told.value.slug == slug


def test_everything_wrong_is_told_at_once() -> None:
    said = read(event(at="yesterday", case=None, severity=1, source="a b"))
    assert not isinstance(said, Arrival)
    assert {f.pointer for f in said} == {"/at", "/case", "/severity", "/source"}


def test_two_minutes_ahead_are_taken() -> None:
    assert isinstance(read(event(at="2026-11-21T12:02:00Z")), Arrival)


def test_an_agreed_date_may_lie_ahead_and_is_the_same_fact_when_it_has_come() -> None:
    ahead = read(event(event="action-due", at="2026-12-01T12:00:00Z", planned=True))
    plain = arrival_of(read_json(event(event="action-due", at="2026-12-01T12:00:00Z").encode()), parse_instant("2026-12-02T00:00:00Z"))
    assert isinstance(ahead, Arrival)
    assert isinstance(plain, Arrival)
    assert ahead.digest == plain.digest


def test_an_interval_may_be_announced() -> None:
    assert isinstance(read(shaped("interval", start="2026-12-01T00:00:00Z", end="2026-12-01T02:00:00Z")), Arrival)


KEYS = st.text() | st.sampled_from(sorted({key for said in SHAPED.values() for key in said}))
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.dictionaries(st.sampled_from(
    ["at", "start", "end", "from", "until", "case", "event", "kind", "value", "good", "total", "amount", "minor", "currency", "says", "void",
     "replaces", "rank", "known_at", "id", "source", "what", "weight"]), JSON, max_size=4))
def test_nothing_that_is_sent_raises(shape: str, more: dict[str, object]) -> None:
    said = arrival_of(read_json(json.dumps({"shape": shape, "source": "s", "id": "x", **SHAPED[shape], **more}).encode()), NOW, 3)
    if isinstance(said, Arrival):
        assert batches_of([said.leaf(1, NOW)])
    else:
        assert said
        assert all(f.row == 3 and f.pointer[:1] in ("", "/") for f in said)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\0123456789.eE-+ntrufalsNI \n"', max_size=60).map(str.encode))
def test_the_fast_reader_is_the_careful_one(data: bytes) -> None:
    def careful() -> object:
        return json.loads(data.decode(), object_pairs_hook=lambda p: p if len(dict(p)) < len(p) else dict(p),
                          parse_float=str, parse_constant=lambda c: f"!{c}")

    try:
        expected = careful()
    except (ValueError, RecursionError):
        with pytest.raises(JsonError):
            read_json(data)
    else:
        assert _plain(read_json(data)) == _plain(expected)


def _plain(value: object) -> object:
    match value:
        case Doubled():
            return "doubled"
        case dict():
            return {k: _plain(v) for k, v in value.items()}
        case list() if value and all(isinstance(v, tuple) for v in value):
            return "doubled"
        case list():
            return [_plain(v) for v in value]
        case NotNumber():
            return f"!{value}"
        case Number():
            return str(int(value)) if value.lstrip("-").isdigit() else str(value)
        case int() if not isinstance(value, bool):
            return str(value)
    return value

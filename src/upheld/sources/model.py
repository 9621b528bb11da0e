"""Source files: the text that maps foreign data to facts, read with a place for every complaint.

Law: a source file is data with few keys. A key nobody knows, a value of the wrong form, a path that leaves the workspace are
findings, all at once; what is returned can be applied without asking the text again.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, cast

from upheld.agreement import reader
from upheld.agreement.nodes import Node
from upheld.facts.spec import Explode, Rule, Shape, SourceSpec, Value, events_of
from upheld.facts.stamps import StampForm, parse_form, read_stamps
from upheld.values.finding import Finding, FindingsError, Place, has_errors
from upheld.values.zone import Zone, zone

__all__ = ["read_source"]

Path = tuple[str | int, ...]

_KEYS = (
    "upheld-source",
    "source",
    "title",
    "files",
    "format",
    "delimiter",
    "columns",
    "trim",
    "stamps",
    "nulls",
    "id",
    "known_at",
    "replaces",
    "void",
    "rank",
    "case",
    "events",
    "explode",
    "attributes",
    "intervals",
    "samples",
    "counts",
    "subscriptions",
    "charges",
    "declarations",
    "coverage",
    "complete",
    "personal", "planned", "repeats_until",
)
_SHAPES: dict[str, tuple[Shape, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # key: shape, texts, times, numbers; a star marks what must be there
    "intervals": ("intervals", ("kind*", "subject"), ("start*", "end"), ("weight",)),
    "samples": ("samples", ("series*",), ("at*",), ("value*",)),
    "counts": ("counts", ("series*",), ("start*", "end"), ("good", "total*")),
    "subscriptions": ("subscriptions", ("customer*", "agreement", "tier"), ("from*", "until"), ()),
    "charges": ("charges", ("customer*", "currency*"), ("from*", "until*"), ("amount*",)),
    "declarations": ("declarations", ("kind*", "about", "actor"), ("at*",), ()),
    "coverage": ("coverage", ("what*",), ("from*", "until*"), ()),
}
_LITERAL = frozenset(("kind", "series", "currency", "what", "event"))
"""Keys whose plain text is the name itself; everywhere else plain text is a column."""
_STORED = {"from": "start", "until": "end", "amount": "minor"}
_FORMATS = ("csv", "csv.gz", "parquet", "jsonl", "jsonl.gz", "ics")
_EACH = re.compile(r"([0-9]{1,6})(s|m|h)")
_WHOLE = re.compile(r"[1-9][0-9]{0,9}")


@dataclass
class _Reading:
    """One source file on its way from nodes to a spec; collects findings."""

    node: Node
    findings: list[Finding] = field(default_factory=list)

    def say(self, path: Path, slug: str, message: str, help: str = "", *, key: bool = False) -> None:  # noqa: A002
        place: Place = self.node.key_at(path) if key else self.node.at(path)
        self.findings.append(Finding(slug, message, place, help))

    def known(self, path: Path, given: object, names: Iterable[str]) -> dict[str, object]:
        """The mapping at ``path`` with its unknown keys told; {} where it is no mapping."""
        if not isinstance(given, dict):
            self.say(path, "source-form", "a mapping of keys is needed here")
            return {}
        allowed = tuple(names)
        for key in given:
            if key not in allowed and not key.startswith("x-"):
                near = difflib.get_close_matches(key, allowed, 1)
                self.say(
                    (*path, key),
                    "unknown-key",
                    f"{key} is not a key of a source file here",
                    f"did you mean {near[0]}?" if near else "known here: " + ", ".join(allowed),
                    key=True,
                )
        return given

    def text(self, path: Path, given: object, default: str = "") -> str:
        if given is None:
            return default
        if not isinstance(given, str):
            self.say(path, "source-form", "one text is needed here")
            return default
        return given

    def texts(self, path: Path, given: object) -> tuple[str, ...]:
        if given is None:
            return ()
        if isinstance(given, str):
            return (given,)
        if not isinstance(given, list) or not all(isinstance(t, str) for t in given):
            self.say(path, "source-form", "a list of texts is needed here")
            return ()
        return tuple(given)

    def choice(self, path: Path, given: object, names: tuple[str, ...], default: str) -> str:
        text = self.text(path, given, default)
        if text not in names:
            self.say(path, "source-form", f"{text} is none of {', '.join(n for n in names if n)}")
            return default
        return text


def read_source(name: str, data: bytes) -> SourceSpec:
    """The mapping a source file spells; ``name`` is how findings call the file. Raises FindingsError with every finding."""
    r = _Reading(reader.read(name, data))
    top = r.known((), r.node.plain(), _KEYS)
    if top.get("upheld-source") != "1":
        r.say(("upheld-source",), "source-form", "a source file begins with upheld-source: 1")
    stamps, zone_, zone_name, shifted, fold = _stamps(r, top.get("stamps"))
    attributes = _attributes(r, top.get("attributes"))
    spec = SourceSpec(
        name=_required(r, top, "source"),
        files=_files(r, top.get("files")),
        format=r.choice(("format",), top.get("format"), ("", *_FORMATS), ""),
        delimiter=_delimiter(r, top.get("delimiter")),
        header=r.texts(("columns",), top.get("columns")),
        trim=r.choice(("trim",), top.get("trim"), ("true", "false"), "false") == "true",
        stamps=stamps,
        zone=zone_,
        zone_name=zone_name,
        shifted=shifted,
        fold=cast(Literal["refuse", "earlier", "later"], fold),
        nulls=frozenset(("", *r.texts(("nulls",), top.get("nulls")))),
        attributes=attributes,
        explode=_explode(r, top.get("explode")),
        id=r.text(("id",), top.get("id")),
        known_at=r.text(("known_at",), top.get("known_at")),
        replaces=r.text(("replaces",), top.get("replaces")),
        void=r.text(("void",), top.get("void")),
        rank=r.text(("rank",), top.get("rank")),
        personal=r.texts(("personal",), top.get("personal")),
        planned=r.texts(("planned",), top.get("planned")),
        rules=tuple(_rules(r, top)),
        complete=_complete(r, top.get("complete"), zone_),
        repeats_until=_instant(r, ("repeats_until",), top["repeats_until"], zone_) if "repeats_until" in top else None,
    )
    _whole(r, spec, top)
    if has_errors(r.findings):
        raise FindingsError(r.findings)
    return spec


def _required(r: _Reading, top: Mapping[str, object], key: str) -> str:
    if key not in top:
        r.say((), "source-form", f"{key}: is missing")
    return r.text((key,), top.get(key))


def _whole(r: _Reading, spec: SourceSpec, top: Mapping[str, object]) -> None:
    if not spec.rules:
        r.say((), "source-form", "no fact is described", "give at least one of events, intervals, samples, counts, or a register")
    for key in ("replaces", "void"):
        if key in top and not spec.id and spec.format != "ics":
            r.say((key,), "source-form", f"{key} needs an id column: a correction names the row it replaces", "add id: <column>")
    given = events_of(spec)
    for name in spec.planned:
        if given is not None and name not in given:
            r.say(("planned",), "unknown-event", f"no row becomes the event {name}", f"they become: {', '.join(sorted(given)) or 'none'}")
    for name in spec.personal:
        used = [a for a, v in spec.attributes.items() if v.column == name]
        if used:
            r.say(
                ("personal",),
                "personal-attribute",
                f"{name} is personal, and the attribute {used[0]} is read from it",
                "leave it out of attributes",
            )


def _files(r: _Reading, given: object) -> tuple[str, ...]:
    patterns = r.texts(("files",), given)
    if not patterns:
        r.say(("files",) if given is not None else (), "source-form", "files: is missing", "files: [data/*.csv]")
    for i, pattern in enumerate(patterns):
        path = PurePosixPath(pattern)
        at: Path = ("files",) if isinstance(given, str) else ("files", i)
        if "://" in pattern:
            r.say(at, "path", f"{pattern} is an address; files lie inside the workspace")
        elif path.is_absolute() or "\\" in pattern or re.match(r"[A-Za-z]:", pattern) or pattern.startswith("~"):
            r.say(at, "path", f"{pattern} is not a relative path with forward slashes")
        elif ".." in path.parts:
            r.say(at, "path", f"{pattern} leaves the workspace")
    return patterns


def _delimiter(r: _Reading, given: object) -> str:
    text = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(
        r.text(("delimiter",), given, ","), r.text(("delimiter",), given, ",")
    )
    if len(text) != 1 or not text.isascii() or text in '"\n\r':
        r.say(("delimiter",), "source-form", "a delimiter is one ASCII character, or tab, comma, semicolon, pipe")
        return ","
    return text


def _stamps(r: _Reading, given: object) -> tuple[StampForm, Zone | None, str, bool, str]:
    form = StampForm("ISO")
    iso = parse_form("ISO")
    if isinstance(iso, StampForm):
        form = iso
    if given is None:
        return form, None, "", False, "refuse"
    path: Path = ("stamps",)
    keys = r.known(path, given, ("format", "zone", "fold"))
    parsed = parse_form(r.text((*path, "format"), keys.get("format"), "ISO"))
    if isinstance(parsed, str):
        r.say((*path, "format"), "stamp-form", parsed)
    else:
        form = parsed
    name = r.text((*path, "zone"), keys.get("zone"))
    fold = r.choice((*path, "fold"), keys.get("fold"), ("refuse", "earlier", "later"), "refuse")
    if name in {"", "shifted"}:
        return form, zone("UTC") if name else None, name, name == "shifted", fold
    try:
        return form, zone(name), name, False, fold
    except ValueError as error:
        r.say((*path, "zone"), "unknown-zone", str(error) or f"{name} is no zone of the zone database")
        return form, None, "", False, fold


def _explode(r: _Reading, given: object) -> Explode | None:
    if given is None:
        return None
    if isinstance(given, str):
        return Explode(given)
    keys = r.known(("explode",), given, ("column", "separator"))
    return Explode(r.text(("explode", "column"), keys.get("column")), r.text(("explode", "separator"), keys.get("separator")))


def _value(r: _Reading, path: Path, given: object, *, literal: bool = False) -> Value:
    """A column, or with keys: ``column`` with ``map``, ``ignore``, ``rest``, ``default``; or ``is`` for one text on every row."""
    if isinstance(given, str):
        return Value(literal=given) if literal else Value(given)
    keys = r.known(path, given, ("column", "is", "map", "ignore", "rest", "default", "scale"))
    if not keys:
        return Value()
    if "is" in keys:
        return Value(literal=r.text((*path, "is"), keys["is"]))
    table: dict[str, str] | None = None
    if "map" in keys or "ignore" in keys or "rest" in keys:
        table = {}
        given_map = keys.get("map", {})
        if not isinstance(given_map, dict):
            r.say((*path, "map"), "source-form", "a mapping from text to text is needed here")
        else:
            table = {k: r.text((*path, "map", k), v) for k, v in given_map.items()}
    column = r.text((*path, "column"), keys.get("column"))
    if not column:
        r.say(path, "source-form", "column: is missing")
    scale = r.text((*path, "scale"), keys.get("scale"))
    if scale and not _WHOLE.fullmatch(scale):
        r.say((*path, "scale"), "source-form", "a scale is a whole number: 1000 keeps thousandths")
        scale = ""
    default, rest = keys.get("default"), keys.get("rest")
    return Value(
        column,
        None,
        table,
        frozenset(r.texts((*path, "ignore"), keys.get("ignore"))),
        None if default is None else r.text((*path, "default"), default),
        None if rest is None else r.text((*path, "rest"), rest),
        int(scale) if scale else None,
    )


def _attributes(r: _Reading, given: object) -> dict[str, Value]:
    if given is None:
        return {}
    if isinstance(given, list):
        return {name: Value(name) for name in r.texts(("attributes",), given)}
    if not isinstance(given, dict):
        r.say(("attributes",), "source-form", "a list of columns, or a mapping from attribute to column")
        return {}
    return {name: _value(r, ("attributes", name), value) for name, value in given.items()}


def _rules(r: _Reading, top: Mapping[str, object]) -> Iterable[Rule]:
    if "events" in top:
        yield from _events(r, top)
    for key in _SHAPES:
        if key not in top:
            continue
        given = top[key]
        several = given if isinstance(given, list) else [given]
        for i, one in enumerate(several):
            yield _shape(r, (key, i) if isinstance(given, list) else (key,), key, one, str(i) if len(several) > 1 else "")


def _events(r: _Reading, top: Mapping[str, object]) -> Iterable[Rule]:
    case = _value(r, ("case",), top["case"]) if "case" in top else None
    if case is None:
        r.say(("events",), "source-form", "events need a case column", "add case: <column>")
        case = Value()
    keys = r.known(("events",), top["events"], ("state", "milestones"))
    if "state" in keys:
        state = r.known(("events", "state"), keys["state"], ("column", "at", "map", "ignore", "rest", "is", "known_at"))
        body = {k: v for k, v in state.items() if k not in {"at", "known_at"}}
        # the node keeps places; only the keys of the value are looked at here
        value = _value(r, ("events", "state"), body)
        if "at" not in state:
            r.say(("events", "state"), "source-form", "at: is missing", "at: <the column with the row's own stamp>")
        at = r.text(("events", "state", "at"), state.get("at"))
        yield Rule(
            "events",
            {"case": case, "event": value},
            {"at": at},
            known_at=r.text(("events", "state", "known_at"), state.get("known_at")),
        )
    milestones = keys.get("milestones", {})
    if not isinstance(milestones, dict):
        r.say(("events", "milestones"), "source-form", "a mapping from event to column is needed here")
        return
    for event, given in milestones.items():
        path: Path = ("events", "milestones", event)
        alone = "state" not in keys
        one = r.known(path, {"at": given} if isinstance(given, str) else given, ("at", "known_at", "attributes"))
        carried = r.choice((*path, "attributes"), one.get("attributes"), ("first", "none"), "first" if alone else "none")
        yield Rule(
            "events",
            {"case": case, "event": Value(literal=event)},
            {"at": r.text((*path, "at"), one.get("at"))},
            once=True,
            attributes=cast(Literal["first", "none"], carried),
            known_at=r.text((*path, "known_at"), one.get("known_at")),
        )


def _shape(r: _Reading, path: Path, key: str, given: object, suffix: str) -> Rule:
    shape, texts, times, numbers = _SHAPES[key]
    fields = [*texts, *times, *numbers]
    names = [f.rstrip("*") for f in fields]
    keys = r.known(
        path,
        given,
        (*names, "known_at", *(("each",) if key == "counts" else ()), *(("scale", "unit") if key == "samples" else ())),
    )
    for name in fields:
        if name.endswith("*") and name.rstrip("*") not in keys:
            r.say(path, "source-form", f"{name.rstrip('*')}: is missing")
    each = _each(r, (*path, "each"), keys.get("each")) if "each" in keys else 0
    if key == "counts" and ("end" in keys) == ("each" in keys):
        r.say(path, "source-form", "give either end: <column> or each: 5m")
    wanted_texts = {t.rstrip("*") for t in texts} & keys.keys()
    wanted_times = {t.rstrip("*") for t in times} & keys.keys()
    wanted_numbers = {t.rstrip("*") for t in numbers} & keys.keys()
    values = {n: _value(r, (*path, n), keys[n], literal=n in _LITERAL) for n in (*texts, *numbers) for n in (n.rstrip("*"),) if n in keys}
    if "scale" in keys and "value" in values:
        scale = r.text((*path, "scale"), keys["scale"])
        if _WHOLE.fullmatch(scale):
            v = values["value"]
            values["value"] = Value(v.column, v.literal, v.map, v.ignore, v.default, v.rest, int(scale))
        else:
            r.say((*path, "scale"), "source-form", "a scale is a whole number: 1000 keeps thousandths")
    return Rule(
        shape,
        {n: values[n] for n in values if n in wanted_texts},
        {_STORED.get(n, n): r.text((*path, n), keys[n]) for n in names if n in wanted_times},
        {_STORED.get(n, n): values[n] for n in values if n in wanted_numbers},
        known_at=r.text((*path, "known_at"), keys.get("known_at")),
        each_us=each,
        key=suffix,
    )


def _each(r: _Reading, path: Path, given: object) -> int:
    found = _EACH.fullmatch(r.text(path, given))
    if found is None or int(found[1]) == 0:
        r.say(path, "source-form", "the length of a slice is written 30s, 5m or 1h")
        return 0
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] * 1_000_000


def _complete(r: _Reading, given: object, zone_: Zone | None) -> tuple[int, int | None] | None:
    if given is None:
        return None
    keys = r.known(("complete",), given, ("from", "until"))
    start = _instant(r, ("complete", "from"), keys.get("from"), zone_)
    end = _instant(r, ("complete", "until"), keys["until"], zone_) if "until" in keys else None
    if start is not None and end is not None and end <= start:
        r.say(("complete",), "source-form", "until lies before from")
    return None if start is None else (start, end)


def _instant(r: _Reading, path: Path, given: object, zone_: Zone | None) -> int | None:
    text = r.text(path, given)
    for form in ("ISO", "%Y-%m-%d"):
        parsed = parse_form(form)
        if isinstance(parsed, StampForm):
            us, problem = read_stamps([text], parsed, zone_ or zone("UTC"), "earlier")
            if problem[0] == 0:
                return int(us[0])
    r.say(path, "bad-stamp", f"{text} is no date and no RFC 3339 stamp")
    return None

"""Mapping: a frame of foreign rows becomes facts, by what the source file says and nothing else.

Law: every row of the frame becomes a fact, is passed over because the source lists it under ``ignore``, or is refused
with its row, column and text. Values are never guessed: numbers are exact decimals, stamps have one form, a text without a
mapping is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from upheld.facts.batch import Batch, compact, refuse_rows
from upheld.facts.codes import codes_of
from upheld.facts.currency import MINOR_DIGITS
from upheld.facts.spec import Rule, SourceSpec, Value
from upheld.facts.stamps import PROBLEMS, read_epochs, read_stamps, to_utc
from upheld.facts.tables import I64, OPEN, Attribute, Refused

if TYPE_CHECKING:
    import polars as pl

__all__ = ["map_frame"]

Mask = NDArray[np.bool_]

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_BLOCK = 1 << 18
_TRUE, _FALSE = frozenset(("true", "yes", "1", "t", "y")), frozenset(("false", "no", "0", "f", "n"))
_MAY_LACK = frozenset(("end", "until"))
_FLOAT_SCALE = 1_000_000


@dataclass
class _Sheet:
    """One frame under one mapping: columns are read once, problems are collected."""

    spec: SourceSpec
    frame: pl.DataFrame
    file: str
    rows: I64
    refused: list[Refused] = field(default_factory=list)
    stamps: dict[str, tuple[I64, Mask]] = field(default_factory=dict)
    texts: dict[str, Attribute] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)

    def raw(self, column: str) -> Attribute:
        """The column as text, nulls and null spellings as -1."""
        if column not in self.texts:
            self.texts[column] = codes_of(self.frame.get_column(column), self.spec.nulls)
        return self.texts[column]

    def refuse(
        self,
        bad: Mask,
        column: str,
        slug: str,
        message: str | Callable[[int], str],
        text: Callable[[int], str] | None = None,
        severity: str = "error",
    ) -> None:
        """Tell every row of ``bad``, once for a column and reason however many rules read it."""
        if not bad.any() or (column, slug) in self.told:
            return
        self.told.add((column, slug))
        at = np.flatnonzero(bad)
        show = text or (lambda _: "")
        say = message if callable(message) else (lambda _: str(message))
        self.refused += refuse_rows(self.file, self.rows[at], column, slug, lambda i: show(int(at[i])), lambda i: say(int(at[i])), severity)


def map_frame(spec: SourceSpec, frame: pl.DataFrame, file: str, rows: I64) -> tuple[list[Batch], list[Refused]]:
    """The facts the frame's rows give, one batch a rule, and what could not be mapped.

    ``frame`` holds at least ``columns_of(spec)`` (text, or typed columns of a Parquet file); ``rows`` i64[n] are its data rows in
    ``file``, from 1. Times are µs UTC.
    """
    sheet = _Sheet(spec, frame, file, rows)
    attributes = {name: a for name, value in spec.attributes.items() if (a := _text(sheet, value)) is not None}
    shared: dict[str, Attribute] = {name: column for name, (column, _) in attributes.items()}
    wrong = np.zeros(len(rows), np.bool_)
    for _, unknown in attributes.values():
        wrong |= unknown
    batches = [batch for rule in spec.rules if (batch := _rule(sheet, rule, shared, wrong)) is not None]
    return batches, sheet.refused


def _rule(sheet: _Sheet, rule: Rule, shared: Mapping[str, Attribute], wrong: Mask) -> Batch | None:
    n = len(sheet.rows)
    keep = np.ones(n, np.bool_)
    texts: dict[str, Attribute] = {}
    for name, value in rule.texts.items():
        found = _text(sheet, value)
        if found is None:
            continue
        column, unknown = found
        absent = column.codes < 0
        if rule.once and name != "case":
            pass
        elif name not in {"subject", "about", "actor", "tier"}:
            ignored = _ignored(sheet, value)
            sheet.refuse(absent & ~unknown & ~ignored, value.column, "missing-value", f"says nothing, and a fact needs its {name}")
        keep &= ~absent if name not in {"subject", "about", "actor", "tier"} else ~unknown
        texts[name] = column
    times = {name: _time(sheet, column, name, rule, keep) for name, column in rule.times.items()}
    if rule.each_us:
        times["end"] = times["start"] + rule.each_us
    numbers, scale = _numbers(sheet, rule, texts, keep)
    if rule.attributes != "none":
        keep &= ~wrong
    _check_order(sheet, rule, times, keep)
    _check_counts(sheet, rule, numbers, keep)
    known = _known(sheet, rule, keep)
    if rule.once:
        return _milestone(sheet, rule, texts, times, known, shared, keep)
    at = None if keep.all() else np.flatnonzero(keep)
    carried = shared if rule.attributes == "row" else {}
    return Batch(
        rule.shape,
        sheet.spec.name,
        sheet.file,
        _take(sheet.rows, at),
        {k: v if at is None else compact(v.take(at)) for k, v in texts.items()},
        {k: _take(v, at) for k, v in times.items()},
        {k: _take(v, at) for k, v in numbers.items()},
        scale,
        {k: _pick(v, at) for k, v in carried.items()},
        None if known is None else _take(known, at),
        *_identity(sheet, rule, at),
        rank=_rank(sheet, at),
    )


def _milestone(
    sheet: _Sheet,
    rule: Rule,
    texts: Mapping[str, Attribute],
    times: Mapping[str, I64],
    known: I64 | None,
    shared: Mapping[str, Attribute],
    keep: Mask,
) -> Batch:
    """One fact for each distinct (case, stamp): from the row that says it first, known once it is said and has come."""
    at = np.flatnonzero(keep)
    case, stamp = texts["case"].codes[at], times["at"][at]
    said = known[at] if known is not None else stamp
    order = np.lexsort((at, said, stamp, case))
    first = np.ones(len(at), np.bool_)
    first[1:] = (np.diff(case[order]) != 0) | (np.diff(stamp[order]) != 0)
    chosen = np.sort(order[first])
    at = at[chosen]
    carried = shared if rule.attributes != "none" else {}
    return Batch(
        rule.shape,
        sheet.spec.name,
        sheet.file,
        sheet.rows[at],
        {k: compact(v.take(at)) for k, v in texts.items()},
        {"at": stamp[chosen]},
        attributes={k: v.take(at) for k, v in carried.items()},
        known_at=np.maximum(said[chosen], stamp[chosen]),
    )


def _take(values: I64, at: I64 | None) -> I64:
    return values if at is None else values[at]


def _pick(column: Attribute, at: I64 | None) -> Attribute:
    return column if at is None else column.take(at)


def _literal(text: str, n: int) -> Attribute:
    return Attribute(np.zeros(n, np.int32), (text,))


def _text(sheet: _Sheet, value: Value) -> tuple[Attribute, Mask] | None:
    """The mapped column and where the text has no mapping (those rows are refused, and told once a distinct text)."""
    n = len(sheet.rows)
    if value.literal is not None:
        return _literal(value.literal, n), np.zeros(n, np.bool_)
    if not value.column:
        return None
    column = sheet.raw(value.column)
    unknown = np.zeros(n, np.bool_)
    if value.map is not None:
        column, unknown = _mapped(sheet, value, column)
    if value.default is not None:
        names = column.names if value.default in column.names else (*column.names, value.default)
        absent = sheet.raw(value.column).codes < 0
        column = Attribute(np.where(absent, np.int32(names.index(value.default)), column.codes), names)
    return column, unknown


def _mapped(sheet: _Sheet, value: Value, column: Attribute) -> tuple[Attribute, Mask]:
    table = value.map or {}
    targets = tuple(dict.fromkeys((*table.values(), *((value.rest,) if value.rest is not None else ()))))
    place = {name: i for i, name in enumerate(targets)}
    strange = np.array([*(t not in table and t not in value.ignore and value.rest is None for t in column.names), False], np.bool_)
    codes = np.array([*(place.get(table.get(t, "" if t in value.ignore else value.rest or ""), -1) for t in column.names), -1], np.int32)
    unknown: Mask = strange[column.codes]
    if unknown.any() and (value.column, "unmapped-value") not in sheet.told:
        sheet.told.add((value.column, "unmapped-value"))
        for code in np.flatnonzero(strange[:-1]):
            at = sheet.rows[np.flatnonzero(column.codes == code)]
            if len(at):
                where = ", ".join(str(int(r)) for r in at[:5]) + (", …" if len(at) > 5 else "")
                say = f"is not in the map and not under ignore: {len(at):,} row{'s' if len(at) > 1 else ''} ({where})"
                sheet.refused.append(Refused(sheet.file, int(at[0]), value.column, "unmapped-value", column.names[code], say))
    return Attribute(codes[column.codes], targets), unknown


def _ignored(sheet: _Sheet, value: Value) -> Mask:
    """Rows passed over on purpose: their text stands under ``ignore``."""
    if not value.ignore:
        return np.zeros(len(sheet.rows), np.bool_)
    column = sheet.raw(value.column)
    return np.array([*(t in value.ignore for t in column.names), False], np.bool_)[column.codes]


def _time(sheet: _Sheet, column: str, name: str, rule: Rule, keep: Mask) -> I64:
    us, missing = _stamps(sheet, column)
    bad = us == _BAD
    if name in _MAY_LACK and rule.shape != "counts":
        keep &= ~bad
        return np.where(missing, OPEN, us)
    if not rule.once:
        sheet.refuse(missing & keep, column, "missing-value", f"says nothing, and a fact needs its {name}")
    keep &= ~(bad | missing)
    return us


_BAD = np.iinfo(np.int64).min


def _stamps(sheet: _Sheet, column: str) -> tuple[I64, Mask]:
    """``(µs, missing)`` of a column, read once; a stamp that cannot be read is told and stands as ``_BAD``."""
    if column not in sheet.stamps:
        sheet.stamps[column] = _read_column(sheet, column)
    return sheet.stamps[column]


def _read_column(sheet: _Sheet, column: str) -> tuple[I64, Mask]:
    import polars as pl

    spec, series = sheet.spec, sheet.frame.get_column(column)
    kind = series.dtype
    if isinstance(kind, pl.Datetime) or kind == pl.Date:
        return _typed(sheet, series, column)
    if kind.is_integer():
        missing = series.is_null().to_numpy()
        values = series.fill_null(0).cast(pl.Int64).to_numpy()
        if not spec.stamps.epoch_us:
            sheet.refuse(
                ~missing,
                column,
                "bad-stamp",
                "is a whole number: say stamps: {format: epoch s} (or ms, us)",
                lambda i: str(values[i]),
            )
            return np.full(len(values), _BAD), missing
        us, problem = read_epochs(values, spec.stamps.epoch_us)
        problem[missing] = 0
        _tell(sheet, column, problem, lambda i: str(values[i]))
        return np.where(problem > 0, _BAD, us), missing
    if kind in {pl.Float32, pl.Float64}:
        missing = series.is_null().to_numpy()
        sheet.refuse(
            ~missing,
            column,
            "bad-stamp",
            "is a floating-point number: stamps are whole numbers or text",
            lambda i: str(series[i]),
        )
        return np.full(len(series), _BAD), missing
    return _texts(sheet, column, series if kind == pl.String else series.cast(pl.String))


def _texts(sheet: _Sheet, column: str, series: pl.Series) -> tuple[I64, Mask]:
    spec, n = sheet.spec, len(series)
    us, missing, problem = np.empty(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.uint8)
    for lo in range(0, n, _BLOCK):
        block = [t if t is not None and t not in spec.nulls else "" for t in series[lo : lo + _BLOCK].to_list()]
        empty = np.array([not t for t in block], np.bool_)
        us[lo : lo + _BLOCK], found = read_stamps(block, spec.stamps, spec.zone, spec.fold)
        found[empty] = 0
        problem[lo : lo + _BLOCK], missing[lo : lo + _BLOCK] = found, empty
    _tell(sheet, column, problem, lambda i: str(series[i]))
    return np.where(problem > 0, _BAD, us), missing


def _typed(sheet: _Sheet, series: pl.Series, column: str) -> tuple[I64, Mask]:
    """Parquet's own times: instants where the file names a zone, wall-clock time of the source's zone where it does not."""
    import polars as pl

    missing = series.is_null().to_numpy()
    zone = series.dtype.time_zone if isinstance(series.dtype, pl.Datetime) else None
    unit = series.dtype.time_unit if isinstance(series.dtype, pl.Datetime) else "us"
    stamps = series if isinstance(series.dtype, pl.Datetime) else series.cast(pl.Datetime("us"))
    values = stamps.to_physical().fill_null(0).to_numpy()
    us = values // 1_000 if unit == "ns" else values * 1_000 if unit == "ms" else values
    if zone is not None:
        problem = np.zeros(len(us), np.uint8)
    elif sheet.spec.zone is None:
        problem = np.full(len(us), 2, np.uint8)
    else:
        us, problem = to_utc(us, sheet.spec.zone, sheet.spec.fold)
    problem[missing] = 0
    _tell(sheet, column, problem, lambda i: str(series[i]))
    return np.where(problem > 0, _BAD, us), missing


def _tell(sheet: _Sheet, column: str, problem: NDArray[np.uint8], text: Callable[[int], str]) -> None:
    for code in np.unique(problem[problem > 0]):
        slug, said = PROBLEMS[int(code)]
        sheet.refuse(problem == code, column, slug, said.format(form=sheet.spec.stamps.text, zone=sheet.spec.zone_name), text)


def _numbers(sheet: _Sheet, rule: Rule, texts: Mapping[str, Attribute], keep: Mask) -> tuple[dict[str, I64], int]:
    numbers: dict[str, I64] = {}
    scale = 1
    for name, value in rule.numbers.items():
        if name in {"value", "weight"}:
            numbers[name], scale = _decimals(sheet, value, keep)
        elif name == "minor":
            numbers[name] = _money(sheet, value, texts["currency"], keep)
        else:
            numbers[name] = _decimals(sheet, Value(value.column, value.literal, value.map, value.ignore, value.default, scale=1), keep)[0]
    return numbers, scale


def _decimals(sheet: _Sheet, value: Value, keep: Mask) -> tuple[I64, int]:
    """The readings times one scale (declared, else the finest that occurs), exactly. A reading that is no number is refused."""
    import polars as pl

    if value.column and value.map is None and value.literal is None:
        series = sheet.frame.get_column(value.column)
        if series.dtype.is_integer() and value.default is None:
            return _whole(sheet, value, series, keep)
        if series.dtype in {pl.Float32, pl.Float64}:
            return _floats(sheet, value, series, keep)
    found = _text(sheet, value)
    if found is None:
        return np.ones(len(sheet.rows), np.int64), 1
    column, unknown = found
    spelled = [Fraction(t) if _NUMBER.fullmatch(t) else None for t in column.names]
    scale = value.scale or 10 ** max([len(t.partition(".")[2]) for t, f in zip(column.names, spelled, strict=True) if f is not None], default=0)
    exact = [None if f is None or (f * scale).denominator != 1 or abs(f * scale) >= 2**62 else int(f * scale) for f in spelled]
    missing = column.codes < 0
    bad = np.array([*(f is None for f in spelled), False], np.bool_)[column.codes]
    fine = np.array([*(f is not None and e is None for f, e in zip(spelled, exact, strict=True)), False], np.bool_)[column.codes]
    sheet.refuse(
        bad,
        value.column,
        "bad-number",
        "is not a number of at most 15 digits and 9 decimals (no exponent, no grouping)",
        lambda i: column.names[column.codes[i]],
    )
    sheet.refuse(
        fine,
        value.column,
        "finer-than-scale",
        f"cannot be kept as a whole number of 1/{scale}",
        lambda i: column.names[column.codes[i]],
    )
    sheet.refuse(
        missing & ~unknown & keep & ~_ignored(sheet, value),
        value.column,
        "missing-value",
        "says nothing, and a fact needs its number",
    )
    keep &= ~(bad | fine | missing)
    return np.array([*(e or 0 for e in exact), 0], np.int64)[column.codes], scale


def _whole(sheet: _Sheet, value: Value, series: pl.Series, keep: Mask) -> tuple[I64, int]:
    import polars as pl

    missing = series.is_null().to_numpy()
    numbers = series.fill_null(0).cast(pl.Int64, strict=False).fill_null(2**62).to_numpy()
    scale = value.scale or 1
    large = np.abs(numbers) >= 2**62 // scale
    sheet.refuse(large & ~missing, value.column, "bad-number", "is too large to be kept", lambda i: str(series[i]))
    sheet.refuse(missing & keep, value.column, "missing-value", "says nothing, and a fact needs its number")
    keep &= ~(missing | large)
    return np.where(large, 0, numbers) * scale, scale


def _floats(sheet: _Sheet, value: Value, series: pl.Series, keep: Mask) -> tuple[I64, int]:
    """Floating-point readings, rounded half to even to the scale (default a millionth): said in the manual, and no money."""
    missing = series.is_null().to_numpy()
    numbers = series.fill_null(0).to_numpy().astype(np.float64)
    scale = value.scale or _FLOAT_SCALE
    bad = ~np.isfinite(numbers) | (np.abs(np.where(np.isfinite(numbers), numbers, 0)) >= 2**52 // scale)
    sheet.refuse(bad & ~missing, value.column, "bad-number", "is not a finite number that can be kept", lambda i: str(series[i]))
    sheet.refuse(missing & keep, value.column, "missing-value", "says nothing, and a fact needs its number")
    keep &= ~(bad | missing)
    return np.rint(np.where(bad, 0, numbers) * scale).astype(np.int64), scale


def _money(sheet: _Sheet, value: Value, currency: Attribute, keep: Mask) -> I64:
    """Integer minor units of each row's currency. Floating-point money is refused."""
    import polars as pl

    if value.column and sheet.frame.get_column(value.column).dtype in {pl.Float32, pl.Float64}:
        bad = np.ones(len(sheet.rows), np.bool_)
        sheet.refuse(bad, value.column, "float-money", "is floating-point money: store it as text or as whole minor units")
        keep &= ~bad
        return np.zeros(len(bad), np.int64)
    amounts, scale = _decimals(sheet, value, keep)
    digits = np.array([*(MINOR_DIGITS.get(c, 2) for c in currency.names), 2], np.int64)[currency.codes]
    minor = 10**digits
    fine = (amounts * minor) % scale != 0
    sheet.refuse(fine & keep, value.column, "finer-than-scale", "has more decimals than its currency")
    keep &= ~fine
    return (amounts * minor) // scale


def _check_order(sheet: _Sheet, rule: Rule, times: Mapping[str, I64], keep: Mask) -> None:
    if "end" not in times:
        return
    start, end = times["start"], times["end"]
    column = rule.times.get("end", rule.times["start"])
    before, same = (end < start) & keep, (end == start) & keep
    sheet.refuse(before, column, "end-before-start", "lies before its start", lambda i: str(sheet.frame.get_column(column)[i]))
    if rule.shape == "intervals":
        sheet.refuse(
            same,
            column,
            "no-length",
            "is also the start: an interval without length takes no time",
            lambda i: str(sheet.frame.get_column(column)[i]),
            "warning",
        )
    keep &= ~(before | same)


def _check_counts(sheet: _Sheet, rule: Rule, numbers: Mapping[str, I64], keep: Mask) -> None:
    if "weight" in numbers:
        below, said = (numbers["weight"] < 0) & keep, rule.numbers["weight"].column
        sheet.refuse(below, said, "bad-number", "is negative: it would take time away from others",
                     (lambda i: str(sheet.frame.get_column(said)[i])) if said else None)
        keep &= ~below
    if rule.shape != "counts":
        return
    total, good = numbers["total"], numbers.get("good")
    column = rule.numbers["total"].column
    negative = (total < 0) & keep
    sheet.refuse(negative, column, "bad-count", "is negative: a counter that was reset?", lambda i: str(total[i]))
    keep &= ~negative
    if good is not None:
        wrong = ((good < 0) | (good > total)) & keep
        sheet.refuse(wrong, rule.numbers["good"].column, "bad-count", "is not between 0 and the total", lambda i: str(good[i]))
        keep &= ~wrong


def _known(sheet: _Sheet, rule: Rule, keep: Mask) -> I64 | None:
    """When each row came to be known, on the source's word; None where it declares nothing: then when it occurred."""
    column = rule.known_at or sheet.spec.known_at
    if not column:
        return None
    us, missing = _stamps(sheet, column)
    sheet.refuse(missing & keep, column, "missing-value", "says nothing, and a fact needs its known_at")
    keep &= ~(missing | (us == _BAD))
    return us


def _identity(sheet: _Sheet, rule: Rule, at: I64 | None) -> tuple[Attribute | None, Attribute | None, Mask | None]:
    """``(ids, replaces, void)``. One row that gives several facts names each: ``17#Pages``."""
    spec = sheet.spec
    if not spec.id:
        return None, None, None
    ids = _suffixed(sheet, _pick(sheet.raw(spec.id), at), rule, at)
    replaces = _suffixed(sheet, _pick(sheet.raw(spec.replaces), at), rule, at) if spec.replaces else None
    void: Mask | None = None
    if spec.void:
        column = _pick(sheet.raw(spec.void), at)
        strange = np.array([*(t.lower() not in _TRUE | _FALSE for t in column.names), False], np.bool_)[column.codes]
        where = np.zeros(len(sheet.rows), np.bool_)
        where[np.flatnonzero(strange) if at is None else at[strange]] = True
        sheet.refuse(where, spec.void, "unmapped-value", "is neither true nor false")
        void = np.array([*(t.lower() in _TRUE for t in column.names), False], np.bool_)[column.codes]
    return ids, replaces, void


def _suffixed(sheet: _Sheet, ids: Attribute, rule: Rule, at: I64 | None) -> Attribute:
    explode, key = sheet.spec.explode, rule.key
    if explode is None and not key:
        return ids
    part = _pick(sheet.raw(explode.column), at) if explode else _literal(key, len(ids.codes))
    width = len(part.names) + 1
    pairs, codes = np.unique(ids.codes.astype(np.int64) * width + part.codes + 1, return_inverse=True)
    names: list[str] = []
    for pair in pairs.tolist():
        which, piece = divmod(pair, width)
        name = ids.names[which] if which >= 0 else ""
        ending = (part.names[piece - 1] if piece else "") + (f"#{key}" if explode and key else "")
        names.append(f"{name}#{ending}" if ending else name)
    absent = ids.codes < 0
    return Attribute(np.where(absent, np.int32(-1), codes.astype(np.int32)), tuple(names))


def _rank(sheet: _Sheet, at: I64 | None) -> I64 | None:
    if not sheet.spec.rank:
        return None
    keep = np.ones(len(sheet.rows), np.bool_)
    rank, _ = _decimals(sheet, Value(sheet.spec.rank, scale=1), keep)
    return _take(rank, at)

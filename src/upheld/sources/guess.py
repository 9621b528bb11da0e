"""Guess: a first source file and a first agreement from a file nobody has described yet.

Law: a guess is a proposal in plain text, with everything it could not settle written into it as a question; it is read by the
same readers as anything else, and never used unseen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from upheld.facts.stamps import StampForm, parse_form, read_stamps
from upheld.sources.files import bytes_of, format_of
from upheld.sources.lines import read_lines
from upheld.sources.model import read_source
from upheld.sources.table import Limits, Unreadable, read_header, read_table
from upheld.values.finding import Finding, FindingsError, Place
from upheld.values.instant import format_instant
from upheld.values.zone import zone

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Guess", "guess"]

_FORMS = (
    "ISO",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
    "%d-%m-%Y %H:%M",
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "epoch s",
    "epoch ms",
    "epoch us",
)
_NULLS = ("?", "NULL", "null", "N/A", "n/a", "NA", "None", "-")
_STATE = ("state", "status", "stage", "phase", "activity", "event")
_CASE = ("case", "ticket", "incident", "number", "key", "issue", "request", "order", "id")
_WORDS = {
    "opened": ("new", "open", "opened", "created", "registered", "reported", "neu", "offen", "nouveau", "ouvert", "nuevo", "abierto"),
    "worked": ("active", "in progress", "assigned", "work in progress", "in bearbeitung", "en cours", "en curso"),
    "waiting": ("waiting", "pending", "on hold", "awaiting", "hold", "wartend", "en attente", "pendiente"),
    "resolved": ("resolved", "solved", "fixed", "done", "gel\u00f6st", "behoben", "r\u00e9solu", "resuelto"),
    "closed": ("closed", "complete", "completed", "geschlossen", "ferm\u00e9", "cerrado"),
    "cancelled": ("cancelled", "canceled", "storniert", "annul\u00e9", "cancelado"),
}
_DELIMITERS = {";": "semicolon", "\t": "tab", "|": "pipe"}
_SAMPLE = 50_000


@dataclass(frozen=True, slots=True)
class Guess:
    """``source`` and ``agreement``: texts of two files. ``report``: what was found, one sentence a line.

    ``unmapped``: values of the state column that no word explains, with their counts; they stand in the map as they are.
    """

    source: str
    agreement: str
    report: tuple[str, ...]
    unmapped: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    values: tuple[str, ...]
    distinct: int
    form: StampForm | None
    naive: bool


def guess(path: Path, limits: Limits | None = None) -> Guess:
    """What a CSV, Parquet or JSONL file seems to hold. Raises FindingsError where the file cannot be read."""
    limits = limits or Limits()
    try:
        kind, delimiter, frame, rows = _open(path, limits)
    except Unreadable as error:
        raise FindingsError([Finding(error.slug, error.message, Place(path.name, error.line, 1 if error.line else 0))]) from None
    except OSError as error:
        raise FindingsError([Finding("unreadable", f"{path.name} cannot be read: {error.strerror}", Place(path.name))]) from None
    nulls = [n for n in _NULLS if any((c == n).any() for c in frame.iter_columns())]
    columns = [_look(c, nulls) for c in frame.iter_columns()]
    found = _write(path.name, kind, delimiter, columns, rows, nulls)
    try:
        read_source(path.name, found.source.encode())
    except FindingsError as error:
        # a column or a value is named with characters that no text of ours may hold: say which, write nothing
        said = "; ".join(dict.fromkeys(f.message for f in error.findings))
        raise FindingsError([Finding("header", f"a column or value cannot be named in a source file: {said}", Place(path.name),
                                     "rename it in the file")]) from None
    return found


def _open(path: Path, limits: Limits) -> tuple[str, str, pl.DataFrame, int]:
    import polars as pl

    kind = format_of(path.name)
    if kind == "parquet":
        try:
            frame = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, ValueError) as error:
            raise Unreadable("bad-parquet", f"is no Parquet file that can be read: {str(error).splitlines()[0][:200]}") from None
        plain = [c for c, t in frame.schema.items() if not t.is_nested() and t != pl.Binary]
        return kind, ",", frame.select(plain).with_columns(_iso(frame, c) for c in plain), frame.height
    data = bytes_of(path, kind.endswith(".gz"), limits)
    if kind.startswith("jsonl"):
        import json

        try:
            first = json.loads(data.split(b"\n", 1)[0])
        except (ValueError, RecursionError):
            raise Unreadable("bad-json", "the first line is no JSON object", 1) from None
        if not isinstance(first, dict):
            raise Unreadable("bad-json", "the first line is no JSON object", 1)
        plain = [k for k, v in first.items() if not isinstance(v, dict | list)]
        frame, _, _ = read_lines(data, path.name, plain, "", limits)
        return kind, ",", frame, frame.height
    line = data[:65_536].split(b"\n", 1)[0].decode("utf-8", "replace")
    delimiter = max((",", ";", "\t", "|"), key=line.count)
    header = read_header(data, delimiter, limits)
    frame, _, _ = read_table(data, path.name, delimiter, (), header, limits)
    return kind, delimiter, frame, frame.height


def _iso(frame: pl.DataFrame, name: str) -> pl.Expr:
    import polars as pl

    kind = frame.schema[name]
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + ("Z" if kind.time_zone else ""))
    return pl.col(name).cast(pl.String)


def _look(column: pl.Series, nulls: Sequence[str]) -> _Column:
    filled = column.drop_nulls()
    filled = filled.filter(~filled.is_in(list(nulls))) if nulls else filled
    sample = tuple(filled.head(_SAMPLE).to_list())
    form, naive = _form(column.name, sample)
    return _Column(column.name, tuple(filled.to_list()) if form is None else sample, filled.n_unique() if len(filled) else 0, form, naive)


def _form(name: str, values: Sequence[str]) -> tuple[StampForm | None, bool]:
    """The one form that reads every value, and whether its stamps name no zone."""
    if not values:
        return None, False
    for text in _FORMS:
        form = parse_form(text)
        if not isinstance(form, StampForm) or (form.epoch_us and not _epoch_like(name, values, form)):
            continue
        few, problem = read_stamps(list(values[:200]), form, zone("UTC"))
        if not problem.any() and not read_stamps(list(values), form, zone("UTC"))[1].any():
            return form, not form.epoch_us and bool((read_stamps(list(values[:200]), form, None)[1] == 2).any()) and len(few) > 0
    return None, False


def _epoch_like(name: str, values: Sequence[str], form: StampForm) -> bool:
    """A number is a stamp only if it lies in 2000 … 2100 and its column is called like one."""
    if not re.search(r"(^|_| )(at|time|ts|stamp|timestamp|date|start|end)($|_| )|_at$|time", name.lower()):
        return False
    us, problem = read_stamps(list(values[:200]), form, None)
    return not problem.any() and bool(((us > 946_684_800_000_000) & (us < 4_102_444_800_000_000)).all())


def _quoted(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_ ./()%-]*", text) is not None and text == text.strip()
    return text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _named(columns: Sequence[_Column], words: Sequence[str]) -> _Column | None:
    for word in words:
        for column in columns:
            if re.search(rf"(^|[_ .-]){word}($|[_ .-])", column.name.lower()):
                return column
    return None


def _event(value: str) -> str | None:
    low = value.lower().strip()
    for event, words in _WORDS.items():
        if low in words or any(low.startswith(w + " ") for w in words):
            return event
    return None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "source"


def _milestone(column: str) -> str:
    return re.sub(r"[_ -]?(at|on|date|time|timestamp|ts)$", "", column.lower()).replace("_", "-").replace(" ", "-") or "happened"


def _write(name: str, kind: str, delimiter: str, columns: Sequence[_Column], rows: int, nulls: Sequence[str]) -> Guess:
    stamps = [c for c in columns if c.form is not None]
    report = [f"{name}: {kind}, {rows:,} rows, {len(columns)} columns"]
    others = [c for c in columns if c.form is None and c.distinct]
    state = _named([c for c in others if 2 <= c.distinct <= 60 and c.distinct < rows], _STATE)
    named = _named([c for c in others if c is not state and c.distinct > 1], _CASE)
    case = named or max((c for c in others if c is not state), key=lambda c: c.distinct, default=None)
    rest = [c for c in others if c is not case]
    lines = [
        "# A first guess, made from the file: read it, mend it, and delete the questions that are answered.",
        "upheld-source: 1",
        f"source: {_slug(Path(name).name.split('.')[0])}",
        f"files: [data/{_quoted(name)}]" if _quoted(name) == name else f'files: ["data/{name}"]',
    ]
    if delimiter != ",":
        lines.append(f"delimiter: {_DELIMITERS[delimiter]}")
    form = stamps[0].form.text if stamps and stamps[0].form else "ISO"
    naive = any(c.naive for c in stamps if c.form and c.form.text == form)
    lines.append(
        f'stamps: {{format: "{form}"'
        + (", zone: UTC}       # question: which zone do these stamps keep? (Europe/Berlin, shifted, …)" if naive else "}")
    )
    report.append("stamps: " + (", ".join(f"{c.name} ({c.form.text})" for c in stamps if c.form) or "none found"))
    if naive:
        report.append("question: the stamps name no zone; UTC is written down until you say which one")
    other = parse_form({"%d/%m": "%m/%d", "%m/%d": "%d/%m"}.get(form[:5], "") + form[5:])
    if isinstance(other, StampForm) and not any(read_stamps(list(c.values[:2_000]), other, zone("UTC"))[1].any() for c in stamps):
        report.append("question: day and month cannot be told apart in this file")
    if nulls:
        lines.append("nulls: [" + ", ".join(f'"{n}"' for n in nulls) + "]")
    unmapped: list[tuple[str, int]] = []
    usable = [c for c in stamps if c.form and c.form.text == form]
    events, stops = _events(case, state, usable, lines, report, unmapped)
    keep = [c.name for c in rest if c is not state and 2 <= c.distinct <= 200 and c.distinct < max(rows // 2, 3)][:12]
    if keep:
        lines.append("attributes: [" + ", ".join(_quoted(k) for k in keep) + "]")
    report.append("attributes: " + (", ".join(keep) or "none"))
    agreement = _agreement(_slug(Path(name).name.split(".")[0]), events, stops, _first_day(usable))
    return Guess("\n".join(lines) + "\n", agreement, tuple(report), tuple(unmapped))


def _events(
    case: _Column | None,
    state: _Column | None,
    stamps: Sequence[_Column],
    lines: list[str],
    report: list[str],
    unmapped: list[tuple[str, int]],
) -> tuple[str, str]:
    """Writes the events and gives the names of the first and the last of them."""
    if case is None or not stamps:
        report.append("question: no case column or no stamp column was found; say by hand what a row means")
        lines.append(
            "# question: which column names the case, and which one bears the stamp?\n"
            "case: case\nevents: {milestones: {opened: opened_at, closed: closed_at}}"
        )
        return "opened", "closed"
    report.append(f"case: {case.name} ({case.distinct:,} cases)")
    lines += [f"case: {_quoted(case.name)}", "events:"]
    several = state is not None and len(case.values) > case.distinct
    if not several or state is None:
        names = {_milestone(c.name): c.name for c in stamps}
        lines.append("  milestones:")
        lines += [f"    {_quoted(e)}: {_quoted(c)}" for e, c in names.items()]
        report.append("one row a case; milestones: " + ", ".join(names))
        first, last = next(iter(names)), list(names)[-1]
        if first == last:
            last = "resolved" if first != "resolved" else "closed"
            report.append(f"question: one stamp a row: what ends a case? `{last}` is written down, which this file does not have; if a row "
                          "is a reading rather than a case, map it as a sample")
        return first, last
    own = max(stamps, key=lambda c: (c.distinct, "updat" in c.name.lower()))
    values, counts = np.unique(np.array(state.values, dtype=object).astype(str), return_counts=True)
    lines += ["  state:", f"    column: {_quoted(state.name)}", f"    at: {_quoted(own.name)}", "    map:"]
    events: list[str] = []
    for value, count in sorted(zip(values.tolist(), counts.tolist(), strict=True), key=lambda v: -v[1]):
        event = _event(value)
        if event is None:
            unmapped.append((value, count))
        events.append(event or _slug(value))
        lines.append(f"      {_quoted(value)}: {events[-1]}" + ("" if event else f"      # question: {count:,} rows; what does it mean?"))
    report.append(f"state: {state.name} at {own.name}; {len(unmapped)} of {len(values)} values have no plain meaning")
    report += [f"  {value}: {count:,} rows" for value, count in unmapped]
    lines.append(f"known_at: {_quoted(own.name)}")
    begins = "opened" if "opened" in events else events[0]
    return begins, next((e for e in ("resolved", "closed") if e in events), events[-1])


def _first_day(stamps: Sequence[_Column]) -> str:
    """The first day of the month of the earliest stamp looked at; a day long ago where there is none."""
    firsts = []
    for column in stamps:
        if column.form is not None and column.values:
            at, problem = read_stamps(list(column.values), column.form, zone("UTC"))
            if (problem == 0).any():
                firsts.append(int(at[problem == 0].min()))
    return format_instant(min(firsts))[:8] + "01" if firsts else "2000-01-01"


def _agreement(name: str, starts: str, stops: str, since: str) -> str:
    return f"""upheld: 1
agreement: {name}
title: A first agreement on {name}
version: 1
effective: {{from: {since}}}
timezone: UTC
currency: EUR
parties:
  provider: {{name: Provider}}
  customer: {{name: Customer}}
covers: any
calendars:
  office: {{hours: {{mon-fri: [09:00-17:00]}}}}
commitments:
  done-in-time:
    says: A case is done in time.
    measure: clock
    starts: {starts}
    stops: {stops}
    hours: office
    within: 16h
    per: month
    target: ">= 95%"
"""

"""From the body of a request to arrivals: every row read, every fault told.

Law: a row is an arrival or has at least one fault; no row is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from anyio import to_thread
from starlette.requests import Request

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_cloudevents import cloud_arrival
from upheld.facts.arrive_json import Fault, arrival_of
from upheld.facts.json_text import JsonError, read_json
from upheld.web.access import Holder
from upheld.web.body import BINARY, CLOUD, CLOUD_BATCH, JSON, LINES, Limits, form_of, lines_of, whole_body
from upheld.web.problems import Problem

__all__ = ["Rows", "read_rows", "refuse_foreign"]

_LARGE = 64 * 2**10
"""Bytes from which a body is parsed beside the loop, so that others are answered meanwhile."""

How = Callable[[object, int, int], "Arrival | tuple[Fault, ...]"]


@dataclass(slots=True)
class Rows:
    """``arrivals`` by row from 0; ``many``: an array or a stream; ``body``: what was read, "" for a stream."""

    many: bool
    arrivals: dict[int, Arrival] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def take(self, value: object, now: int, how: How = arrival_of) -> None:
        """The next row."""
        said = how(value, now, self.count)
        if isinstance(said, Arrival):
            self.arrivals[self.count] = said
        else:
            self.faults += said
        self.count += 1

    def wrong(self, error: JsonError) -> None:
        """The next row is no JSON."""
        self.faults.append(Fault(self.count, "", error.slug, error.message, "one JSON object a line, in UTF-8"))
        self.count += 1


async def read_rows(request: Request, limits: Limits, now: int) -> tuple[Rows, bytes]:
    """The rows of a request, and its body ("" for a stream). Raises ``Problem`` for a body that is wrong as a whole."""
    form = form_of(request)
    if form == LINES:
        return await _stream(request, limits, now), b""
    body = await whole_body(request, limits)
    if form == BINARY:
        rows = Rows(many=False)
        rows.take(_binary(request, body), now, cloud_arrival)
        return rows, body
    if len(body) > _LARGE:
        return await to_thread.run_sync(_parsed, form, body, limits, now), body
    return _parsed(form, body, limits, now), body


def _parsed(form: str, body: bytes, limits: Limits, now: int) -> Rows:
    try:
        value = read_json(body)
    except JsonError as error:
        raise Problem(400, error.slug, f"the body {error.message}", "send JSON in UTF-8", position=error.position) from None
    many = form == CLOUD_BATCH or (form == JSON and isinstance(value, list))
    how: How = cloud_arrival if form in (CLOUD, CLOUD_BATCH) else arrival_of
    rows = Rows(many)
    if not many:
        rows.take(value, now, how)
        return rows
    if not isinstance(value, list):
        raise Problem(422, "no-array", "the body is no array of CloudEvents")
    if len(value) > limits.rows:
        raise Problem(413, "too-many", f"the body has {len(value):,} facts; at most {limits.rows:,} are taken at once", "send them in parts")
    for each in value:
        rows.take(each, now, how)
    return rows


async def _stream(request: Request, limits: Limits, now: int) -> Rows:
    rows = Rows(many=True)
    async for line in lines_of(request, limits):
        if not line.strip(b" \t\r"):
            continue
        if rows.count == limits.stream_rows:
            raise Problem(413, "too-many", f"the stream has more than {limits.stream_rows:,} facts", "send it in parts")
        if len(line) > limits.line:
            rows.wrong(JsonError("too-long", f"has {len(line):,} bytes; at most {limits.line:,} are read"))
            continue
        try:
            value = read_json(line)
        except JsonError as error:
            rows.wrong(error)
            continue
        rows.take(value, now)
    return rows


def _binary(request: Request, body: bytes) -> object:
    """The structured form of a CloudEvent whose attributes are headers. Raises ``Problem`` 400, 415."""
    event: dict[str, object] = {}
    for name, text in request.headers.items():
        if not name.startswith("ce-"):
            continue
        if name in {f"ce-{known}" for known in event}:
            raise Problem(400, "doubled-header", f"the header {name[:40]} is said twice", "say each attribute once")
        if not text.isascii() or _ODD_PERCENT.search(text):
            raise _badly_escaped(name)
        try:
            event[name.removeprefix("ce-")] = unquote(text, errors="strict")
        except UnicodeDecodeError:
            raise _badly_escaped(name) from None
    if body and not request.headers.get("content-type"):
        raise Problem(415, "content-type", "the body has no Content-Type", "send application/json")
    if body:
        try:
            event["data"] = read_json(body)
        except JsonError as error:
            raise Problem(400, error.slug, f"the body {error.message}", "send JSON in UTF-8", position=error.position) from None
    return event


_ODD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _badly_escaped(name: str) -> Problem:
    return Problem(400, "encoding", f"the header {name[:40]} is not ASCII with everything else percent-encoded as UTF-8",
                   "write %25 for %, %C3%B6 for ö (CloudEvents HTTP binding, section 3.1.3.2)")


def refuse_foreign(rows: Rows, holder: Holder) -> None:
    """Facts of a source the token was not made for, and what only some tokens may say, become faults."""
    for row, arrival in list(rows.arrivals.items()):
        if not holder.may_write(arrival.source):
            wrong = Fault(row, "/source", "foreign-source", "is not a source this token was made for")
        elif arrival.known_at is not None and not holder.may("facts:backfill"):
            wrong = Fault(row, "/known_at", "backfill", "may be said only with a token made for facts:backfill", "leave it out")
        else:
            continue
        del rows.arrivals[row]
        rows.faults.append(replace(wrong))
    rows.faults.sort(key=lambda fault: fault.row)

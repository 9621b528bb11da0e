"""What the interface takes and gives, as JSON Schema for ``/openapi.json``: the shapes are those of ``facts.arrive_json``.

Law: one table of shapes; the description cannot say other keys than the reader takes.
"""

from __future__ import annotations

from typing import Any

from upheld.facts.arrive_json import SHAPES, Form

__all__ = ["FACTS_BODY", "FACTS_RESPONSES", "PROBLEM", "problems"]

_STAMP = {"type": "string", "format": "date-time", "description": "RFC 3339 with an offset"}
_TEXT = {"type": "string", "minLength": 1}
_NUMBER = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$"}]}

PROBLEM: dict[str, Any] = {
    "type": "object", "required": ["type", "title", "status", "slug", "detail"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "slug": {"type": "string"},
        "detail": {"type": "string"}, "help": {"type": "string"}, "instance": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "required": ["pointer", "slug", "detail"], "properties": {
            "row": {"type": "integer"}, "pointer": {"type": "string"}, "slug": {"type": "string"}, "detail": {"type": "string"},
            "help": {"type": "string"}}}},
    },
}
"""RFC 9457, with ``slug`` and ``errors`` of our own."""


def _fact(shape: str, form: Form) -> dict[str, Any]:
    known: dict[str, Any] = {
        "shape": {"const": shape}, "source": _TEXT, "id": _TEXT, "replaces": _TEXT, "void": {"type": "boolean"}, "rank": {"type": "integer"},
        "known_at": _STAMP, "says": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
    }
    known |= {key.rstrip("*"): _TEXT for key in form.texts} | {key.rstrip("*"): _STAMP for key in form.times}
    known |= {key.rstrip("*"): {"integer": {"type": "integer"}, "text": {"type": "string"}}.get(_KINDS.get(key.rstrip("*"), ""), _NUMBER)
              for key in form.numbers}
    if form.planned:
        known["planned"] = {"type": "boolean", "description": "its time lies ahead, and that is no wrong clock"}
    needed = [key.rstrip("*") for key in (*form.texts, *form.times, *form.numbers) if key.endswith("*")]
    required = ["shape", "source", "id", *needed]
    return {"type": "object", "title": shape, "properties": known, "required": required, "additionalProperties": False}


_KINDS = {"amount": "text", "minor": "integer", "good": "integer", "total": "integer"}
_ONE: dict[str, Any] = {"oneOf": [_fact(shape, form) for shape, form in SHAPES.items()], "discriminator": {"propertyName": "shape"}}
_CLOUD: dict[str, Any] = {
    "type": "object", "required": ["id", "source", "type", "specversion"],
    "description": "CloudEvents 1.0: type `upheld.<shape>` with the fact as data, or any other type, which becomes a case event",
    "properties": {"id": _TEXT, "source": _TEXT, "type": _TEXT, "specversion": {"const": "1.0"}, "subject": _TEXT, "time": _STAMP, "data": {}},
}

FACTS_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {
        "application/json": {"schema": {"anyOf": [_ONE, {"type": "array", "items": _ONE}]}},
        "application/x-ndjson": {"schema": {"type": "string", "description": "one fact a line"}},
        "application/cloudevents+json": {"schema": _CLOUD},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _CLOUD}},
    }},
    "parameters": [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200},
         "description": "the same key with the same request gives the first answer and records nothing"},
        {"name": "partial", "in": "query", "schema": {"type": "boolean", "default": False}, "description": "record the good rows of a request"},
        {"name": "receipts", "in": "query", "schema": {"type": "boolean", "default": True}, "description": "a signed receipt a row"},
    ],
    "security": [{"token": []}],
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The problems a path may answer with."""
    return {code: {"description": "a problem", "content": {"application/problem+json": {"schema": PROBLEM}}} for code in codes}


FACTS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "all of it was recorded before"}, 201: {"description": "recorded"},
    207: {"description": "recorded in part, row by row"},
    **problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
}

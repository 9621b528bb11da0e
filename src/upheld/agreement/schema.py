"""JSON Schema (2020-12) of an agreement, for editors: which keys there are, which words, and what may be left out.

Law: it is made from the models, so it cannot lag behind them, and it accepts every file that ``upheld check`` accepts. The
other way round it is no judge: quantities, references and look-ups are read by the models alone.

Files are described as they are written, before inheritance: a commitment that is ``like`` another needs no measure, and
``none`` takes away what a base gave. Scalars may be numbers or truth values, as that is how editors see ``version: 3``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, PlainValidator

from upheld.agreement.merge import OWN
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.form import Clause
from upheld.plans.lookup import Lookup

__all__ = ["schema"]

Schema = dict[str, Any]

_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_FLAG: Schema = {"enum": ["yes", "no", "true", "false", True, False]}
_LOOKUP: Schema = {"description": "A value, or a look-up: {by <attribute>: {<row>: <value>, else: <value>}}"}
_OWN_KEYS: Schema = {"^x-": {"description": "Your own: kept, never read"}}


def schema() -> Schema:
    """The schema as plain JSON values; one definition for each clause kind, named as its model is."""
    defs: dict[str, Schema] = {}
    root = _clause(Agreement, defs)
    root["required"] = ["upheld", "agreement"]
    root["properties"] = {key: value if key in OWN else _or_none(value) for key, value in root["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An agreement of Upheld",
        **root,
        "$defs": dict(sorted(defs.items())),
    }


def _clause(model: type[BaseModel], defs: dict[str, Schema]) -> Schema:
    """A mapping with the keys of a model. A model that also takes other forms (it rearranges what was written) is left open."""
    model.model_rebuild()
    properties = {f.alias or name: _kind(f.annotation, f.metadata, defs) for name, f in model.model_fields.items()}
    found: Schema = {"description": _first_line(model)}
    if any(name != "_own_keys" and v.info.mode == "before" for name, v in model.__pydantic_decorators__.model_validators.items()):
        return found | {"properties": properties}
    required = [f.alias or name for name, f in model.model_fields.items() if f.is_required()]
    found |= {"type": "object", "properties": properties, "patternProperties": _OWN_KEYS, "additionalProperties": False}
    return found | ({"required": required} if required else {})


def _kind(annotation: Any, metadata: list[Any] | tuple[Any, ...], defs: dict[str, Schema]) -> Schema:
    """What may be written where a type stands."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0], (*metadata, *args[1:]), defs)
    if any(isinstance(m, PlainValidator) for m in metadata):
        return _read(annotation, origin, args)
    if origin in (Union, UnionType):
        measures = _measures(args)
        return _commitment(measures, defs) if measures else _any_of([_kind(a, (), defs) for a in args if a is not NoneType])
    if origin is Literal:
        return {"enum": [form for word in args for form in _forms(word)]}
    if origin is tuple:
        return {"type": "array", "items": _kind(args[0], (), defs)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _or_none(_kind(args[1], (), defs))}
    if isinstance(annotation, type) and issubclass(annotation, Clause):
        return _reference(annotation, defs)
    return {}


def _read(annotation: Any, origin: Any, args: tuple[Any, ...]) -> Schema:
    """A type of our own: what it reads is known for scalars and names, and left open for everything richer."""
    if annotation is bool:
        return _FLAG
    if annotation in (str, int):
        return _SCALAR
    if origin is Lookup:
        return _LOOKUP
    if origin is tuple and args[:1] == (str,):
        return {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
    return {}


def _reference(model: type[BaseModel], defs: dict[str, Schema]) -> Schema:
    name = model.__name__.lstrip("_")
    if name not in defs:
        defs[name] = {}  # known from here on: a clause may hold clauses of its own kind
        defs[name] = _clause(model, defs)
    return {"$ref": f"#/$defs/{name}"}


def _measures(args: tuple[Any, ...]) -> dict[str, type[BaseModel]]:
    """The models of a union by their measure; none if it is another union."""
    found: dict[str, type[BaseModel]] = {}
    for model in args:
        if not (isinstance(model, type) and issubclass(model, Clause) and "measure" in model.model_fields):
            return {}
        found[get_args(model.model_fields["measure"].annotation)[0]] = model
    return found


def _commitment(measures: dict[str, type[BaseModel]], defs: dict[str, Schema]) -> Schema:
    """All measures as one mapping: an editor offers every key until ``measure`` is written, then those of the measure."""
    clauses = {measure: _clause(model, defs) for measure, model in measures.items()}
    properties: dict[str, Schema] = {"like": _SCALAR}
    for clause in clauses.values():
        for key, value in clause["properties"].items():
            known = properties.get(key)
            properties[key] = value if known in (None, value) else _any_of([known, value])
    properties["measure"] = {"enum": list(measures)}
    properties = {key: _or_none(value) for key, value in properties.items()}
    rules = [
        {
            "if": {"properties": {"measure": {"const": measure}}, "required": ["measure"]},
            "then": {"propertyNames": {"anyOf": [{"enum": ["like", *clause["properties"]]}, {"pattern": "^x-"}]}},
        }
        for measure, clause in clauses.items()
    ]
    defs["Commitment"] = {
        "description": "What is promised.", "type": "object", "properties": properties, "patternProperties": _OWN_KEYS,
        "additionalProperties": False, "allOf": rules,
    }
    return {"$ref": "#/$defs/Commitment"}


def _or_none(kind: Schema) -> Schema:
    """Also ``none``, where that takes away what a base gave."""
    if not kind or kind in (_SCALAR, _LOOKUP):
        return kind
    return _any_of([kind, {"const": "none"}])


def _any_of(kinds: list[Schema]) -> Schema:
    flat = [inner for kind in kinds for inner in (kind["anyOf"] if set(kind) == {"anyOf"} else [kind])]
    unique = [kind for i, kind in enumerate(flat) if kind not in flat[:i]]
    if {} in unique:
        return {}
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def _forms(word: str) -> list[Any]:
    """A word, and what an editor makes of it."""
    if word in ("true", "false"):
        return [word, word == "true"]
    return [word, int(word)] if word.isdigit() else [word]


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]

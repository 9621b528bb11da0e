"""Mend: what the models refused, as findings a person can act on.

Law: every problem once, at its own word, in our words; the validator's own English is never shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from upheld.agreement.model.form import Path, Problem
from upheld.agreement.nodes import Node
from upheld.agreement.suggest import did_you_mean
from upheld.values.finding import Finding, Place

__all__ = ["as_finding", "mend"]


def mend(error: ValidationError, root: Node, model: type[BaseModel]) -> tuple[Finding, ...]:
    """All findings of one validation, each at the word it is about."""
    plain = root.plain()
    problems = [p for details in error.errors(include_url=False) for p in _problems(details, plain, model)]
    return tuple(dict.fromkeys(as_finding(p, root) for p in problems))


def as_finding(problem: Problem, root: Node) -> Finding:
    """A problem with the path from the root, as a finding at its place."""
    place = _place(root, problem.path, problem.on_key)
    related = tuple((_place(root, path, True), word) for path, word in problem.related)
    return Finding(problem.slug, problem.message, place, problem.help, problem.severity, related)


def _place(root: Node, path: Path, on_key: bool) -> Place:
    return root.key_at(path) if on_key else root.at(path)


def _problems(error: ErrorDetails, plain: Any, model: type[BaseModel]) -> Iterable[Problem]:
    path = _real(error["loc"], plain)
    context = error.get("ctx", {})
    match error["type"]:
        case "problems":
            for p in context["problems"]:
                yield Problem((*path, *p.path), p.slug, p.message, p.help, p.on_key, p.severity)
        case "extra_forbidden":
            known = _keys_at(model, error["loc"][:-1])
            yield Problem(path, "unknown-key", f"no clause of this kind has the key `{path[-1]}`", did_you_mean(str(path[-1]), known), True)
        case "missing":
            key = str(error["loc"][-1])
            yield Problem(path, "missing-key", f"`{key}` is missing{_in(path)}", f"add `{key}: ...`", True)
        case "literal_error":
            words = [str(w) for w in _expected(context)]
            yield Problem(path, "unknown-word", f"`{error['input']}` is not known here", did_you_mean(str(error["input"]), words))
        case "union_tag_invalid":
            tags = [t.strip().strip("'") for t in str(context.get("expected_tags", "")).split(",")]
            yield Problem(
                (*path, "measure"), "unknown-word", f"`{context.get('tag')}` is not a measure", did_you_mean(str(context.get("tag")), tags)
            )
        case "union_tag_not_found":
            yield Problem(path, "missing-key", f"`measure` is missing{_in(path)}", "add measure: availability, clock, values or combine", True)
        case "value_error":
            yield Problem(path, "missing-key", str(context.get("error", "")), "", True)
        case "model_type" | "dict_type" | "mapping_type" | "model_attributes_type":
            yield Problem(path, "shape", f"a mapping is meant here, not {_said(error['input'])}")
        case "tuple_type" | "list_type":
            yield Problem(path, "shape", f"a list is meant here, not {_said(error['input'])}", "write it in [ ]")
        case _:
            yield Problem(path, "shape", f"{_said(error['input'])} is not understood here")


def _said(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else f"`{value}`"


def _in(path: Path) -> str:
    return f" in `{'.'.join(str(p) for p in path)}`" if path else ""


def _expected(context: Any) -> list[str]:
    text = str(context.get("expected", ""))
    return [w.strip().strip("'") for part in text.split(" or ") for w in part.split(", ")]


def _real(loc: Sequence[str | int], plain: Any) -> Path:
    """The path without what the validator added (union tags), as far as it exists, the last part kept where it is a key."""
    path: list[str | int] = []
    value = plain
    for part in loc:
        if isinstance(value, dict) and str(part) in value:
            path.append(str(part))
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            path.append(part)
            value = value[part]
    return tuple(path)


def _keys_at(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys the model at a place knows, found by walking the annotations."""
    candidates: list[Any] = [model]
    for part in loc:
        following: list[Any] = []
        for candidate in _models(candidates):
            for name, info in candidate.model_fields.items():
                if part in (info.alias or name, name):
                    following += [info.annotation, *info.metadata]
        tagged = [m for m in _models(candidates) if _is_tag(m, part)]
        if following:
            candidates = following
        elif tagged:
            candidates = tagged
    keys: dict[str, None] = {}
    for candidate in _models(candidates):
        keys |= dict.fromkeys(info.alias or name for name, info in candidate.model_fields.items())
    return list(keys)


def _is_tag(model: type[BaseModel], part: str | int) -> bool:
    measure = model.model_fields.get("measure")
    return measure is not None and part in get_args(measure.annotation)


def _models(annotations: Iterable[Any]) -> Iterable[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        elif get_origin(annotation) is not None or isinstance(annotation, UnionType) or annotation is Union:
            yield from _models(get_args(annotation))

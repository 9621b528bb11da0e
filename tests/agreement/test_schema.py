"""The schema: made of the models, and never stricter than they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from upheld.agreement.schema import schema

SCHEMA = schema()
ROOT = Path(__file__).resolve().parents[2]
KNOWN = {"$schema", "$defs", "title", "description", "$ref", "type", "properties", "patternProperties", "additionalProperties",
         "required", "enum", "const", "items", "anyOf", "allOf", "if", "then", "propertyNames", "pattern"}


def wrong(value: Any, rule: Any, at: str = "") -> list[str]:
    """What of the JSON Schema rules used here does not hold: the words of the 2020-12 draft, read literally."""
    if isinstance(rule, bool):
        return [] if rule else [f"{at}: not allowed"]
    assert set(rule) <= KNOWN, set(rule) - KNOWN
    if "$ref" in rule:
        return wrong(value, SCHEMA["$defs"][rule["$ref"].removeprefix("#/$defs/")], at)
    bad: list[str] = []
    types: dict[str, Any] = {"object": dict, "array": list, "string": str, "number": (int, float), "boolean": bool}
    names = rule.get("type", list(types))
    if not isinstance(value, tuple(t for n in ([names] if isinstance(names, str) else names) for t in
                                   (types[n] if isinstance(types[n], tuple) else (types[n],)))):
        bad.append(f"{at}: not {names}")
    if "enum" in rule and value not in rule["enum"]:
        bad.append(f"{at}: {value!r} not in {rule['enum']}")
    if "const" in rule and value != rule["const"]:
        bad.append(f"{at}: not {rule['const']}")
    if "pattern" in rule and not re.search(rule["pattern"], value):
        bad.append(f"{at}: no match")
    if "anyOf" in rule and not any(not wrong(value, r, at) for r in rule["anyOf"]):
        bad += [w for r in rule["anyOf"] for w in wrong(value, r, at)]
    bad += [w for r in rule.get("allOf", ()) for w in wrong(value, r, at)]
    if "if" in rule and not wrong(value, rule["if"], at):
        bad += wrong(value, rule["then"], at)
    if isinstance(value, list) and "items" in rule:
        bad += [w for i, item in enumerate(value) for w in wrong(item, rule["items"], f"{at}[{i}]")]
    if isinstance(value, dict):
        bad += [f"{at}: {key} missing" for key in rule.get("required", ()) if key not in value]
        for key, item in value.items():
            rules = [r for k, r in rule.get("properties", {}).items() if k == key]
            rules += [r for k, r in rule.get("patternProperties", {}).items() if re.search(k, key)]
            bad += [w for r in rules or [rule.get("additionalProperties", True)] for w in wrong(item, r, f"{at}.{key}")]
            bad += wrong(key, rule.get("propertyNames", {}), f"{at}.{key}")
    return bad


class _Editor(yaml.SafeLoader):
    """Numbers and truth values are typed as editors do by YAML 1.2; dates stay text; keys are text."""


_Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(("timestamp", "merge", "value", "int", "bool"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Editor.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?[1-9][0-9]*$|0$"), list("-+0123456789"))
_Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true$|false$"), list("tf"))


def as_an_editor(text: str) -> Any:
    return json.loads(json.dumps(yaml.load(text, Loader=_Editor)))


FILES = sorted(ROOT.glob("examples/**/agreements/**/*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_agreements_of_the_examples_fit(path: Path) -> None:
    assert wrong(as_an_editor(path.read_text(encoding="utf-8")), SCHEMA) == []


def test_a_whole_one_fits() -> None:
    text = (Path(__file__).parent / "whole.yaml").read_text(encoding="utf-8")
    assert wrong(as_an_editor(text), SCHEMA) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("{upheld: 1, agreement: a, timezon: UTC}", ".timezon: not allowed"),
        ("{upheld: 2, agreement: a}", ".upheld: 2 not in ['1', 1]"),
        ("{upheld: 1}", ": agreement missing"),
        ("{upheld: 1, agreement: a, commitments: {c: {measure: clok}}}", ".commitments.c.measure"),
        ("{upheld: 1, agreement: a, commitments: {c: {measure: clock, down: x}}}", ".commitments.c.down"),
        ("{upheld: 1, agreement: a, commitments: {c: {measure: clock, frm: x}}}", ".commitments.c.frm"),
    ],
)
def test_slips_are_seen_while_typing(text: str, at: str) -> None:
    assert any(at in w for w in wrong(as_an_editor(text), SCHEMA))


def test_own_keys_likes_and_none_may_be_written() -> None:
    commitments = "{c: {like: d, credit: none, x-y: 1}, e: none}"
    text = f"{{upheld: 1, agreement: a, based_on: b@1, x-mine: {{z: 1}}, caps: none, commitments: {commitments}}}"
    assert wrong(as_an_editor(text), SCHEMA) == []


def test_it_is_plain_json_and_refers_to_nothing_that_is_missing() -> None:
    text = json.dumps(SCHEMA)
    assert "unevaluatedProperties" not in text
    assert set(re.findall(r"#/\$defs/(\w+)", text)) <= set(SCHEMA["$defs"])
    assert schema() == SCHEMA

"""Examples (LANGUAGE §9): small cases written beside a clause, which must come out as they say whenever the file is checked.

Law: an example is data. What it means is decided by the one evaluator, never here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from upheld.agreement.model.form import gather, kind_of, mapping_of, problem, reads, text_of

__all__ = ["EXPECTED", "Example", "Examples"]

EXPECTED = ("verdict", "value", "elapsed", "due")
"""What an example may say of its outcome."""


@dataclass(frozen=True, slots=True)
class Example:
    """``said``: a result (``result`` among its keys), or a case (its events with their stamps, its attributes).

    ``down``: the spans a state held instead, each with its attributes; ``window`` names the window looked at, ``as_of`` when.
    ``commitment``: which clause, where the example stands beside none.
    """

    said: tuple[tuple[str, tuple[str, ...]], ...]
    expect: tuple[tuple[str, str], ...]
    down: tuple[tuple[tuple[str, str], ...], ...] | None = None
    window: str = ""
    as_of: str = ""
    commitment: str = ""


def example_of(value: Any) -> Example:
    """``{given: {opened: 2026-01-05 09:00, answered: 2026-01-05 11:00, severity: 1}, expect: {verdict: met, elapsed: 2h}}``."""
    mapping = mapping_of(value, "an example")
    for key in mapping:
        if key not in ("given", "expect", "commitment"):
            raise problem("unknown-key", f"an example has no key `{key}`", "known keys: given, expect, commitment", (key,), on_key=True)
    for key in ("given", "expect"):
        if key not in mapping:
            raise problem("missing-key", f"an example says what is {'given' if key == 'given' else 'expected'}", f"add `{key}: ...`")
    given, expect = gather(((key,), lambda key=key: mapping[key]) for key in ("given", "expect"))  # type: ignore[misc]
    said, down, window, as_of = _given(given)
    commitment = text_of(mapping.get("commitment", ""))
    return Example(said, _expected(expect), down, window, as_of, commitment)


def _given(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, dict) or not value:
        raise problem("shape", f"given is a result, a case or spans, not {kind_of(value)}", "write given: {result: 99.2%}", ("given",))
    down, window, as_of = value.get("down"), "", ""
    if "window" in value:
        window = text_of(value["window"])
    if "as_of" in value:
        as_of = text_of(value["as_of"])
    if down is not None and (not isinstance(down, list) or not window):
        raise problem("shape", "spans are written down: [{from: ..., until: ...}], with the window they are looked at in",
                      "add window: 2026-03", ("given",))
    spans = None
    if down is not None:
        spans = tuple(tuple((k, text_of(v)) for k, v in mapping_of(span, "a span").items()) for span in down)
        for i, span in enumerate(spans):
            if not {"from", "until"} <= {k for k, _ in span}:
                raise problem("missing-key", "a span has a beginning and an end", "write {from: ..., until: ...}", ("given", "down", i))
    said = tuple((k, tuple(text_of(t) for t in (v if isinstance(v, list) else [v])))
                 for k, v in value.items() if k not in ("down", "window", "as_of"))
    return said, spans, window, as_of


def _expected(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        return (("verdict", value),)
    mapping = mapping_of(value, "what is expected")
    for key in mapping:
        if key not in EXPECTED:
            raise problem("unknown-key", f"an outcome has no `{key}`", f"known keys: {', '.join(EXPECTED)}", ("expect", key), on_key=True)
    if not mapping:
        raise problem("shape", "nothing is expected here", "write expect: met", ("expect",))
    return tuple((key, text_of(item)) for key, item in mapping.items())


Examples = tuple[Annotated[Example, reads(example_of)], ...]

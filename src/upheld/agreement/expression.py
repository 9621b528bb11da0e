"""Arithmetic on commitments: a tiny exact grammar, read into prefix form.

Law: numbers are exact; + - * / ( ), min and max, commitment names, nothing else. A minus needs a space before it, as names hold dashes.
"""

from __future__ import annotations

import re
from fractions import Fraction

from upheld.values.exact import exact_number

__all__ = ["BadExpression", "Prefix", "names_in", "parse_expression"]

Prefix = tuple[object, ...]
_TOKEN = re.compile(r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?%?)|(?P<name>[^\W\d][\w.-]*)|(?P<sign>[-+*/(),]))")


class BadExpression(ValueError):  # noqa: N818 - a verdict on a text, not a fault
    """Says what stands where it should not."""


def parse_expression(text: str) -> Prefix:
    """``(a + b) / 2`` as ``("/", ("+", "a", "b"), Fraction(2))``; a lone name or number is ``("value", it)``."""
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise BadExpression(f"`{text[at:].strip()[:10]}` is not part of an expression")
        tokens.append(found[0].strip())
        at = found.end()
    if len(tokens) > 200:
        raise BadExpression("the expression is too long")
    tree = _sum(tokens, 0)
    if tokens:
        raise BadExpression(f"`{tokens[0]}` stands where the expression should end")
    return tree if isinstance(tree, tuple) else ("value", tree)


def names_in(tree: Prefix) -> tuple[str, ...]:
    """The commitments an expression names, each once, in order."""
    found: dict[str, None] = {}
    for part in tree[1:]:
        if isinstance(part, tuple):
            found |= dict.fromkeys(names_in(part))
        elif isinstance(part, str):
            found[part] = None
    return tuple(found)


def _sum(tokens: list[str], depth: int) -> object:
    left = _product(tokens, depth)
    while tokens and tokens[0] in "+-":
        sign = tokens.pop(0)
        left = (sign, left, _product(tokens, depth))
    return left


def _product(tokens: list[str], depth: int) -> object:
    left = _atom(tokens, depth)
    while tokens and tokens[0] in "*/":
        sign = tokens.pop(0)
        left = (sign, left, _atom(tokens, depth))
    return left


def _atom(tokens: list[str], depth: int) -> object:
    if not tokens:
        raise BadExpression("the expression ends too early")
    if depth > 30:
        raise BadExpression("the expression is nested too deep")
    word = tokens.pop(0)
    if word == "(":
        inner = _sum(tokens, depth + 1)
        _expect(tokens, ")")
        return inner
    if word in ("min", "max") and tokens and tokens[0] == "(":
        tokens.pop(0)
        parts = [_sum(tokens, depth + 1)]
        while tokens and tokens[0] == ",":
            tokens.pop(0)
            parts.append(_sum(tokens, depth + 1))
        _expect(tokens, ")")
        return (word, *parts)
    number = exact_number(word.removesuffix("%"))
    if number is not None:
        return number / 100 if word.endswith("%") else Fraction(number)
    if word in "+-*/(),":
        raise BadExpression(f"`{word}` stands where a value should")
    return word


def _expect(tokens: list[str], sign: str) -> None:
    if not tokens or tokens.pop(0) != sign:
        raise BadExpression(f"a `{sign}` is missing")

"""JSON as it was written: every number keeps its digits, a doubled key and NaN are seen, nothing is rounded or overwritten in silence.

Law: a fast reader answers only where it cannot differ from the careful one; whatever it cannot vouch for is read again, carefully.
Values: None, bool, int, ``Number`` (with a point or an exponent), str, list, dict; ``Doubled`` and ``NotNumber`` where something is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass

import msgspec

__all__ = ["Doubled", "JsonError", "NotNumber", "Number", "read_json"]


class Number(str):
    """A number that is no plain integer, or too long for one, as it was written."""

    __slots__ = ()


class NotNumber(str):
    """``NaN`` or ``Infinity``, which JSON does not have."""

    __slots__ = ()


class Doubled(dict[str, object]):
    """An object that says a key twice; ``keys_twice`` names them."""

    __slots__ = ("keys_twice",)
    keys_twice: tuple[str, ...]


@dataclass
class JsonError(Exception):
    """A text that is no JSON at all: slug, message, and where (character from 1, 0: the whole)."""

    slug: str
    message: str
    position: int = 0


_FAST = msgspec.json.Decoder(float_hook=Number)
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')
_LONG = 18
"""Digits of an integer beyond which it is kept as it was written."""


def read_json(data: bytes) -> object:
    """The value a JSON text spells. Raises ``JsonError``."""
    try:
        value = _FAST.decode(data)
        # each key is followed by `":`; where these are as many as the keys that were kept, none was said twice
        sure = data.count(b'":') == _keys(value) and not _SPACED_KEY.search(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        sure, value = False, None
    return value if sure else _careful(data)


def _keys(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(v) for v in value.values() if type(v) in (dict, list))
    if isinstance(value, list):
        return sum(_keys(v) for v in value if type(v) in (dict, list))
    return 0


def _careful(data: bytes) -> object:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError("encoding", f"byte {data[error.start]:02X} at {error.start + 1} is not UTF-8", error.start + 1) from None
    if text.startswith("\ufeff"):
        raise JsonError("encoding", "begins with a byte order mark", 1)
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=NotNumber, parse_float=Number, parse_int=_whole)
    except RecursionError:
        raise JsonError("too-deep", "is nested too deep") from None
    except json.JSONDecodeError as error:
        raise JsonError("bad-json", f"is no JSON: {error.msg} at character {error.pos + 1}", error.pos + 1) from None


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = Doubled(found)
    doubled.keys_twice = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return doubled


def _whole(text: str) -> object:
    return int(text) if len(text) <= _LONG else Number(text)

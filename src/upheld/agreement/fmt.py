"""One layout for all agreements, so that two versions differ only where their terms do.

Law: the layout changes, the meaning and the comments never do: what is laid out is read again and compared, and a file for
which that does not hold is refused, not half changed. Laying out twice changes nothing more.

The top-level keys come in the order of the language's own description, each with the comment lines directly above it.
Quotes that were written stay; those that YAML needs are added.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.error import YAMLError
from ruamel.yaml.resolver import VersionedResolver

from upheld.agreement.nodes import Map, Node
from upheld.agreement.reader import read
from upheld.values.finding import Finding, FindingsError, Place

__all__ = ["ORDER", "WIDTH", "fmt"]

WIDTH = 130
_WRAP = 110  # a line is broken before the first item that begins behind this column

ORDER = (
    *("upheld", "agreement", "title", "description", "based_on", "version", "effective", "adopted", "language", "law"),
    *("timezone", "currency", "parties", "definitions", "scope", "out_of_scope", "covers", "complete", "tiers", "services"),
    *("calendars", "attributes", "states", "exclusions", "commitments", "amounts", "highest_of", "caps", "claim", "disputes"),
    *("rights", "earn_back", "rounding", "price", "contacts", "roles", "rotas", "escalations", "playbooks"),
    *("communication", "changes"),
    *("continuity", "security", "data", "retention", "reviews", "responsibilities", "liability", "renewal", "termination"),
    *("transition", "texts", "accept", "examples"),
)


def fmt(text: str, name: str = "agreement") -> str:
    """The text in the canonical layout, ending with one line end. Raises FindingsError if it cannot be read, or with the
    finding ``layout`` if it cannot be laid out without a change of meaning or the loss of a comment.
    """
    root = read(name, text.encode("utf-8", "surrogatepass"))
    result = _layout(_quoted_axes(_reordered(text.replace("\r\n", "\n"), root), name), name)
    same = _sorted(read(name, result.encode()).plain()) == _sorted(root.plain())
    if not same or _comments(result) != _comments(text) or _layout(result, name) != result:
        help_ = "move comments out of brackets, onto lines of their own"
        raise FindingsError([Finding("layout", "this file cannot be laid out without changing what it says", Place(name), help_)])
    return result


def _sorted(plain: Any) -> Any:
    # Top-level keys may have moved; the order of everything below is compared too.
    return sorted((key, _pairs(value)) for key, value in plain.items())


def _pairs(plain: Any) -> Any:
    match plain:
        case dict():
            return "map", [(key, _pairs(value)) for key, value in plain.items()]
        case list():
            return "list", [_pairs(value) for value in plain]
    return "text", plain


def _comments(text: str) -> list[str]:
    """Every ``#`` that may begin a comment, with what follows: equal before and after, if none was lost."""
    return sorted(re.sub(r"\s+", " ", m).strip() for m in re.findall(r"(?:^|(?<=\s))#.*", text, re.MULTILINE))


def _reordered(text: str, root: Node) -> str:
    """The top-level blocks in canonical order, as text: comments stay with the key they stand above."""
    assert isinstance(root, Map)
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    starts = [e.key_place.line - 1 for e in root.entries]
    braces = root.place.text[root.place.col - 1] == "{"
    if braces or len(set(starts)) != len(starts) or any(e.key_place.col != 1 for e in root.entries):
        return text  # one mapping in braces, or keys that are not in the first column: the order stays
    tops = []
    for start in starts:
        top = start
        while top > 0 and lines[top - 1].startswith("#"):
            top -= 1
        tops.append(top)
    end = len(lines)
    while end > starts[-1] + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1  # what stands below the last key belongs to no key
    bounds = [*tops, end]
    blocks = {e.key: lines[bounds[i] : bounds[i + 1]] for i, e in enumerate(root.entries)}
    rank = {key: i for i, key in enumerate(ORDER)}
    order = sorted(blocks, key=lambda key: rank.get(key, len(rank)))
    return "\n".join([*lines[: tops[0]], *(line for key in order for line in blocks[key]), *lines[end:]]) + "\n"


def _quoted_axes(text: str, name: str) -> str:
    """``{by impact, urgency: …}`` with its key quoted, as YAML would take it for two keys."""
    lines = text.split("\n")
    keys = [e.key_place for _, node in read(name, text.encode()).walk() if isinstance(node, Map) for e in node.entries
            if e.key.startswith("by ") and "," in e.key]
    for place in sorted(keys, reverse=True):
        line, start, stop = lines[place.line - 1], place.col - 1, place.col - 1 + place.length
        written = line[start:stop]
        if written.startswith("by "):
            lines[place.line - 1] = f'{line[:start]}"{", ".join(part.strip() for part in written.split(","))}"{line[stop:]}'
    return "\n".join(lines)


class _TextOnly(VersionedResolver):
    """Every scalar is a text, so none is written in another spelling."""

    @property
    def versioned_resolver(self) -> Any:
        return {}


class _Emitter(RoundTripEmitter):
    """Breaks lines between items, never inside a text, save for a long unquoted one that stands alone."""

    def write_plain(self, text: Any, split: Any = True) -> None:
        if self.flow_level or not split or len(text) + self.column < WIDTH or "\n" in text or "  " in text:
            return self._unbroken(super().write_plain, text)
        for i, line in enumerate(_filled(text.split(" "), WIDTH - self.column - 1, WIDTH - (self.indent or 0))):
            if i:
                self.write_indent()
            self._unbroken(super().write_plain, line)
        return None

    def write_single_quoted(self, text: Any, split: Any = True) -> None:  # noqa: ARG002 - the signature is the emitter's
        self._unbroken(super().write_single_quoted, text)

    def write_double_quoted(self, text: Any, split: Any = True) -> None:  # noqa: ARG002
        self._unbroken(super().write_double_quoted, text)

    def _unbroken(self, write: Callable[[Any, bool], None], text: str) -> None:
        width, self.best_width = self.best_width, sys.maxsize
        write(text, False)
        self.best_width = width


def _filled(words: list[str], first: int, others: int) -> list[str]:
    """Words in lines of at most so many letters."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= (first if len(lines) == 1 else others):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _layout(text: str, name: str) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver, yaml.Emitter, yaml.preserve_quotes, yaml.width = _TextOnly, _Emitter, True, _WRAP
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    try:
        yaml.dump(yaml.load(text), out)
    except (YAMLError, ValueError, AttributeError, TypeError, IndexError) as error:  # it is not made for every text YAML allows
        message = "this file cannot be laid out"
        raise FindingsError([Finding("layout", message, Place(name), "write it with fewer special signs")]) from error
    return out.getvalue().rstrip("\n") + "\n"

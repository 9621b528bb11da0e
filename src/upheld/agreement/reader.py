"""The reader: bytes of a file to nodes with places, or every finding at once.

YAML's structure (so also JSON) without YAML's guesses: each scalar is the text that was written (``no``, ``08:00`` and
``1.10`` stay what they look like), and what a reader of the file cannot see is refused: anchors, aliases, tags, merge
keys, second documents, doubled keys, values left empty, invisible characters.

Law: ``read`` gives a node or raises ``FindingsError``, whatever the bytes. Size is tested before anything is decoded, and
depth and count while libyaml hands over one event at a time (it keeps no tree), so that a hostile file costs
milliseconds; aliases are never expanded.
"""

from __future__ import annotations

import codecs
from typing import Any

from yaml import events as ev
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError, YAMLError

from upheld.agreement.letters import FORBIDDEN, describe, printable, skeleton
from upheld.agreement.nodes import Entry, List, Map, Node, Text
from upheld.agreement.syntax import explain
from upheld.values.finding import Finding, FindingsError, Place

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "read"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_FINDINGS = 50

_SPLIT = "split it: what others share can be a base (`based_on`)"
_BEGIN = "an agreement begins with `upheld: 1`"


def read(name: str, data: bytes) -> Node:
    """The root of a file, a ``Map``; ``name`` is how places call the file. Raises FindingsError with all that was found."""
    if len(data) > MAX_BYTES:
        size = f"{len(data):,} bytes are more than a file may have ({MAX_BYTES:,})"
        raise FindingsError([Finding("size", size, Place(name), _SPLIT)])
    findings: list[Finding] = []
    text = _decode(name, data, findings)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if not (text.isascii() and printable(data)):
        text = _characters(name, text, lines, findings)
    root = _Composer(name, lines, findings).document(text)
    if root is None or findings:
        raise FindingsError(_most(Place(name, len(lines), 1, 1, lines[-1]), findings))
    return root


def _most(end: Place, findings: list[Finding]) -> list[Finding]:
    if len(findings) <= MAX_FINDINGS:
        return findings
    more = Finding("more", "there are more findings in this file than are shown", end, "mend the ones above first", "note")
    return [*findings[:MAX_FINDINGS], more]


def _decode(name: str, data: bytes, findings: list[Finding]) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or data[:4].count(0) >= 2:
        wide = "the file is UTF-16 or UTF-32; it must be UTF-8"
        raise FindingsError([Finding("encoding", wide, Place(name), "save it as UTF-8")])
    if data.startswith(codecs.BOM_UTF8):
        first = data[3:].split(b"\n", 1)[0].decode("utf-8", "replace").removesuffix("\r")
        findings.append(Finding("encoding", "the file begins with a byte order mark (EF BB BF), which nobody sees",
                                Place(name, 1, 1, 1, first), "save it as UTF-8 without a byte order mark"))
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before, bad = data[: error.start].decode("utf-8"), data[error.start : error.end]
        text = data.decode("utf-8", "replace")
        line, col = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        shown = text.split("\n")[line - 1].removesuffix("\r")
        message = f"byte {bad[0]:02X} at position {error.start:,} is not UTF-8"
        findings.append(Finding("encoding", message, Place(name, line, col, 1, shown),
                                "save the file as UTF-8; this looks like Windows-1252 or Latin-1"))
        return text


def _characters(name: str, text: str, lines: list[str], findings: list[Finding]) -> str:
    """The text with a mark in place of each refused character, so that the rest is still read, on the same columns."""
    line, start, found = 0, 0, False
    for match in FORBIDDEN.finditer(text):
        found = True
        line += text.count("\n", start, match.start())
        start = match.start()
        col = start - text.rfind("\n", 0, start)
        findings.append(Finding("character", f"{describe(match[0])} may not stand in an agreement",
                                Place(name, line + 1, col, 1, lines[line]), "delete it"))
        if len(findings) > MAX_FINDINGS:
            break
    return FORBIDDEN.sub("\ufffd", text) if found else text


class _Stop(Exception):  # noqa: N818 - not an error: the file's findings say what is wrong
    """Composing ended early; the finding that says why is already in the list."""


class _Composer:
    """Turns libyaml's events into nodes, collecting findings on the way."""

    def __init__(self, name: str, lines: list[str], findings: list[Finding]) -> None:
        self.name, self.lines, self.findings, self.count = name, lines, findings, 0

    def document(self, text: str) -> Node | None:
        """The root of the only document, or None with a finding."""
        self.parser = CParser(text)
        try:
            return self._document()
        except _Stop:
            return None
        except MarkedYAMLError as error:
            found = explain(error, self.name, self.lines)
            if not any(f.slug == "character" and f.place.line == found.place.line for f in self.findings):
                self.findings.append(found)  # else the character is the reason
        except YAMLError as error:  # pragma: no cover - libyaml refuses no character that we let through; kept for read's law
            self.findings.append(Finding("syntax", f"this cannot be read: {error}", Place(self.name)))
        finally:
            self.parser.dispose()
        return None

    def _document(self) -> Node | None:
        self._next()
        start = self._next()
        if not isinstance(start, ev.DocumentStartEvent):
            self.findings.append(Finding("empty-file", "the file says nothing", Place(self.name), _BEGIN))
            return None
        if start.tags or start.version not in (None, (1, 2)):
            self._add("directive", "a directive changes how the rest would be read", self._place(start.start_mark, None),
                      "leave the line that begins with `%` out")
        root = self._node(self._next(), 1)
        self._next()
        again = self._next()
        if not isinstance(again, ev.StreamEndEvent):
            self._add("documents", "a second document begins here; a file holds one", self._place(again.start_mark, None),
                      "move it to a file of its own", ((root.place, "the first one begins here"),))
        if isinstance(root, Text) and not root.text and not self.findings:
            self.findings.append(Finding("empty-file", "the file says nothing", Place(self.name), _BEGIN))
        elif not isinstance(root, Map):
            self._add("not-a-mapping", "the file must be keys with values", root.place, _BEGIN)
        return root

    def _next(self) -> Any:
        # Any: the stubs let an event and its marks be None, which libyaml never does between two ends of a stream.
        return self.parser.get_event()

    def _node(self, event: Any, depth: int) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            self._stop("size", f"more than {MAX_NODES:,} values in one file", event, _SPLIT)
        if isinstance(event, ev.AliasEvent):
            place = self._place(event.start_mark, event.end_mark)
            self._add("alias", f"`*{event.anchor}` stands for a value written elsewhere", place,
                      "write the value here, or use `like` (in a file) or `based_on` (across files); quote it if a star is meant")
            return Text(place, "")
        place = self._place(event.start_mark, event.end_mark)
        self._properties(event, place)
        if isinstance(event, ev.ScalarEvent):
            self._spelt(event, place)
            return Text(place, event.value)
        if depth > MAX_DEPTH:
            self._stop("depth", f"nested more than {MAX_DEPTH} deep", event, "close the brackets that were left open before here")
        if isinstance(event, ev.SequenceStartEvent):
            return self._list(event, place, depth)
        return self._map(event, place, depth)

    def _list(self, start: Any, place: Place, depth: int) -> List:
        items: list[Node] = []
        while not isinstance(event := self._next(), ev.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
            self._empty(event, items[-1], "an item of this list")
        return List(self._whole(start, place, event), tuple(items))

    def _map(self, start: Any, place: Place, depth: int) -> Map:
        entries: dict[str, Entry] = {}
        open_by: Text | None = None
        while not isinstance(event := self._next(), ev.MappingEndEvent):
            key = self._key(event, depth)
            value_event = self._next()
            if open_by:
                key, open_by = self._joined(open_by, key), None
            if start.flow_style and self._is_part(key, event, value_event):
                open_by = key
                continue
            if key.text == "<<":
                self._add("merge-key", "`<<` takes keys over from elsewhere", key.place,
                          "use `like: <commitment>` in a file or `based_on: <agreement>@<version>` across files")
                alias = isinstance(value_event, ev.AliasEvent)  # one finding for the pair is enough
                value: Node = Text(key.place, "") if alias else self._node(value_event, depth + 1)
            else:
                value = self._node(value_event, depth + 1)
                self._empty(value_event, value, f"`{key.text}`", key.place)
            if key.text in entries:
                self._add("duplicate-key", f"`{key.text}` is said twice", key.place, "keep one of the two",
                          ((entries[key.text].key_place, "first said here"),))
            else:
                entries[key.text] = Entry(key.text, key.place, value)
        if open_by:
            self._add("empty-value", f"`{open_by.text}` has no rows", open_by.place, "write `{by attribute: {row: value}}`")
        self._twins(entries)
        if not start.flow_style and entries:
            place = next(iter(entries.values())).key_place
        return Map(self._whole(start, place, event), tuple(entries.values()))

    def _is_part(self, key: Text, event: Any, value: Any) -> bool:
        """Whether ``by impact`` goes on behind a comma: in braces YAML takes ``{by impact, urgency: …}`` for two keys."""
        end, begin = event.end_mark, value.start_mark
        if not key.text.startswith("by ") or not isinstance(value, ev.ScalarEvent) or value.value or value.style:
            return False
        return end.line == begin.line and ":" not in self.lines[end.line][end.column : begin.column]

    def _joined(self, first: Text, second: Text) -> Text:
        start, end = first.place, second.place
        length = end.col + end.length - start.col if end.line == start.line else start.length
        return Text(Place(start.file, start.line, start.col, length, start.text), f"{first.text}, {second.text}")

    def _key(self, event: Any, depth: int) -> Text:
        node = self._node(event, depth + 1)
        if isinstance(event, ev.ScalarEvent) and isinstance(node, Text):
            if not node.text.strip() or "\n" in node.text:
                self._add("key-form", "a key must be a text on one line", node.place, "write `key: value`")
            return node
        if not isinstance(event, ev.AliasEvent):
            self._add("key-form", "a key must be a text, not a list or a mapping", node.place,
                      "write `key: value`; quote the key if the brackets are meant")
        return Text(node.place, f"[{self.count}]")

    def _properties(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self._add("anchor", f"`&{event.anchor}` names a value to be repeated elsewhere", place,
                      "use `like` (in a file) or `based_on` (across files); quote the value if an ampersand is meant")
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self._add("tag", f"the tag `{shown}` would change what the value is; each value is read as text", place,
                      "leave the tag out; quote the value if an exclamation mark is meant: \"!= 5\"")

    def _empty(self, event: Any, node: Node, what: str, key: Place | None = None) -> None:
        if isinstance(event, ev.ScalarEvent) and not event.value and not event.style and not event.tag and not event.anchor:
            self._add("empty-value", f"{what} has no value", key or node.place,
                      "write a value, `none` if nothing is promised, or leave it out")

    def _spelt(self, event: Any, place: Place) -> None:
        # Characters written as themselves are reported before; an escape in double quotes can still spell one.
        match = FORBIDDEN.search(event.value.replace("\r", "\r ")) if event.style == '"' else None
        found = match[0] if match else "\t" if "\t" in event.value else ""
        if found:
            help_ = "write spaces" if found == "\t" else "delete it"
            self._add("character", f"{describe(found)} may not stand in a value", place, help_)

    def _twins(self, entries: dict[str, Entry]) -> None:
        if all(map(str.isascii, entries)):
            return
        seen: dict[str, Entry] = {}
        for entry in entries.values():
            first = seen.setdefault(skeleton(entry.key), entry)
            if first is not entry:
                message = f"`{entry.key}` looks like another key but is spelt with other characters"
                self._add("confusable", message, entry.key_place, "type it anew", ((first.key_place, "the other one"),))

    def _stop(self, slug: str, message: str, event: Any, help_: str) -> None:
        self._add(slug, message, self._place(event.start_mark, None), help_)
        raise _Stop

    def _add(self, slug: str, message: str, place: Place, help_: str, related: tuple[tuple[Place, str], ...] = ()) -> None:
        self.findings.append(Finding(slug, message, place, help_, "error", related))

    def _place(self, start: Any, end: Any) -> Place:
        if start.line >= len(self.lines):  # the end of the file, behind its last line end
            return Place(self.name, len(self.lines), 1, 1, self.lines[-1])
        line = self.lines[start.line]
        if end is None:
            length = 1
        elif end.line == start.line:
            length = end.column - start.column
        else:
            length = len(line.rstrip()) - start.column
        return Place(self.name, start.line + 1, start.column + 1, max(length, 1), line)

    def _whole(self, start: Any, place: Place, end: Any) -> Place:
        if start.flow_style:
            return self._place(start.start_mark, end.end_mark)
        return place

"""Nodes: what a file says, before anyone has said what it means.

A node is a text, a mapping or a list, with its place in the file; a mapping also keeps the place of each key. Nothing is
typed here. Law: every text that reaches a model or a finding can be pointed at, whichever file it came from, and
``plain`` of a node is what the file's writer wrote, no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from upheld.values.finding import Place

__all__ = ["Entry", "List", "Map", "Node", "Path", "Plain", "Text"]

Path = tuple[str | int, ...]
Plain = str | list["Plain"] | dict[str, "Plain"]

KEY = "[key]"  # pydantic ends a path with this when it means the key itself


@dataclass(frozen=True, slots=True)
class Node:
    """One of ``Text``, ``Map``, ``List``. ``place`` is where the value stands."""

    place: Place

    def plain(self) -> Plain:
        """The value as str, list and dict; every scalar is text."""
        match self:
            case Text(text=text):
                return text
            case Map(entries=entries):
                return {e.key: e.node.plain() for e in entries}
            case List(items=items):
                return [n.plain() for n in items]
        raise TypeError(type(self))  # the three kinds are all there are

    def step(self, part: str | int) -> Node | None:
        """The child under a key or at a position; None if there is none."""
        match self:
            case Map(by_key=by_key):
                entry = by_key.get(str(part))
                return entry.node if entry else None
            case List(items=items) if isinstance(part, int) and 0 <= part < len(items):
                return items[part]
        return None

    def find(self, path: Path) -> Node | None:
        """The node at exactly this path, or None."""
        node: Node | None = self
        for part in path:
            node = node.step(part) if node else None
        return node

    def at(self, path: Path) -> Place:
        """The place of the value at ``path``; if it does not exist, of the key of its nearest ancestor that does.

        Parts that do not exist are passed over, as a validator's paths name union tags between the keys; a last part
        ``[key]`` means the key instead of the value.
        """
        node, key, missing = self, self.place, False
        for part in path:
            child = node.step(part)
            if child is None:
                missing = True
                continue
            key, node, missing = _key_place(node, part, child), child, False
        return key if missing else node.place

    def key_at(self, path: Path) -> Place:
        """The place of the key (or of the list item) that ``path`` leads to, or of its nearest ancestor."""
        return self.at((*path, KEY))

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """This node and all nodes below it with their paths, in the order of the file."""
        yield path, self
        match self:
            case Map(entries=entries):
                for e in entries:
                    yield from e.node.walk((*path, e.key))
            case List(items=items):
                for i, n in enumerate(items):
                    yield from n.walk((*path, i))


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A scalar: its text with quotes and escapes undone."""

    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: str
    key_place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Map(Node):
    """A mapping: its entries in the order of the file. Keys are unique."""

    entries: tuple[Entry, ...]
    by_key: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {e.key: e for e in self.entries})

    def keys(self) -> tuple[str, ...]:
        """The keys in the order of the file."""
        return tuple(e.key for e in self.entries)


@dataclass(frozen=True, slots=True)
class List(Node):
    """A list."""

    items: tuple[Node, ...]


def _key_place(node: Node, part: str | int, child: Node) -> Place:
    return node.by_key[str(part)].key_place if isinstance(node, Map) else child.place

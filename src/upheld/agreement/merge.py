"""Inheritance: ``based_on`` across files and ``like`` within one, resolved on nodes before anything is typed.

A key given replaces that key whole; a look-up that answers a look-up on the same attributes is merged row by row; ``none``
removes a key or a named thing (in a row it stays what it is: no promise). Named collections (commitments, calendars,
states, …) merge by name, and a commitment then by its keys.

Law: every merged value keeps the place it was written at, in whichever file. What a base says is settled in the base: its
own ``like`` is resolved there, so that changing one commitment here changes no other one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from upheld.agreement.nodes import Entry, Map, Node, Path, Text
from upheld.agreement.suggest import did_you_mean, nearest
from upheld.values.finding import Finding, Place

__all__ = ["Merged", "Override", "Resolve", "merge"]

Resolve = Callable[[str], Node | None]
"""Gives the root of the agreement named ``id@version``, unmerged, or None if there is none."""

NAMED = frozenset(
    {"accept", "amounts", "attributes", "calendars", "commitments", "contacts", "definitions", "disputes", "escalations"}
    | {"exclusions", "parties", "playbooks", "responsibilities", "roles", "rotas", "services", "states", "texts", "tiers"}
)
OWN = frozenset({"upheld", "agreement", "version", "effective", "adopted", "based_on", "examples"})
"""Keys that speak of one file only and are never taken over from a base."""

MAX_ENTRIES = 100_000
MAX_CHAIN = 16
_PINNED = re.compile(r"\w[\w.-]*@[0-9]+(\.[0-9]+)?")  # no slash: a base is named, never found by a path


@dataclass(frozen=True, slots=True)
class Override:
    """A value of a base that was replaced. ``own`` is what replaced it: the text ``none`` if it was removed."""

    path: Path
    base: Node
    own: Node
    by: Literal["based_on", "like"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The agreement as one tree, what it changed of its base and by its likes, and what is wrong with its inheritance."""

    node: Map
    overrides: tuple[Override, ...]
    findings: tuple[Finding, ...]


def merge(root: Map, resolve: Resolve) -> Merged:
    """The agreement with its base and its likes put in. Findings: ``base-unpinned``, ``base-unknown``, ``base-cycle``,
    ``like-unknown``, ``like-cycle``, ``nothing-to-remove``, ``size``; where one stands, the value is left as written.
    """
    work = _Work(resolve)
    node = work.agreement(root, (_reference(root),))
    return Merged(node, tuple(work.overrides), tuple(work.findings))


def _reference(root: Map) -> str:
    own = [n.text if isinstance(n := root.step(key), Text) else "" for key in ("agreement", "version")]
    return "@".join(own)


class _Work:
    """What is gathered while merging."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.overrides: list[Override] = []
        self.findings: list[Finding] = []
        self.entries = 0

    def agreement(self, root: Map, chain: tuple[str, ...]) -> Map:
        base = self._base(root, chain)
        self.overrides.clear()  # what a base changed of its own base is said when that base is checked
        return self._likes(self._collections(base, root) if base else root)

    def _base(self, root: Map, chain: tuple[str, ...]) -> Map | None:
        named = root.step("based_on")
        if named is None:
            return None
        if not isinstance(named, Text) or not _PINNED.fullmatch(named.text):
            written = named.text if isinstance(named, Text) else "this"
            plain = re.fullmatch(r"\w[\w.-]*", written)
            message = "does not say which version of the base is meant" if plain else "is not the name of an agreement and its version"
            better = f"{written}@1" if plain and isinstance(named, Text) else "standard@1"
            self._add("base-unpinned", f"`{written}` {message}", named.place,
                      f"name the agreement and its version: `based_on: {better}`")
            return None
        if named.text in chain or len(chain) >= MAX_CHAIN:
            self._add("base-cycle", f"the bases lead back or on without end: {' → '.join((*chain, named.text))}", named.place,
                      "let one of them stand on its own")
            return None
        base = self.resolve(named.text)
        if not isinstance(base, Map):
            self._add("base-unknown", f"no agreement `{named.text}` is at hand", named.place,
                      "put its file beside this one, or correct the name or the version")
            return None
        return self.agreement(base, (*chain, named.text))

    def _collections(self, base: Map, own: Map) -> Map:
        taken = Map(base.place, tuple(e for e in base.entries if e.key not in OWN))
        merged = self._keys(taken, own, (), "based_on", self._top)
        return Map(own.place, merged.entries)

    def _top(self, base: Node, own: Node, path: Path) -> Node:
        if path[0] not in NAMED or not isinstance(base, Map) or not isinstance(own, Map):
            return self._value(base, own, path, "based_on")
        return self._keys(base, own, path, "based_on", self._named)

    def _named(self, base: Node, own: Node, path: Path) -> Node:
        if path[0] != "commitments" or not isinstance(base, Map) or not isinstance(own, Map) or "like" in own.by_key:
            return self._value(base, own, path, "based_on")
        return self._keys(base, own, path, "based_on", lambda b, o, p: self._value(b, o, p, "based_on"))

    def _keys(
        self, base: Map, own: Map, path: Path, by: Literal["based_on", "like"], inner: Callable[[Node, Node, Path], Node]
    ) -> Map:
        # examples speak of the clause they stand beside, never of one made from it
        clause = len(path) == 2 and path[0] == "commitments"
        entries = {e.key: e for e in base.entries if not (clause and e.key == "examples")}
        for entry in own.entries:
            before = entries.get(entry.key)
            here = (*path, entry.key)
            if isinstance(entry.node, Text) and entry.node.text == "none":
                if before is None:
                    self._nothing(entry, base)
                    continue
                self.overrides.append(Override(here, before.node, entry.node, by))
                del entries[entry.key]
            elif before is None:
                entries[entry.key] = entry
            else:
                entries[entry.key] = Entry(entry.key, entry.key_place, inner(before.node, entry.node, here))
        return Map(own.place, tuple(entries.values()))

    def _value(self, base: Node, own: Node, path: Path, by: Literal["based_on", "like"]) -> Node:
        """The value that stands: the own one, or two look-ups on the same attributes as one."""
        if isinstance(base, Map) and isinstance(own, Map) and (axes := _axes(own)) and axes == _axes(base):
            (before,), (after,) = base.entries, own.entries
            if isinstance(before.node, Map) and isinstance(after.node, Map):
                rows = self._rows(before.node, after.node, (*path, after.key), by, len(axes))
                return Map(own.place, (Entry(after.key, after.key_place, rows),))
        if base.plain() != own.plain():
            self.overrides.append(Override(path, base, own, by))
        return own

    def _rows(self, base: Map, own: Map, path: Path, by: Literal["based_on", "like"], depth: int) -> Map:
        rows = {e.key: e for e in base.entries}
        for row in own.entries:
            before, here, node = rows.get(row.key), (*path, row.key), row.node
            if before is not None and depth > 1 and isinstance(before.node, Map) and isinstance(node, Map) and not _axes(node):
                node = self._rows(before.node, node, here, by, depth - 1)
            elif before is not None:
                node = self._value(before.node, node, here, by)
            rows[row.key] = Entry(row.key, row.key_place, node)
        return Map(own.place, tuple(rows.values()))

    def _likes(self, root: Map) -> Map:
        commitments = root.step("commitments")
        if not isinstance(commitments, Map):
            return root
        done: dict[str, Map] = {}
        for entry in commitments.entries:
            if isinstance(entry.node, Map):
                self._like(entry.key, entry.node, commitments, done)
        entries = tuple(Entry(e.key, e.key_place, done.get(e.key, e.node)) for e in commitments.entries)
        whole = Map(commitments.place, entries)
        swapped = (Entry(e.key, e.key_place, whole) if e.key == "commitments" else e for e in root.entries)
        return Map(root.place, tuple(swapped))

    def _like(self, name: str, node: Map, commitments: Map, done: dict[str, Map]) -> None:
        """Puts into ``done`` the commitment and all that it is like, the last of the chain first."""
        chain: dict[str, Map] = {}
        while name not in done:
            chain[name] = node
            like = node.step("like")
            if like is None:
                break
            other = commitments.step(like.text) if isinstance(like, Text) else None
            if not isinstance(like, Text) or not isinstance(other, Map):
                wanted = like.text if isinstance(like, Text) else "this"
                others = [e.key for e in commitments.entries if e.key != name]
                self._add("like-unknown", f"`{wanted}` is no commitment of this agreement", like.place,
                          did_you_mean(wanted, others))
                break
            if like.text in chain:
                self._add("like-cycle", f"the likes go round: {' → '.join((*list(chain)[:8], like.text))}", like.place,
                          "let one of them say its terms itself")
                break
            name, node = like.text, other
        below = done.get(name)
        for key, own in reversed(chain.items()):
            bare = Map(own.place, tuple(e for e in own.entries if e.key != "like"))
            below = done[key] = self._over(below, bare, key) if below is not None else bare

    def _over(self, below: Map, own: Map, key: str) -> Map:
        self.entries += len(below.entries)
        if self.entries > MAX_ENTRIES:
            if not any(f.slug == "size" for f in self.findings):
                self._add("size", f"the likes of this file make more than {MAX_ENTRIES:,} keys", own.place, "say less by `like`")
            return own
        return self._keys(below, own, ("commitments", key), "like", lambda b, o, p: self._value(b, o, p, "like"))

    def _nothing(self, entry: Entry, base: Map) -> None:
        guess = nearest(entry.key, base.keys())
        self._add("nothing-to-remove", f"`{entry.key}: none` removes nothing: the base has no `{entry.key}`", entry.key_place,
                  f"did you mean `{guess}`?" if guess else "leave it out")

    def _add(self, slug: str, message: str, place: Place, help_: str) -> None:
        self.findings.append(Finding(slug, message, place, help_))


def _axes(node: Map) -> tuple[str, ...]:
    """The attributes of a look-up ``{by a, b: …}``; () if the mapping is no look-up."""
    if len(node.entries) != 1 or not node.entries[0].key.startswith("by "):
        return ()
    return tuple(part.strip() for part in node.entries[0].key[3:].split(","))

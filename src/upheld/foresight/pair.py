"""The pair: two sides laid beside each other, and the changes found so far.

Law: a name both sides use the same way is compared where it is defined, once, and not again at each use; a name that stands for
something else is compared by what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from upheld.agreement.compile_commitments import leaf_paths, table_path
from upheld.agreement.model.form import Path
from upheld.foresight.cells import NotComparableError, cells
from upheld.foresight.change import Change, Direction
from upheld.foresight.meaning import Named, meaning
from upheld.foresight.order import Order, unordered
from upheld.foresight.side import Side, signs
from upheld.plans.lookup import UNDECIDED, Leaf, Lookup
from upheld.values.finding import Place

__all__ = ["About", "Pair"]

Say = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class About:
    """What is compared: the section and subject of the change, its path on each side, and the sign of more of it for the customer."""

    section: str
    subject: str
    before: Path
    after: Path
    sign: int

    def below(self, *parts: str | int) -> About:
        """A clause below this one, on both sides."""
        return About(self.section, self.subject, (*self.before, *parts), (*self.after, *parts), self.sign)

    def turned(self, sign: int) -> About:
        """The same where more of it has another sign."""
        return About(self.section, self.subject, self.before, self.after, sign)


class Pair:
    """Two agreements and what was found to differ."""

    def __init__(self, before: Side, after: Side) -> None:
        self.before, self.after = before, after
        self.changes: list[Change] = []

    # ---- sameness ---------------------------------------------------------------------------------------------------

    def same(self, x: Any, y: Any) -> bool:
        """Whether a value of the one side means what a value of the other does."""
        return bool(meaning(x, self.before.resolved) == meaning(y, self.after.resolved) or meaning(x, _by_name) == meaning(y, _by_name))

    def names_only_before(self, x: Iterable[Named], y: Iterable[Named]) -> list[Named]:
        """The names of the first that have no like on the second side."""
        others = list(y)
        return [n for n in x if not any(self.same(n, o) for o in others)]

    def sign(self, named: Named) -> int:
        """What more of something named is to the customer, by all its uses on both sides."""
        return signs(named, (self.before, self.after))

    # ---- what is found ----------------------------------------------------------------------------------------------

    def add(self, about: About, aspect: str, before: str, after: str, way: int, row: str = "",
            kind: Literal["changed", "added", "removed"] = "changed", places: tuple[Path | None, Path | None] | None = None) -> None:
        """One change. ``way``: +1 where the later side has more of what ``about.sign`` is the sign of."""
        paths = places if places is not None else (about.before, about.after)
        self.changes.append(Change(
            about.section, about.subject, aspect, row, before, after, direction(way * about.sign),
            _place(self.before, paths[0]) if kind != "added" else None, _place(self.after, paths[1]) if kind != "removed" else None, kind,
        ))

    def value(self, about: About, aspect: str, x: Any, y: Any, say: Say, order: Order = unordered) -> None:
        """Two values of one clause, if they differ."""
        if not self.same(x, y):
            self.add(about, aspect, say(x), say(y), order(x, y))

    def table(self, about: About, aspect: str, x: Lookup[Any], y: Lookup[Any], say: Say, order: Order = unordered, *,
              wrap: Callable[[Any], Any] = lambda leaf: leaf, nothing: str = "not said") -> None:
        """Two look-ups, cell by cell. ``wrap`` makes of a leaf what is compared; ``nothing``: how a row that is not there is told."""
        a, b = ([wrap(leaf) if leaf is not None else None for leaf in table.leaves] for table in (x, y))

        def same(i: int, j: int) -> bool:
            return i == j if i < 0 or j < 0 else self.same(a[i], b[j])

        try:
            found = cells(x, y, same, (_firsts(a, self.before), _firsts(b, self.after)))
        except NotComparableError:
            if meaning(x, self.before.resolved) != meaning(y, self.after.resolved):
                self.add(about, aspect, f"a table of {len(a)} rows", f"a table of {len(b)} rows", 0)
            return
        for cell in found:
            known = UNDECIDED not in (cell.before, cell.after)
            one, other = (leaves[i] if i >= 0 else None for leaves, i in ((a, cell.before), (b, cell.after)))
            words = [_told(i, leaves, say, nothing) for i, leaves in ((cell.before, a), (cell.after, b))]
            paths = _leaf_path(about.before, x, cell.before), _leaf_path(about.after, y, cell.after)
            self.add(about, aspect, words[0], words[1], order(one, other) if known else 0, cell.label, places=paths)


def direction(way: int) -> Direction:
    """What a signed change is to the customer."""
    return "better" if way > 0 else "worse" if way < 0 else "different"


def _by_name(named: Named) -> Any:
    return (named.kind, named.name)


def _place(side: Side, path: Path | None) -> Place | None:
    return None if path is None else side.place(path)


def _firsts(leaves: list[Any], side: Side) -> Mapping[int, int]:
    first: dict[Any, int] = {}
    return {i: first.setdefault(meaning(leaf, side.resolved), i) for i, leaf in enumerate(leaves)}


def _told(index: int, leaves: list[Any], say: Say, nothing: str) -> str:
    if index == UNDECIDED:
        return "what depends on it"
    return nothing if index < 0 else "none" if leaves[index] is None else say(leaves[index])


def _leaf_path(path: Path, table: Lookup[Any], index: int) -> Path:
    """Where a leaf is written; the table itself where no row says it."""
    if index < 0 or isinstance(table.root, Leaf):
        return path
    return (*path, *table_path(table, leaf_paths(table)[index]))

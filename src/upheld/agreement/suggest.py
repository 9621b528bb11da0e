"""Did you mean: the nearest of the names that exist.

Law: a suggestion is made only if it is near enough to be a slip of the hand; a wild guess helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean", "distance", "nearest"]

_LONGEST = 60  # beyond this a name was not mistyped but pasted


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name nearest to ``word`` by ``distance``, at most a third of its letters away (one in short words); else None."""
    word = word[:_LONGEST]
    allowed = max(1, len(word) // 3)
    best: tuple[int, int, str] | None = None
    for order, name in enumerate(names):
        if abs(len(name) - len(word)) > allowed:
            continue
        d = distance(word.casefold().replace("_", " ").replace("-", " "), name.casefold().replace("_", " ").replace("-", " "))
        if d <= allowed and d < max(len(word), len(name)) and (best is None or d < best[0]):
            best = (d, order, name)
    return best[2] if best else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A help line: the nearest name, else the names there are (at most ten), else ""."""
    known = list(names)
    if guess := nearest(word, known):
        return f"did you mean `{guess}`?"
    if not known:
        return ""
    shown = ", ".join(f"`{name}`" for name in known[:10])
    return f"known here: {shown}" + (f" and {len(known) - 10} more" if len(known) > 10 else "")


def distance(a: str, b: str) -> int:
    """How many letters to add, drop, change, or swap with their neighbour to make ``b`` of ``a`` (optimal string alignment)."""
    above: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        two_above, above, row = above, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, two_above[j - 2] + 1)
            row.append(cost)
    return row[-1]

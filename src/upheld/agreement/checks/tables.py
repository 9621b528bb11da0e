"""Where look-ups stand in a model, and the path to every row of one.

Law: a check names the row it is about by the very key that was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

from upheld.agreement.model.commitment import Availability, Clock, Values
from upheld.agreement.model.form import Path
from upheld.agreement.model.lookup import Interval
from upheld.agreement.model.money import Credit, Credits
from upheld.plans.lookup import Branch, Else, Exact, Leaf, Lookup
from upheld.values import quantity
from upheld.values.condition import Condition

__all__ = ["branches", "credits_of", "exact", "literals", "said", "span_words", "tables_of", "unit_of"]

Unit = Literal["share", "duration", "number"]


def tables_of(written: Any, path: Path) -> Iterator[tuple[str, Path, Lookup[Any]]]:
    """(what it is, path, look-up) of every look-up of a commitment."""
    for key in ("target", "breach", "hours", "points", "repeat", "within"):
        found = getattr(written, key, None)
        if found is not None:
            yield key, (*path, key), found
    for credit, place in credits_of(written.credit, (*path, "credit")):
        yield "pay", (*place, "pay"), credit.pay
        if credit.up_to is not None:
            yield "up_to", (*place, "up_to"), credit.up_to


def credits_of(written: Any, path: Path) -> Iterator[tuple[Credit, Path]]:
    """Every single credit of a (possibly wrapped) credit clause."""
    if isinstance(written, Credit):
        yield written, path
    elif isinstance(written, Credits):
        for key, several in (
            ("greatest of", written.greatest),
            ("least of", written.least),
            ("sum of", written.total),
            ("choice of customer", written.choice),
        ):
            for i, one in enumerate(several):
                yield from credits_of(one, (*path, key, i))


def branches(lookup: Lookup[Any], path: Path) -> Iterator[tuple[Path, Branch]]:
    """Every table of rows inside a look-up with the path below which its rows stand.

    ``by a, b`` is one key for two axes, so every head that may have been written is in the path: a place that does not exist is passed over.
    """

    def walk(node: Branch | Leaf, before: Path, pending: tuple[str, ...]) -> Iterator[tuple[Path, Branch]]:
        if isinstance(node, Leaf):
            return
        heads = tuple("by " + ", ".join(axes) for axes in _chains(node))
        here = (*before, *heads)
        yield here, node
        for key, child in node.rows:
            yield from walk(child, (*here, "else" if isinstance(key, Else) else key.text), pending)

    yield from walk(lookup.root, path, ())


def _chains(node: Branch) -> list[list[str]]:
    """The axes from this one down, longest first."""
    axes = [node.axis]
    child: Branch | Leaf = node
    while isinstance(child, Branch):
        deeper = next((c for _, c in child.rows if isinstance(c, Branch)), None)
        if deeper is None:
            break
        axes.append(deeper.axis)
        child = deeper
    return [axes[:n] for n in range(len(axes), 0, -1)]


def unit_of(written: Any) -> Unit | None:
    """What a commitment's figure is measured in; None where its parts decide."""
    match written:
        case Availability():
            return {"share": "share", "number": "number"}.get(written.value, "duration")  # type: ignore[return-value]
        case Clock():
            return {"share": "share", "number": "number"}.get(written.value, "duration")  # type: ignore[return-value]
        case Values():
            if written.value == "share" or (written.ratio is not None and written.value != "number"):
                return "share"
            return "share" if written.slices is not None and written.slices.bad is not None else "number"
    return None


def literals(*conditions: Condition) -> dict[Fraction, str]:
    """How each limit was written."""
    found: dict[Fraction, str] = {}
    for condition in conditions:
        for part in condition.text.replace("|", ",").split(","):
            text = part.strip().lstrip("<>=!").strip()
            one = quantity.condition(text)
            if isinstance(one, Condition):
                found.setdefault(one.anyof[0][0].limit, text)
    return found


def exact(value: Fraction, places: int = 6) -> str:
    """A fraction as decimal digits, rounded to ``places`` only where it has more."""
    text = f"{value.numerator * 10**places // value.denominator:0{places + 1}d}"
    return f"{text[:-places]}.{text[-places:]}".rstrip("0").rstrip(".")


def said(limit: Fraction, words: dict[Fraction, str], unit: str) -> str:
    """A limit as it was written, else in its unit."""
    if limit in words:
        return words[limit]
    if unit == "share":
        return f"{exact(limit * 100)}%"
    if unit == "time":
        return f"{int(limit) // 3600:02d}:{int(limit) % 3600 // 60:02d}"
    return exact(limit)


def span_words(span: Interval, words: dict[Fraction, str], unit: str) -> str:
    """An interval in words: ``from 95.0% up to 99.0%``, ``at exactly 99.0%``, ``below 95.0%``."""
    low, high = span
    if low is not None and high is not None and low[0] == high[0]:
        return f"at exactly {said(low[0], words, unit)}"
    begin = "" if low is None else f"from {said(low[0], words, unit)}" if low[1] < 0 else f"above {said(low[0], words, unit)}"
    if high is None:
        return f"{begin} upwards" if low is not None and low[1] < 0 else begin or "anywhere"
    end = said(high[0], words, unit)
    if low is None:
        return f"below {end}" if high[1] < 0 else f"up to and including {end}"
    return f"{begin} up to {end}" if high[1] < 0 else f"{begin} up to and including {end}"


def conditions_of(branch: Branch) -> list[Condition]:
    """The rows that are conditions."""
    return [key for key, _ in branch.rows if isinstance(key, Condition)]


def texts_of(branch: Branch) -> list[str]:
    """The rows that are plain texts."""
    return [key.text for key, _ in branch.rows if isinstance(key, Exact)]

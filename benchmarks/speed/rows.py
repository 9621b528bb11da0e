"""One row of the table: what was done, how long it took, the bar it has to reach, and whether the answer is right.

Law: a figure without a checked answer is not printed as ``right``; a bar that is not reached says ``below``, never nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from speed.timing import Took

__all__ = ["FULL", "PLAIN", "TINY", "Row", "Size", "as_record", "rate", "seconds", "text_table"]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything one run takes. ``runs``: repetitions of a row, whose median is printed."""

    instants: int
    cases: int
    outages: int
    services: int
    slices: int
    assess_cases: int
    runs: int
    peer_pairs: int
    peer_outages: int
    peer_services: int


PLAIN = Size(10_000_000, 1_000_000, 1_000_000, 5_000, 10_000_000, 1_000_000, 3, 300, 20_000, 100)
TINY = Size(2_000, 200, 400, 5, 4_000, 60, 1, 12, 200, 4)
FULL = (1_000_000, 10_000_000, 50_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """``figure`` in ``unit``; ``bar`` in the same unit, reached by more (``M/s``) or by less (``s``, ``ms``, ``GiB``).

    ``times``: how many times the peer's cost ours is; None where the row is our own. ``right``: the answer checked, in words.
    """

    topic: str
    name: str
    n: int
    cpu: float
    wall: float
    figure: float
    unit: str
    bar: float | None = None
    times: float | None = None
    right: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, ``below``, or nothing where no bar is set."""
        if self.bar is None:
            return ""
        return "ok" if (self.figure >= self.bar if self.unit == "M/s" else self.figure <= self.bar) else "below"


def rate(
    topic: str,
    name: str,
    n: int,
    took: Took,
    bar: float | None = None,
    *,
    times: float | None = None,
    right: str = "",
    note: str = "",
) -> Row:
    """A row whose figure is millions a second of wall time."""
    return Row(topic, name, n, took.cpu, took.wall, n / took.wall / 1e6, "M/s", bar, times, right, note)


def seconds(
    topic: str, name: str, n: int, took: Took, bar: float | None = None, *, unit: str = "s", right: str = "", note: str = ""
) -> Row:
    """A row whose figure is the wall time itself, in ``s`` or ``ms``."""
    return Row(topic, name, n, took.cpu, took.wall, took.wall * (1000 if unit == "ms" else 1), unit, bar, None, right, note)


def as_record(row: Row) -> dict[str, object]:
    """The row as JSON holds it."""
    return {**asdict(row), "verdict": row.verdict}


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _bar(row: Row) -> str:
    return "" if row.bar is None else f"{'≥' if row.unit == 'M/s' else '≤'} {row.bar:g}"


def _cells(row: Row) -> tuple[str, ...]:
    each = f"{row.cpu / row.n * 1e9:,.0f}" if row.n > 1 else ""
    return (
        row.name,
        f"{row.n:,}" if row.n > 1 else "",
        f"{row.cpu:.3f}",
        f"{row.wall:.3f}",
        each,
        f"{_number(row.figure)} {row.unit}",
        _bar(row),
        row.verdict,
        "" if row.times is None else f"{_number(row.times)}x",
        "; ".join(t for t in (row.right, row.note) if t),
    )


def text_table(rows: Sequence[Row]) -> str:
    """The table as text, a block a topic."""
    head = ("", "n", "cpu s", "wall s", "cpu ns each", "figure", "bar", "", "cost / ours", "right? · note")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines, topic = [_line(head, widths)], ""
    for row in rows:
        if row.topic != topic:
            topic = row.topic
            lines += ["", topic]
        lines.append(_line(_cells(row), widths))
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = (0, 6, 7, 9)
    return "  ".join(
        cell.ljust(width) if i in left else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()

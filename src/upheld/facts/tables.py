"""The four shapes of fact and the registers, as columns.

Law: rows are columns, never objects; nulls are masks or the code -1, never a magic value that could be read as data.
Times are int64 microseconds UTC. Attributes are dictionary-coded text: ``codes`` index ``names``; -1 is absent.
Numbers in attributes stay text in the dictionary and are read exactly, once a distinct text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "I32",
    "I64",
    "OPEN",
    "Attribute",
    "CaseEvents",
    "Charges",
    "Counts",
    "Coverage",
    "Declarations",
    "Facts",
    "Header",
    "Intervals",
    "Origin",
    "Refused",
    "Samples",
    "Subscriptions",
]

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

OPEN = np.iinfo(np.int64).max
"""The end of an interval that is still open."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute column: ``codes`` i32[n] into ``names`` (-1 absent)."""

    codes: I32
    names: tuple[str, ...]

    def take(self, rows: NDArray[np.int64]) -> Attribute:
        """The same attribute for the rows given (positions), dictionary unchanged."""
        return Attribute(self.codes[rows], self.names)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which file and data row each ``seq`` came from: ``files[i]`` begins at ``starts[i]``; ``rows`` None: row = place in it."""

    files: tuple[str, ...]
    starts: I64
    rows: tuple[I64 | None, ...]

    def locate(self, seq: int) -> tuple[str, int]:
        """``(file, data row from 1)`` of a fact."""
        i = int(np.searchsorted(self.starts, seq, side="right")) - 1
        place = seq - int(self.starts[i])
        rows = self.rows[i]
        return self.files[i], place + 1 if rows is None else int(rows[place])


@dataclass(frozen=True, slots=True)
class Header:
    """What every row of every shape carries. All arrays have one entry a row of the table.

    ``seq``: position in its log or order in files · ``source``: code into ``sources`` · ``ids``: the foreign id, or None when
    the source has none (then a row is named by file and row number, which ``locate`` gives) · ``recorded_at``, ``known_at``: µs.
    """

    seq: I64
    source: Attribute
    known_at: I64
    recorded_at: I64 | None = None  # None: files; not recorded yet, so as known
    ids: Attribute | None = None
    disputed: NDArray[np.bool_] | None = None  # (source, id) with two bodies, or corrected twice, as known at the cut
    # What only ``facts.cut`` reads; facts that have been cut have neither corrections nor retracted rows left.
    replaces: I64 | None = None  # position in this table of the row this one corrects, -1 for none
    void: NDArray[np.bool_] | None = None  # this row only retracts the row it names
    disputed_at: I64 | None = None  # from when the row is known to be disputed (OPEN: never)
    origin: Origin | None = None  # where each seq came from, for facts read from files


@dataclass(frozen=True, slots=True)
class CaseEvents:
    """Something happened to a case. Sorted by (case, at, rank, source, id).

    ``case`` i32 into ``case_names``; ``event`` codes; ``bounds`` i64[n_cases + 1] delimits the cases' rows.
    An attribute code of -1 on a row means "not said here": the value last said before still stands (D13).
    """

    header: Header
    case: I32
    case_names: tuple[str, ...] | NDArray[np.object_]
    event: Attribute
    at: I64
    rank: I32
    bounds: I64
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Intervals:
    """A state held from ``start`` to ``end`` (``OPEN`` while it lasts). ``weight`` is scaled by ``weight_scale`` (1 = whole)."""

    header: Header
    kind: Attribute
    subject: Attribute
    start: I64
    end: I64
    weight: I64
    weight_scale: int = 1
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    end_known_at: I64 | None = None  # when the end came to be known (announced: with the row); None: when it came

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Samples:
    """A value was read: ``value`` is an integer, the reading times ``scale`` of its series (``scales`` by series code)."""

    header: Header
    series: Attribute
    at: I64
    value: I64
    scales: tuple[int, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Counts:
    """Good and total in a slice of time. ``good`` is -1 where a row says only a total (selectors then choose the good rows)."""

    header: Header
    series: Attribute
    start: I64
    end: I64
    good: I64
    total: I64
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Which customer holds which agreement in which tier, ``start`` to ``end`` (``OPEN``)."""

    header: Header
    customer: Attribute
    agreement: Attribute
    tier: Attribute
    start: I64
    end: I64
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Charges:
    """What was charged for ``start`` … ``end``: integer minor units of ``currency``."""

    header: Header
    customer: Attribute
    currency: Attribute
    start: I64
    end: I64
    minor: I64
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declarations:
    """Acts: approval, rejection, waiver, notice, claim, dispute. ``about`` names what, ``actor`` who, ``at`` when."""

    header: Header
    kind: Attribute
    about: Attribute
    actor: Attribute
    at: I64
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a source watched: facts of ``what`` (a kind, a series, or ``cases``) from ``start`` to ``end``.

    ``assumed`` is True where nobody declared it and the first and last stamp of the data stand in.
    """

    source: Attribute
    what: Attribute
    start: I64
    end: I64
    assumed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be mapped: never dropped unseen. ``row`` counts data rows from 1 (0: the whole file)."""

    file: str
    row: int
    column: str
    slug: str
    text: str
    message: str = ""
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts an assessment may use. A shape nobody reported is None."""

    events: CaseEvents | None = None
    intervals: Intervals | None = None
    samples: Samples | None = None
    counts: Counts | None = None
    subscriptions: Subscriptions | None = None
    charges: Charges | None = None
    declarations: Declarations | None = None
    coverage: Coverage | None = None
    refused: tuple[Refused, ...] = ()
    spoken: Mapping[str, frozenset[str]] | None = None
    """Attributes that any row of a shape ever said, where these are only some of the rows (None: what these rows say)."""

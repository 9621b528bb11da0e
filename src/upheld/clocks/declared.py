"""What people declared about running clocks: silences, their ends, who takes a duty over. Read from the declarations on record.

Law: what came to be known after the instant asked for does not exist; the order is that of recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from upheld.facts.tables import OPEN, Facts
from upheld.values.instant import parse_instant

__all__ = ["Declared", "declared", "instant_said"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration. ``name``: its id, ``source:row`` where it has none; ``at``: when it was said, µs UTC."""

    kind: str
    about: str
    actor: str
    at: int
    name: str
    says: tuple[tuple[str, str], ...]

    def said(self, name: str) -> str:
        """One of its attributes, "" where it does not say it."""
        return dict(self.says).get(name, "")


def declared(facts: Facts, kinds: Iterable[str], at: int) -> tuple[Declared, ...]:
    """The declarations of some kinds known at ``at``, in the order in which they were recorded."""
    table = facts.declarations
    if table is None:
        return ()
    wanted = set(kinds)
    codes = [code for code, kind in enumerate(table.kind.names) if kind in wanted]
    header = table.header
    gone = set() if header.replaces is None else {int(r) for i, r in enumerate(header.replaces) if r >= 0 and header.known_at[i] <= at}
    found: list[tuple[tuple[int, int], Declared]] = []
    columns = {"about": table.about, "actor": table.actor, **table.attributes}
    for row in np.flatnonzero(np.isin(table.kind.codes, codes) & (header.known_at <= at)).tolist():
        if row in gone or (header.void is not None and header.void[row]):
            continue
        said = {name: column.names[column.codes[row]] for name, column in columns.items() if column.codes[row] >= 0}
        about, actor = said.pop("about", ""), said.pop("actor", "")
        own = header.ids.names[header.ids.codes[row]] if header.ids is not None and header.ids.codes[row] >= 0 else ""
        name = own or f"row {int(header.seq[row]) + 1}"
        one = Declared(table.kind.names[table.kind.codes[row]], about, actor, int(table.at[row]), name, tuple(sorted(said.items())))
        found.append(((int(header.known_at[row]), int(header.seq[row])), one))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def instant_said(one: Declared, name: str, otherwise: int = OPEN) -> int:
    """An instant it says, µs UTC; ``otherwise`` where it does not say it or what it says is no instant."""
    try:
        return parse_instant(one.said(name))
    except ValueError:
        return otherwise

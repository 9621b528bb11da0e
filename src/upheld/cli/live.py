"""What the commands about running clocks share: the workspace as it stands, the agreement that is meant, the feeds of paging tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from upheld.cli.opening import facts_of, plans_of, workspace_at
from upheld.cli.options import fail

if TYPE_CHECKING:
    from upheld.facts.tables import Facts
    from upheld.plans.plan import Plan

__all__ = ["Live", "feeds_of", "local_instant", "one_agreement", "read_live"]

_PLAIN = re.compile(r"[\w.-]+")
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Live:
    """A workspace read for what runs: its agreements that name people, all its facts."""

    root: Path
    plans: Mapping[str, tuple[Plan, ...]]
    facts: Facts


def read_live(root: Path, *, with_facts: bool = True) -> Live:
    """Read the workspace, without its facts where they are read later; leaves with 2 where there is none, 3 where it cannot be read."""
    from upheld.facts.tables import Facts

    workspace = workspace_at(root)
    return Live(workspace.root, plans_of(workspace, None), facts_of(workspace) if with_facts else Facts())


def one_agreement(live: Live, name: str | None) -> str:
    """The agreement named, or the only one there is; leaves with 2 otherwise."""
    chosen = next(iter(live.plans)) if name is None and len(live.plans) == 1 else name
    if chosen is None or chosen not in live.plans:
        said = f"no agreement {name!r} here" if name else "there are several agreements"
        fail(said, 2, "name one of: " + ", ".join(live.plans))
    return chosen


def feeds_of(root: Path, plans: Mapping[str, tuple[Plan, ...]]) -> Mapping[str, bytes]:
    """The paging tools' feeds that lie in ``feeds/NAME.ics``, of the rotas that name one; a server fetches its own."""
    names = {rota.feed for versions in plans.values() for plan in versions for rota in plan.people.rotas.values() if rota.feed}
    found: dict[str, bytes] = {}
    for name in sorted(names):
        path = root / "feeds" / f"{name}.ics"
        if _PLAIN.fullmatch(name) and path.is_file() and path.resolve().is_relative_to(root.resolve()):
            with path.open("rb") as file:
                found[name] = file.read(_LARGEST + 1)
    return found


def local_instant(text: str, zone_name: str, option: str) -> int:
    """An RFC 3339 time, or ``2026-03-28 22:00`` on the wall of a zone; leaves with 2 for anything else."""
    from upheld.values.instant import day_ordinal, parse_instant
    from upheld.values.zone import zone

    found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([01][0-9]|2[0-4]):([0-5][0-9]))?", text, re.ASCII)
    try:
        if found is None:
            return parse_instant(text)
        local = day_ordinal(found[1]) * 86_400 + int(found[2] or 0) * 3600 + int(found[3] or 0) * 60
        return zone(zone_name).utc(local * 1_000_000, "open")
    except ValueError:
        fail(f"{option} {text!r} is no time", 2, "write 2026-03-28 22:00 (the agreement's zone), or 2026-03-28T22:00:00+01:00")

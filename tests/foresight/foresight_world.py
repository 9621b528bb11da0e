"""Agreements of the examples read as they stand, or with other text in their place; used by the tests of this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from upheld.agreement.load import Loaded, load
from upheld.workspace import Workspace, open_workspace, read_agreement_file

ROOT = Path(__file__).resolve().parents[2]
FILES = tuple(sorted(p for p in (ROOT / "examples").rglob("*.yaml") if "agreements" in p.parts))
HARDWARE = ROOT / "examples" / "hardware"

WHOLE = """\
upheld: 1
agreement: acme
version: {version}
effective: {{from: 2026-01-01}}
timezone: Europe/Berlin
currency: EUR
parties: {{provider: {{name: Northwind}}, customer: {{name: ACME}}}}
"""


@cache
def example(path: Path) -> Loaded:
    """An agreement of the examples."""
    return read_agreement_file(path)


@cache
def workspace(root: Path) -> Workspace:
    """A workspace of the examples."""
    return open_workspace(root)


def rewritten(path: Path, text: str) -> Loaded:
    """The same file with another text: its calendars and bases are those of its workspace."""
    from upheld import workspace as shell

    root = next(p for p in path.parents if (p / "agreements").is_dir())
    bases = shell._Bases(shell._texts(root, shell.agreement_names(root)))
    return load({path.name: text.encode()}, name=path.name, holidays=shell._calendars(root)[0], bases=bases)


def written(body: str, version: int = 1) -> Loaded:
    """A small agreement: the heading everybody has, and the body."""
    text = WHOLE.format(version=version) + body
    loaded = load({f"v{version}.yaml": text.encode()}, name=f"v{version}.yaml")
    assert loaded.plan is not None, [f"{f.place}: {f.message}" for f in loaded.findings]
    return loaded

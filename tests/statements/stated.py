"""Statements of small workspaces: the files of a page, closed at a cut, as the figures and an envelope with an illustrative hash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upheld.closing.inputs import figures_from, from_workspace
from upheld.sources.files import gather
from upheld.statements.difference import difference
from upheld.statements.period import period_of
from upheld.values.instant import format_instant, parse_instant
from upheld.workspace import open_workspace

HASH = "0123456789abcdef" * 4
Statement = tuple[dict[str, Any], dict[str, Any]]


def write_files(root: Path, files: Mapping[str, str]) -> None:
    for name, body in files.items():
        target = root / name
        assert target.resolve().is_relative_to(root.resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body, encoding="utf-8")


def stated(root: Path, period: str, as_of: str | None = None, revises: str | None = None) -> Statement:
    """(envelope, figures) of the one agreement of a workspace. ``revises``: the cut of revision 1, if this is revision 2."""
    workspace = open_workspace(root)
    (name, plans), = workspace.plans().items()
    inputs = from_workspace(workspace, name, gather(workspace.root))
    closing = period_of(period, plans[-1].zone)
    figures, horizon = figures_from(inputs, closing, instant(as_of))
    envelope = enveloped(name, period, as_of, format_instant(horizon))
    if not figures["provisional"]:
        envelope |= {"revision": 1, "basis": [{"origin": f"northwind/{name}", "size": 42}]}
    if revises is not None:
        before, _ = figures_from(inputs, closing, instant(revises))
        envelope |= {"revision": 2, "previous": HASH[::-1], "changes": difference(before, figures).records()}
    return envelope, figures


def instant(text: str | None) -> int | None:
    return None if text is None else parse_instant(text if len(text) > 10 else f"{text}T00:00:00Z")


def enveloped(agreement: str, period: str, as_of: str | None, until: str) -> dict[str, Any]:
    at = instant(as_of)
    return {"agreement": agreement, "period": period, "revision": 0, "previous": None, "as_of": None if at is None else format_instant(at),
            "facts_until": until, "engine": "upheld 0.0.0", "semantics": 1, "figures_sha256": HASH, "changes": []}

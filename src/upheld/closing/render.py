"""Render: the renderings that travel with a statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upheld.documents.statement import renderings

__all__ = ["render"]


def render(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> Mapping[str, bytes]:
    """Text, Markdown, HTML and PDF by file name."""
    return renderings(envelope, figures)

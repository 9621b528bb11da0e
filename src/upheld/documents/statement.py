"""A statement in every form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from upheld.documents.charts import svg
from upheld.documents.html import html
from upheld.documents.pdf import pdf
from upheld.documents.plain import markdown, text
from upheld.statements.compose import compose

__all__ = ["renderings"]


def renderings(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, bytes]:
    """Text, Markdown, HTML and PDF by file name, all of the same document."""
    document = compose(envelope, figures)
    draw = cache(svg)
    return {
        "statement.txt": text(document).encode(),
        "statement.md": markdown(document).encode(),
        "statement.html": html(document, draw).encode(),
        "statement.pdf": pdf(document, draw),
    }

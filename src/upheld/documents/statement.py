"""A statement in every form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from upheld.documents.plain import markdown, text
from upheld.statements.compose import compose

__all__ = ["EXTRA", "renderings"]

EXTRA = "pip install 'upheld[documents]'"
"""What installs the typesetters."""


def renderings(envelope: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, bytes]:
    """Text, Markdown, HTML and PDF by file name, all of the same document; without the typesetters (``EXTRA``) the first two."""
    document = compose(envelope, figures)
    found = {"statement.txt": text(document).encode(), "statement.md": markdown(document).encode()}
    try:
        from upheld.documents.charts import svg
        from upheld.documents.html import html
        from upheld.documents.pdf import pdf
    except ImportError:
        return found
    draw = cache(svg)
    return found | {"statement.html": html(document, draw).encode(), "statement.pdf": pdf(document, draw)}

"""A table as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

__all__ = ["csv_text"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """RFC 4180, the columns' names first; None is an empty cell, and what a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell("" if value is None else str(value)) for value in row] for row in rows)
    return out.getvalue()


def _cell(text: str) -> str:
    # a lone dash stands for nothing, and a number is no formula (bad input 71)
    return "'" + text if text != "-" and text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    body = text.removeprefix("-").replace(".", "", 1)
    return body.isascii() and body.isdigit()

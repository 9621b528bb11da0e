"""Findings: what is wrong in something a person wrote, said so that they can mend it.

Law: a finding is a value. It is collected, never raised on its own, and shown with all its siblings at once.
It carries the excerpt it points at, so that rendering needs no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "FindingsError", "Place", "Severity", "has_errors", "ordered"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a text: 1-based line and column, and how many characters are meant.

    ``line`` 0 means the file as a whole. ``text`` is the whole source line, for the excerpt.
    """

    file: str
    line: int = 0
    col: int = 0
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. ``message`` is one line in the reader's nouns with both values; ``help`` is text to paste or do.

    ``related`` are further places with a word each ("the band above ends here").
    """

    slug: str
    message: str
    place: Place
    help: str = ""
    severity: Severity = "error"
    related: tuple[tuple[Place, str], ...] = ()


class FindingsError(Exception):
    """Raised by verbs that cannot go on: carries every finding, so that a shell can print them all."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = ordered(findings)
        super().__init__("; ".join(f"{f.place}: {f.slug}: {f.message}" for f in self.findings[:3]))


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by file, line, column, slug; exact repetitions once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (f.place.file, f.place.line, f.place.col, f.slug, f.message)))


def has_errors(findings: Sequence[Finding]) -> bool:
    """True if at least one finding is an error (warnings and notes are not)."""
    return any(f.severity == "error" for f in findings)

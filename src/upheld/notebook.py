"""The same figures in a notebook: ``import upheld; book = upheld.open("examples/github"); book.assess()``.

Law: nothing is computed here; frames and HTML show what the one evaluator gave.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from upheld.assessment.assess import assess
from upheld.assessment.explain import Ledger, explain
from upheld.assessment.ledger_text import to_lines, to_markdown
from upheld.assessment.outcome import Assessment, Outcome
from upheld.assessment.report import named, record_of
from upheld.assessment.show import show_condition
from upheld.facts.tables import Facts
from upheld.plans.plan import Plan
from upheld.values.finding import Finding, FindingsError, has_errors
from upheld.values.finding_format import render
from upheld.values.instant import format_instant, parse_instant
from upheld.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Book", "Findings", "Result", "Why", "open"]

_COLOUR = {"met": "#0a7d33", "deviation": "#8a6100", "breached": "#b3261e", "unknown": "#7b1fa2", "not applicable": "#5f6368"}


def open(folder: str | Path = ".") -> Book:  # noqa: A001 - upheld.open(folder) is what a person expects to type
    """The workspace at ``folder`` or above it. Raises ``upheld.workspace.NoWorkspaceError``."""
    return Book(open_workspace(Path(folder)))


@dataclass(frozen=True)
class Findings:
    """What is to mend, shown as ``upheld check`` shows it."""

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        return render(self.findings, "text")

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


@dataclass(frozen=True)
class Book:
    """A workspace with its facts, read once when first asked for."""

    workspace: Workspace

    @property
    def findings(self) -> Findings:
        """What ``upheld check`` would say of the agreements."""
        return Findings(self.workspace.findings)

    @cached_property
    def facts(self) -> Facts:
        """All facts. Raises ``FindingsError`` where a source file cannot be read."""
        return self.workspace.facts()

    def assess(self, agreement: str | None = None, *commitments: str, as_of: str | int | None = None) -> Result:
        """The outcomes of one agreement, or of all. ``as_of``: a date, an RFC 3339 time, or µs."""
        every = [plan for plans in self.workspace.plans().values() for plan in plans]
        return Result(tuple(assess(p, self.facts, _instant(as_of), commitments, beside=every) for p in self._plans(agreement)))

    def explain(self, agreement: str, commitment: str, period: str | None = None, case: str | None = None, *,
                as_of: str | int | None = None, **group: str) -> Why:
        """The ledger of one figure; ``group`` names a result of ``for_each``: ``component="Actions"``."""
        (plans,) = self._plans(agreement)
        return Why(explain(plans, self.facts, _instant(as_of), commitment, period, group, case))

    def _plans(self, agreement: str | None) -> Sequence[tuple[Plan, ...]]:
        if has_errors(self.workspace.findings):
            raise FindingsError(self.workspace.findings)
        plans = self.workspace.plans(agreement)
        if not plans:
            msg = f"no agreement {agreement!r} here; there are: {', '.join(self.workspace.plans())}"
            raise KeyError(msg)
        return tuple(plans.values())


@dataclass(frozen=True)
class Result:
    """Assessments of one or more agreements."""

    assessments: tuple[Assessment, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All outcomes in order."""
        return tuple(o for a in self.assessments for o in a.outcomes)

    def frame(self) -> pl.DataFrame:
        """A polars frame, one row an outcome; exact values as text (``899/900``), stamps as UTC datetimes."""
        import polars as pl

        rows = []
        for o in self.outcomes:
            record = record_of(o)
            counts = record["counts"]
            rows.append({
                "agreement": o.agreement, "version": o.version, "commitment": o.commitment, "group": named(o), "window": o.window,
                "start": o.start, "end": o.end, "verdict": o.verdict, "value": o.shown, "exact_low": record["exact_low"],
                "exact_high": record["exact_high"], "target": record["target"], "value_without": o.shown_without,
                "verdict_without": o.verdict_without, "measured": counts["measured"], "left_out": counts["left_out"],
                "pending": counts["pending"], "unknown_us": counts["unknown_us"], "provisional": o.provisional, "reason": o.reason,
            })
        frame = pl.DataFrame(rows, infer_schema_length=None)
        stamp = pl.Datetime("us", "UTC")
        return frame.with_columns(pl.col("start").cast(stamp), pl.col("end").cast(stamp)) if rows else frame

    def __repr__(self) -> str:
        return "\n".join(f"{o.commitment} {named(o)} {o.window}: {o.shown} {o.verdict}".replace("  ", " ") for o in self.outcomes)

    def _repr_html_(self) -> str:
        parts = []
        for a in self.assessments:
            parts.append(f"<h3>{html.escape(a.title or a.agreement)}</h3><p>facts until {format_instant(a.horizon)}</p>")
            for commitment in dict.fromkeys(o.commitment for o in a.outcomes):
                rows = [o for o in a.outcomes if o.commitment == commitment]
                parts.append(f"<h4>{html.escape(commitment)}</h4><p>{html.escape(rows[0].says)}</p>{_table(rows)}")
        return "".join(parts)


@dataclass(frozen=True)
class Why:
    """One ledger, shown as ``upheld explain`` shows it."""

    ledger: Ledger

    def __repr__(self) -> str:
        return "\n".join(to_lines(self.ledger))

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"

    def _repr_markdown_(self) -> str:
        return to_markdown(self.ledger)


def _instant(as_of: str | int | None) -> int | None:
    if as_of is None or isinstance(as_of, int):
        return as_of
    return parse_instant(f"{as_of}T00:00:00Z" if len(as_of) == 10 else as_of)


def _table(rows: Sequence[Outcome]) -> str:
    head = "".join(f"<th>{h}</th>" for h in ("window", "for", "result", "target", "verdict", "nothing excluded", "note"))
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in (o.window, named(o), o.shown, show_condition(o.target)))
        + f'<td style="color:{_COLOUR[o.verdict]}">{o.verdict}{" so far" if o.provisional else ""}</td>'
        + f"<td>{html.escape(o.shown_without)}</td><td>{html.escape(o.reason)}</td></tr>"
        for o in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

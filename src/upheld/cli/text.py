"""Assessments and ledgers as a terminal shows them.

Law: never colour alone (the verdict is a word), plain when piped or ``NO_COLOR`` is set, nothing cut that carries a figure.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from upheld.assessment.outcome import Assessment, Outcome
from upheld.assessment.report import named
from upheld.assessment.show import show_condition
from upheld.values.instant import format_instant

__all__ = ["console", "print_assessment", "select_periods", "verdict_text"]

_STYLE = {"met": "green", "deviation": "yellow", "breached": "bold red", "unknown": "magenta", "not applicable": "dim"}


_ENDLESS = 10_000

_MARK = {"met": " ", "deviation": "~", "breached": "!", "unknown": "?", "not applicable": "-"}


def console(*, stderr: bool = False) -> Console:
    """The console of this process; 120 wide when it is no terminal, so that piped output does not depend on a window."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made = Console(stderr=stderr, highlight=False, width=120)
    return made


def verdict_text(outcome: Outcome) -> Text:
    """The verdict as a word, coloured where there is colour; ``so far`` while the window has not ended."""
    word = outcome.verdict + (" so far" if outcome.provisional else "")
    return Text(word, style=_STYLE[outcome.verdict])


def print_assessment(out: Console, assessment: Assessment, last: int = 0) -> None:
    """One agreement: a heading with its basis, and a table a commitment; only the ``last`` so many windows, if given."""
    until = format_instant(assessment.horizon)
    out.print(Text(assessment.title or assessment.agreement, style="bold"))
    basis = f"{assessment.agreement} · facts until {until}"
    if assessment.as_of is not None:
        basis += f" · as known at {format_instant(assessment.as_of)}"
    out.print(Text(basis, style="dim"))
    for commitment in dict.fromkeys(o.commitment for o in assessment.outcomes):
        whole = [o for o in assessment.outcomes if o.commitment == commitment]
        # a window that only just begins, with nothing in it yet, tells nobody anything
        rows = [o for o in whole if o.start < assessment.horizon or o.figure.n or o.figure.pending] or whole
        out.print()
        out.print(Text.assemble((commitment, "bold"), ": ", rows[0].says))
        if len(rows) > 1:
            out.print(Text(_summary(rows), style="dim"))
        if last:
            recent = sorted({(o.start, o.end) for o in rows})[-last:]
            rows = [o for o in rows if (o.start, o.end) in recent]
        several = len({_who(o) for o in rows}) > 1
        if several and len({(o.start, o.end) for o in rows}) > 1:
            _print_matrix(out, rows)
        else:
            _print_table(out, _table(rows))
    for note in assessment.notes:
        out.print(Text(f"note: {note}", style="dim"))
    for shape, n in assessment.unclaimed.items():
        out.print(Text(f"note: {n} {shape} claimed by no agreement here", style="yellow"))
    for shape, n in assessment.twice.items():
        out.print(Text(f"note: {n} {shape} claimed by several agreements here", style="dim"))
    if assessment.refused:
        out.print(Text(f"note: {assessment.refused} rows could not be mapped: upheld import tells which", style="yellow"))


def _summary(rows: Sequence[Outcome]) -> str:
    """How the windows that have ended went, in one line, with the worst breach by its figure."""
    ended = [o for o in rows if not o.provisional]
    counts = {verdict: sum(o.verdict == verdict for o in ended) for verdict in _STYLE}
    said = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
    lost = [o for o in ended if o.verdict in ("breached", "deviation") and o.low is not None and o.unit == "share"]
    worst = min(lost, key=lambda o: o.low or 0, default=None)
    of = f"; worst {worst.shown} in {worst.window}" + (f" for {named(worst)}" if named(worst) else "") if worst else ""
    return f"{said or 'no window has ended'}{of}"


def _who(o: Outcome) -> str:
    """What a line of the matrix is called: the values of its group, and the part of the promise where there are several."""
    return ", ".join([*(v for _, v in o.group), *([o.part] if o.part else [])])


def _print_matrix(out: Console, rows: Sequence[Outcome]) -> None:
    """A line a result and a column a window, as many of the latest as fit; the mark after a figure says its verdict."""
    windows = list(dict.fromkeys((o.start, o.window) for o in rows))
    found = {(_who(o), o.start): o for o in rows}
    head = ", ".join(k for k, _ in rows[0].group)
    first = min(max(cell_len(head), *(cell_len(_who(o)) for o in rows)), out.width // 2)
    wide = max(len(f"{o.shown} {_MARK[o.verdict]}") for o in rows)
    room = max(1, (out.width - first - 2) // (max(wide, *(len(label) for _, label in windows)) + 2))
    begins = {start for start, _ in windows[-room:]}
    # a line none of the windows shown has a figure for (a row of an earlier version, a tier nobody has) is left out
    told = {_who(o) for o in rows if o.start in begins and (o.low is not None or o.verdict != "not applicable")}
    lines = sorted(told or {_who(o) for o in rows})
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(head, overflow="fold", min_width=first, max_width=first)
    for _, label in windows[-room:]:
        table.add_column(label, justify="right", no_wrap=True)
    for line in lines:
        cells = [Text(line)]
        for start, _ in windows[-room:]:
            o = found.get((line, start))
            cells.append(Text(f"{o.shown} {_MARK[o.verdict]}", style=_STYLE[o.verdict]) if o else Text(""))
        table.add_row(*cells)
    out.print(table)
    used = {o.verdict for o in rows}
    legend = ", ".join(f"{mark} {verdict}" for verdict, mark in _MARK.items() if verdict in used and mark.strip())
    earlier = f"; {len(windows) - room} earlier windows: --format csv" if len(windows) > room else ""
    if legend or earlier:
        out.print(Text(f"{legend}{earlier}".lstrip("; "), style="dim"))


def _print_table(out: Console, table: Table) -> None:
    """The table as wide as its figures need: a terminal that is narrower breaks its lines, nothing is cut."""
    least = Measurement.get(out, out.options.update(max_width=_ENDLESS), table).minimum
    out.print(table, width=max(out.width, least), crop=False)


def _table(rows: Sequence[Outcome]) -> Table:
    who = any(named(o) for o in rows)
    versions = len({o.version for o in rows}) > 1
    excluded = any(o.figure.n_left_out or any(o.figure.left_out_us.values()) or o.shown != o.shown_without for o in rows)
    # (head, its cells, to the right?, whether what does not fit goes on below: never a figure)
    columns: list[tuple[str, list[str | Text], bool, bool]] = [("window", [o.window for o in rows], False, False)]
    if who:
        columns.append(("for", [named(o) for o in rows], False, True))
    columns += [("result", [o.shown for o in rows], True, False), ("target", [show_condition(o.target) for o in rows], True, False),
                ("verdict", [verdict_text(o) for o in rows], False, False)]
    if excluded:
        columns.append(("nothing excluded", [o.shown_without for o in rows], True, False))
    columns.append(("measured", [_counts(o) for o in rows], True, False))
    if versions:
        columns.append(("version", [o.version for o in rows], False, False))
    columns.append(("note", [Text(o.reason, style="dim") for o in rows], False, True))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head, cells, right, folds in columns:
        # a head of several words may stand on several lines
        whole = max(cell_len(str(part)) for part in (*head.split(), *cells))
        table.add_column(head, justify="right" if right else "left", overflow="fold", min_width=None if folds else whole)
    for row in zip(*(cells for _, cells, _, _ in columns), strict=True):
        table.add_row(*row)
    return table


def _counts(o: Outcome) -> str:
    said = [str(o.figure.n)]
    said += [f"{n} {word}" for n, word in ((o.figure.n_left_out, "left out"), (o.figure.pending, "pending"),
                                           (o.figure.no_promise, "without promise"), (o.figure.undecided, "undecided")) if n]
    return ", ".join(said)


def select_periods(outcomes: Iterable[Outcome], periods: Sequence[str]) -> tuple[Outcome, ...]:
    """The outcomes whose window label is, or begins with, one of ``periods`` (``2026`` takes every window of 2026)."""
    return tuple(o for o in outcomes if not periods or any(o.window == p or o.window.startswith(p) for p in periods))

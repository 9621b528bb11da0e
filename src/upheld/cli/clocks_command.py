"""``upheld clocks``: what runs now, when it is due, and what the budgets still allow."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upheld.cli.options import INSTANT, fail, format_option, workspace_option

if TYPE_CHECKING:
    from rich.console import Console

    from upheld.clocks.board import ClockLine
    from upheld.clocks.board_report import Board
    from upheld.clocks.budget import Budget
    from upheld.facts.tables import Facts
    from upheld.plans.plan import Plan

_WARNED = Fraction(4, 5)
_SHORT = 24
"""A name no longer than this is never broken."""


@click.command("clocks")
@click.argument("commitments", nargs=-1, metavar="[COMMITMENT]...")
@workspace_option
@click.option("--at", type=INSTANT, default=None, metavar="TIME", help="As known then: a date or an RFC 3339 time (default: now).")
@click.option("--agreement", default=None, metavar="NAME", help="Only this agreement.")
@click.option("--for", "wanted", multiple=True, metavar="KEY=VALUE", help="Only results with this value (customer=acme), or one case by name.")
@click.option("--limit", type=click.IntRange(0), default=40, show_default=True, help="Lines a table shows as text; 0: all of them.")
@click.option("--fail-on", type=click.Choice(["never", "missed", "warning"]), default="never", show_default=True,
              help="Exit 1 if a running clock is missed or a budget used up; warning: also where a step fell due, four fifths are used, or a "
                   "budget is foretold to run out.")
@format_option("text", "json", "csv", "md")
def command(commitments: tuple[str, ...], root: Path, at: int | None, agreement: str | None, wanted: tuple[str, ...], limit: int,
            fail_on: str, form: str) -> None:
    """Show the running clocks, the most urgent first, and the budgets of the current windows."""
    from upheld.cli.live import feeds_of, read_live
    from upheld.cli.opening import now_us
    from upheld.clocks import board_report

    live = read_live(root)
    by_agreement = {name: plans for name, plans in live.plans.items() if agreement in (None, name)}
    if not by_agreement:
        fail(f"no agreement {agreement!r} here" if agreement else "no agreement here", 2, "there are: " + ", ".join(live.plans))
    now = now_us() if at is None else at
    there = [name for plans in by_agreement.values() for plan in plans for name in plan.commitments]
    if unknown := [c for c in commitments if c not in there]:
        fail(f"no commitment {unknown[0]!r} here", 2, "there are: " + ", ".join(dict.fromkeys(there)))
    feeds = feeds_of(live.root, by_agreement)
    boards = [_board(plans, live.facts, feeds, now, commitments, wanted) for plans in by_agreement.values()]
    if form == "text":
        _show([b for b in boards if b.clocks or b.budgets] or boards[:1], live.facts, limit)
    else:
        render = {"json": board_report.to_json, "csv": board_report.to_csv, "md": board_report.to_markdown}[form]
        click.echo(render(boards), nl=False)
    sys.exit(1 if any(_bad(b, fail_on) for b in boards) else 0)


def show_at(plans: tuple[Plan, ...], facts: Facts, at: int, limit: int) -> None:
    """The board of one agreement at an instant, µs UTC, as text: its ``limit`` most urgent clocks and budgets."""
    _show([_board(plans, facts, {}, at, (), ())], facts, limit)


def _board(plans: tuple[Plan, ...], facts: Facts, feeds: Mapping[str, bytes], at: int, commitments: Sequence[str],
           wanted: Sequence[str]) -> Board:
    """One agreement's board, narrowed to what was asked for."""
    from upheld.clocks.agenda import agenda
    from upheld.clocks.board import clock_lines
    from upheld.clocks.board_report import Board
    from upheld.clocks.budgets import budgets
    from upheld.clocks.unbudgeted import unbudgeted
    from upheld.facts.cut import cut
    from upheld.plans.terms import in_force

    last, known = plans[-1], bool(in_force(plans, at))
    # what is on record but was known later must not show as what happens next
    lines = clock_lines(plans, agenda(plans, cut(facts, at), at), facts, feeds) if known else []
    found = budgets(plans, facts, at, commitments, live=True) if known else ()
    lines = [c for c in lines if (not commitments or c.key.commitment in commitments) and _chosen(c.group, c.key.case, wanted)]
    without = unbudgeted(plans, at, {b.commitment for b in found}, commitments) if known and not wanted else ()
    found = tuple(sorted((b for b in found if _chosen(b.group, "", wanted)), key=_urgency))
    return Board(last.agreement, last.title, last.zone, at, tuple(lines), found, without)


def _chosen(group: tuple[tuple[str, str], ...], case: str, wanted: Sequence[str]) -> bool:
    said = {f"{k}={v}" for k, v in group} | ({case} if case else set())
    return all(one in said for one in wanted)


def _urgency(b: Budget) -> tuple[int, int, Fraction]:
    """Used up first, then by when they run out, then by how much is used."""
    share = b.used_share
    return 0 if b.best.left < 0 else 1, b.runs_out if b.runs_out is not None else 2**62, -(share or Fraction(0))


def _bad(board: Board, fail_on: str) -> bool:
    if fail_on == "never":
        return False
    if any(c.missed_at is not None for c in board.clocks) or any(b.state == "used up" for b in board.budgets):
        return True
    warned = any(c.fired or (c.used or 0) >= _WARNED for c in board.clocks)
    return fail_on == "warning" and (warned or any((b.used_share or 0) >= _WARNED or b.runs_out is not None for b in board.budgets))


# ---- text -----------------------------------------------------------------------------------------------------------


def _show(boards: Sequence[Board], facts: Facts, limit: int) -> None:
    from rich.text import Text

    from upheld.assessment.horizon import last_instant
    from upheld.cli.text import console
    from upheld.clocks.board import wall

    out = console()
    for i, board in enumerate(boards):
        if i:
            out.print()
        out.print(Text(board.title or board.agreement, style="bold"))
        out.print(Text(f"{board.agreement} · as of {wall(board.at, board.zone)} ({board.zone})", style="dim"))
        if not board.clocks and not board.budgets:
            ends = wall(last_instant(facts), board.zone)
            out.print(Text(f"nothing runs then; the facts end at {ends}: ask with --at for what ran", style="dim"))
        _clocks(out, board, limit)
        _budgets(out, board, limit)
        _without(out, board)


def _without(out: Console, board: Board) -> None:
    """The promises that have no budget, and why."""
    from rich.table import Table
    from rich.text import Text

    if not board.without:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=max(len(u.commitment) for u in board.without) <= _SHORT)
    table.add_column(overflow="fold")
    for one in board.without:
        table.add_row(one.commitment, Text(one.says, style="yellow" if one.untold else "dim"))
    out.print()
    out.print(Text.assemble(("no budget", "bold"), f": {len(board.without)}"))
    out.print(table)


def _clocks(out: Console, board: Board, limit: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from upheld.assessment.show import show_duration
    from upheld.clocks.board import percent_text, wall
    from upheld.clocks.board_report import for_text, step_text

    if not board.clocks:
        return
    shown = board.clocks[:limit or None]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("case", overflow="fold")
    table.add_column("promise", overflow="fold", no_wrap=max(len(c.promise) for c in shown) <= _SHORT)
    who = any(c.group for c in shown)
    if who:
        table.add_column("for", overflow="fold")
    table.add_column("used", justify="right", no_wrap=True)
    table.add_column("left", justify="right", no_wrap=True)
    table.add_column("due", no_wrap=True)
    table.add_column("how it stands", overflow="fold")
    steps = any(c.step for c in shown)
    if steps:
        table.add_column("next step", overflow="fold")
    for c in shown:
        left = "-" if c.left_us is None or c.left_us <= 0 else show_duration(c.left_us - c.left_us % 1_000_000)
        cells: list[str | Text] = [c.key.case or c.key.cycle, c.promise]
        cells += [for_text(c.group)] if who else []
        cells += [percent_text(c.used), left, wall(c.due, board.zone, board.at) if c.due is not None else "-", Text(c.says, style=_style(c))]
        table.add_row(*cells, *([step_text(c, board.at)] if steps else []))
    missed = sum(c.missed_at is not None for c in board.clocks)
    paused = sum(c.state == "paused" for c in board.clocks)
    said = [f"{len(board.clocks)} open", *([f"{missed} missed"] if missed else []), *([f"{paused} paused"] if paused else [])]
    out.print()
    out.print(Text.assemble(("clocks", "bold"), f": {', '.join(said)}"))
    out.print(table)
    _more(out, len(board.clocks) - len(shown))


def _style(line: ClockLine) -> str:
    if line.missed_at is not None:
        return "bold red"
    return "yellow" if (line.used or 0) >= _WARNED else "dim" if line.state == "paused" else ""


def _budgets(out: Console, board: Board, limit: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from upheld.clocks.board_report import budget_cells, for_text, spent_text

    if not board.budgets:
        return
    shown = board.budgets[:limit or None]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("promise", overflow="fold", no_wrap=max(len(b.commitment) for b in shown) <= _SHORT)
    who = any(b.group or b.part for b in shown)
    if who:
        table.add_column("for", overflow="fold")
    table.add_column("window", no_wrap=True)
    for name in ("%", "used", "left", "burn", "forecast"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("how it stands", overflow="fold")
    for b in shown:
        style = "bold red" if b.best.left < 0 else "yellow" if b.runs_out is not None else "green" if b.state == "kept" else ""
        told = [b.commitment, *([for_text(b.group, b.part)] if who else []), b.window.label, *budget_cells(b)]
        table.add_row(*told, Text(spent_text(b, board.zone, board.at), style=style))
    out.print()
    over = sum(b.best.left < 0 for b in board.budgets)
    out.print(Text.assemble(("budgets", "bold"), f": {len(board.budgets)}" + (f", {over} used up" if over else "")))
    out.print(table)
    _more(out, len(board.budgets) - len(shown))
    reasons = dict.fromkeys(r for b in shown for r in b.reasons if r != "the window has not ended" and not r.endswith("open"))
    for reason in reasons:
        out.print(Text(f"note: {reason}", style="dim"))


def _more(out: Console, n: int) -> None:
    from rich.text import Text

    if n > 0:
        out.print(Text(f"and {n} more: --limit 0 shows all", style="dim"))

"""``upheld ledger``: what was booked, and the acts that carry a credit from computed to applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from upheld.cli.opening import now_us
from upheld.cli.options import INSTANT, fail, workspace_option

if TYPE_CHECKING:
    from upheld.ledger.commands import Command
    from upheld.stores.store import Store

STEPS = {
    "review": "computed -> reviewed: a person looked at it", "approve": "reviewed -> approved: a second person agrees",
    "issue": "approved -> issued: the other party is told", "apply": "issued -> applied: on an invoice, or paid",
    "expire": "issued -> expired: not used in time", "void": "it is not owed after all, with a reason",
}


@click.group("ledger")
def command() -> None:
    """Show the ledger of credits, and move lines on: review, approve (a second person), issue, apply, void, expire."""


@command.command("show", short_help="What each line comes to, and its state.")
@click.argument("agreement")
@click.option("--line", help="Only this line, with every transfer.")
@workspace_option
def show(agreement: str, line: str | None, root: Path) -> None:
    """The lines of AGREEMENT: what each comes to, and in which state; with --line every transfer of one."""
    from upheld.values.instant import format_instant
    from upheld.values.money import show_money

    with _store(root) as store:
        book = store.ledger.book(agreement)
        mine = {name: sheet for (owner, name), sheet in sorted(book.sheets.items()) if owner == agreement and line in (None, name)}
        if not mine:
            fail(f"nothing is booked for {line or agreement}", 2, "close a period first: upheld statement")
        width = max(len(name) for name in mine)
        for name, sheet in mine.items():
            states = ", ".join(f"{state} {show_money(minor if side == 'credit' else -minor, sheet.currency)}"
                               for (side, state), minor in sorted(sheet.held.items()) if minor)
            click.echo(f"{name:<{width}}  {show_money(sheet.comes_to, sheet.currency):>14}  {states or 'settled'}")
        for entry in store.ledger.entries(agreement, line) if line else ():
            t = entry.transfer
            click.echo(f"  {format_instant(t.at)}  {t.kind:<11} {show_money(t.minor, t.currency):>14}  {t.debit} -> {t.credit}  {t.actor}"
                       + (f": {t.reason}" if t.reason else "") + f"  [{t.key}]")
        click.echo("")
        for currency, totals in book.totals(agreement).items():
            click.echo(", ".join(f"{state} {show_money(minor, currency)}" for state, minor in sorted(totals.items())) or "nothing open")


def _moved(step: str, agreement: str, lines: tuple[str, ...], root: Path, actor: str, reason: str, at: int | None, state: str) -> None:
    from upheld.ledger.answer import Refusal
    from upheld.ledger.commands import Apply, Approve, Expire, Issue, Review, Void
    from upheld.stores.trouble import StoreError

    kinds: dict[str, type[Any]] = {"review": Review, "approve": Approve, "issue": Issue, "apply": Apply, "expire": Expire, "void": Void}
    more = {"state": state} if step == "void" else {}
    now = now_us() if at is None else at
    with _store(root) as store:
        book = store.ledger.book(agreement)
        known = [name for owner, name in book.sheets if owner == agreement]
        chosen = [name for name in known if any(name == asked or name.startswith(asked) for asked in lines)] if lines else known
        if not chosen:
            fail(f"no line of {agreement} begins with {', '.join(lines)}", 2, "the lines: upheld ledger show " + agreement)
        # a retry of the same act on the same day is the same act
        commands: list[Command] = [
            kinds[step](key=f"{step}/{agreement}/{name}/{actor}/{len(store.ledger.entries(agreement, name))}", agreement=agreement, line=name,
                        at=now, actor=actor, reason=reason, **more) for name in chosen]
        try:
            answers = store.ledger.submit_all(commands)
        except StoreError as problem:
            fail(str(problem), 4)
    refused = 0
    for name, answer in zip(chosen, answers, strict=True):
        if isinstance(answer, Refusal):
            refused += 1
            click.echo(f"{name}: {answer}", err=True)
        else:
            click.echo(f"{name}: {STEPS[step].split(':', maxsplit=1)[0]}")
    if refused:
        raise SystemExit(1)


def _store(root: Path) -> Store:
    from upheld.stores.place import place_of
    from upheld.stores.store import open_store
    from upheld.stores.trouble import StoreError
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        return open_store(place_of(open_workspace(root).root), create=False)
    except (StoreError, NoWorkspaceError) as problem:
        fail(str(problem), 2, "close a period first: upheld statement")


def _step(name: str) -> click.Command:
    @click.argument("agreement")
    @click.argument("lines", nargs=-1)
    @click.option("--by", "actor", required=True, metavar="PERSON", help="Who does it: a person, not the system.")
    @click.option("--reason", default="", help="Why.")
    @click.option("--at", type=INSTANT, default=None, metavar="TIME", help="When (default: now).")
    @click.option("--state", default="issued", show_default=True, help="Where the money is that is voided.", hidden=name != "void")
    @workspace_option
    def step(agreement: str, lines: tuple[str, ...], actor: str, reason: str, at: int | None, state: str, root: Path) -> None:
        _moved(name, agreement, lines, root, actor, reason, at, state)

    step.__doc__ = f"{STEPS[name][0].upper()}{STEPS[name][1:]}. LINES: names or beginnings of names; none: all lines of AGREEMENT."
    return click.command(name)(step)


for _name in STEPS:
    command.add_command(_step(_name))

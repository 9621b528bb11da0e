"""``upheld announce``: a change on record, and at once whether its window will count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from upheld.cli.acts import at_option, by_option, on_record, pairs
from upheld.cli.options import fail, workspace_option

if TYPE_CHECKING:
    from upheld.cli.acts import Done
    from upheld.closing.acts import Desk, Recorded

_SAID = ("title", "stage", "class", "service", "component", "risk", "compatibility", "rollback")


F = TypeVar("F", bound=Callable[..., Any])


def _options(command: F) -> F:
    for name, help_ in reversed((
        ("title", "What the change is."), ("stage", "What this window is, where the change has several."),
        ("class", "The class of change: normal, standard, emergency, as the changes clause names them."),
        ("service", "The service, where promises ask for it."), ("component", "The component, where promises ask for it."),
        ("risk", "The risk, in words."), ("compatibility", "What must fit together, in words."), ("rollback", "The way back, in words."),
    )):
        command = click.option(f"--{name}", f"said_{name}", default="", metavar="TEXT", help=help_)(command)
    return command


@click.command("announce")
@click.argument("subject", default="")
@click.option("--agreement", default=None, metavar="AGREEMENT", help="Where there are several.")
@click.option("--from", "start", default="", metavar="TIME", help="When it begins: 2026-03-28 22:00 (agreement's zone), or with an offset.")
@click.option("--until", "end", default="", metavar="TIME", help="When it ends.")
@click.option("--kind", default="", metavar="KIND", help="The kind of fact (default: as the agreement's maintenance state asks).")
@click.option("--change", "change", default="", metavar="ID", help="The change it belongs to: a name of your own, or one that is known.")
@_options
@click.option("--with", "details", multiple=True, metavar="NAME=VALUE", help="What else the fact says.")
@click.option("--move", "moved", default="", metavar="ID", help="Give this change, or this window of it, other times instead.")
@click.option("--cancel", "cancelled", default="", metavar="ID", help="Cancel this change, or this window of it, instead.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is moved or cancelled.")
@by_option
@at_option
@click.option("--dry-run", is_flag=True, help="Say what would come of it, record nothing.")
@workspace_option
def command(subject: str, agreement: str | None, start: str, end: str, kind: str, change: str, details: tuple[str, ...], moved: str,
            cancelled: str, reason: str, actor: str, at: int | None, dry_run: bool, root: Path, **said: str) -> None:
    """Announce a change of SUBJECT, and see whether its window will count as excluded, what else is owed for it, and what it costs.

    Nothing is refused because it would not count: it is recorded, and told. --move and --cancel correct what was announced.
    """
    from upheld.closing.changes import Announcement, announce, cancel, local_instant, move

    says = {name: said[f"said_{name}"] for name in _SAID if said[f"said_{name}"]} | dict(pairs(details, "--with"))
    if bool(subject) + bool(moved) + bool(cancelled) != 1:
        fail("say what is announced: a SUBJECT, or --move ID, or --cancel ID", 2)
    if not cancelled and not (start and end):
        fail("say when: --from and --until", 2)

    def act(desk: Desk) -> Recorded:
        if cancelled:
            return cancel(desk, cancelled, actor, reason)
        begins, ends = (local_instant(text, desk.plan.zone) for text in (start, end))
        if moved:
            return move(desk, moved, begins, ends, actor, says | ({"reason": reason} if reason else {}))
        return announce(desk, Announcement(subject, begins, ends, actor, kind, change, says))

    _show(on_record(root, agreement, at, act, dry_run=dry_run))


def _show(done: Done) -> None:
    """What the change looks like now, with what was just said."""
    from upheld.changes.outlook import outlook
    from upheld.changes.report import sheet
    from upheld.facts.leaves import batches_of
    from upheld.facts.record import record
    from upheld.sources.records import SOURCE

    facts = record((*done.before.batches, *batches_of(done.recorded.lines)), done.before.complete)
    name = done.recorded.name
    for view in outlook(done.plans, facts, done.at, [name], with_effects=True):
        if any(s.key == f"{SOURCE}/{name}" or s.cancelled_at == done.at for s in view.stages):
            click.echo("\n" + sheet(view), nl=False)

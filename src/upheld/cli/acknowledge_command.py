"""``upheld acknowledge``: take a clock, so that its repeats wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from upheld.cli.acts import at_option, by_option, on_record
from upheld.cli.options import workspace_option


class _Length(click.ParamType[int]):
    """A plain length of time, as µs."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from upheld.values.quantity import Wrong, open_time

        if isinstance(value, int):
            return value
        found = open_time(str(value))
        if isinstance(found, Wrong):
            self.fail(f"{found.reason} ({found.help})", param, ctx)
        return found


@click.command("acknowledge")
@click.argument("clock")
@by_option
@click.option("--for", "lasts", type=_Length(), default=None, metavar="TIME", help="How long it holds: 30m (default: as the ladder says).")
@at_option
@workspace_option
def command(clock: str, actor: str, lasts: int | None, at: int | None, root: Path) -> None:
    """Take CLOCK (AGREEMENT/COMMITMENT/CASE/CYCLE, as the message names it): what repeats waits, the clock runs on."""
    from upheld.closing.live_acts import acknowledge

    on_record(root, clock.split("/", maxsplit=1)[0].replace("%2F", "/").replace("%25", "%"), at,
              lambda desk: acknowledge(desk, clock, actor, lasts))

"""``upheld silence``: tell nobody of what matches, until then; end it, list it."""

from __future__ import annotations

from pathlib import Path

import click

from upheld.cli.acts import at_option, on_record
from upheld.cli.options import fail, workspace_option


@click.command("silence")
@click.argument("matchers", required=False)
@click.option("--until", default="", metavar="TIME", help="When it ends: 2026-03-28 22:00 (agreement's zone), or with an offset.")
@click.option("--from", "start", default="", metavar="TIME", help="When it begins (default: now).")
@click.option("--by", "actor", default="", metavar="WHO", help="Who says so.")
@click.option("--reason", default="", metavar="TEXT", help="Why: whoever wonders why nobody was told reads it.")
@click.option("--end", "ended", default="", metavar="ID", help="End this silence now instead.")
@click.option("--agreement", default=None, metavar="AGREEMENT", help="Where there are several (or agreement=… in MATCHERS).")
@at_option
@workspace_option
def command(matchers: str | None, until: str, start: str, actor: str, reason: str, ended: str, agreement: str | None, at: int | None,
            root: Path) -> None:
    """Tell nobody of what MATCHERS match (commitment=restore,severity=3) until then. Measuring goes on. Without MATCHERS: list what is silent.

    Matched are agreement, commitment, case, cycle, ladder, step, and every attribute of the case.
    """
    from upheld.cli.live import local_instant, one_agreement, read_live
    from upheld.cli.opening import now_us
    from upheld.clocks.silence import matchers_of, silences_of
    from upheld.closing.live_acts import end_silence, silence
    from upheld.values.instant import format_instant

    live = read_live(root, with_facts=not (matchers or ended))
    if not matchers and not ended:
        now = now_us() if at is None else at
        held = [s for s in silences_of(live.facts, now) if s.end > now]
        for one in held:
            span = f"{format_instant(one.start)} … {format_instant(one.end)}"
            click.echo(f"{one.name}  {span}  {', '.join(f'{k}={v}' for k, v in one.matchers)}  by {one.author}: {one.reason}")
        if not held:
            click.echo("nothing is silent")
        return
    if agreement is None and matchers:
        try:
            agreement = dict(matchers_of(matchers)).get("agreement")
        except ValueError as problem:
            fail(f"refused[matchers]: {problem}", 1, "write commitment=restore,severity=3")
    name = one_agreement(live, agreement)
    zone = live.plans[name][-1].zone
    if ended:
        on_record(root, name, at, lambda desk: end_silence(desk, ended, actor))
        return
    if not until:
        fail("a silence needs its end", 2, "add --until")
    ends, begins = local_instant(until, zone, "--until"), local_instant(start, zone, "--from") if start else None
    on_record(root, name, at, lambda desk: silence(desk, matchers or "", actor, ends, reason, begins))

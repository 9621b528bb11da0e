"""``upheld oncall``: who is on duty now and next, and the gaps ahead; put somebody on duty."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from upheld.cli.acts import on_record
from upheld.cli.options import INSTANT, fail, format_option, workspace_option

if TYPE_CHECKING:
    from upheld.clocks.duty import Shift
    from upheld.plans.people import Rota
    from upheld.plans.plan import Plan

_FORTNIGHT_US = 14 * 86_400_000_000
_SHOWN = 40


@click.command("oncall")
@click.argument("rota", required=False)
@click.option("--agreement", default=None, metavar="AGREEMENT", help="One agreement (default: all).")
@click.option("--at", type=INSTANT, default=None, metavar="TIME", help="From then on (default: now).")
@click.option("--until", default="", metavar="TIME", help="Gaps and turns until then (default: 14 days on).")
@click.option("--put", "who", default="", metavar="CONTACT", help="Put CONTACT on duty in ROTA instead, from --at until --until.")
@click.option("--by", "actor", default="", metavar="WHO", help="Who says so, with --put.")
@click.option("--fail-on", type=click.Choice(("gap", "never")), default="gap", show_default=True, help="Exit 1 where nobody is on duty.")
@workspace_option
@format_option("text", "json", "md")
def command(rota: str | None, agreement: str | None, at: int | None, until: str, who: str, actor: str, fail_on: str, root: Path,
            form: str) -> None:
    """Who is on duty in ROTA (default: all), now and next, and the gaps ahead in the hours in which it is staffed."""
    from upheld.cli.live import feeds_of, local_instant, one_agreement, read_live
    from upheld.cli.opening import now_us
    from upheld.clocks.duty import overrides_of, shifts

    live = read_live(root, with_facts=not who)
    now = now_us()
    begins = now if at is None else at
    chosen = {agreement: live.plans[one_agreement(live, agreement)]} if agreement else live.plans
    found = [(plan, r) for plan in (_in_force(versions, begins) for versions in chosen.values()) for r in plan.people.rotas.values()
             if rota in (None, r.name)]
    if not found:
        there = sorted({r.name for versions in chosen.values() for r in versions[-1].people.rotas.values()})
        fail(f"no rota {rota!r} here" if rota else "no agreement here has a rota", 2, "there are: " + (", ".join(there) or "none"))
    zone = found[0][0].zone
    ends = local_instant(until, zone, "--until") if until else begins + _FORTNIGHT_US
    if ends <= begins:
        fail("--until lies before --at", 2)
    if who:
        from upheld.closing.live_acts import take_duty

        if rota is None or len(found) > 1:
            fail("say in which rota: upheld oncall ROTA --agreement AGREEMENT --put CONTACT", 2)
        on_record(root, found[0][0].agreement, now if at is None or at > now else at,
                  lambda desk: take_duty(desk, rota, who, actor, begins, ends))
        return
    feeds = feeds_of(live.root, live.plans)
    overrides = overrides_of(live.facts, max(now, begins))
    laid = [(plan, r, shifts(plan, r, begins, ends, overrides, feeds)) for plan, r in found]
    if form == "json":
        click.echo(json.dumps([_plain(*one) for one in laid], indent=1, ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(_lines(*one, md=form == "md")) for one in laid))
    if fail_on == "gap" and any(_gaps(plan, r, found_) for plan, r, found_ in laid):
        sys.exit(1)


def _in_force(versions: tuple[Plan, ...], at: int) -> Plan:
    """The version in force then, else the latest."""
    own = [p for p in versions if p.from_us <= at and (p.until_us is None or at < p.until_us)]
    return own[-1] if own else versions[-1]


def _gaps(plan: Plan, rota: Rota, laid: tuple[Shift, ...]) -> list[Shift]:
    from upheld.clocks.duty import staffed

    return [s for s in laid if not s.duty.contacts and staffed(plan, rota, s.start)]


def _lines(plan: Plan, rota: Rota, laid: tuple[Shift, ...], *, md: bool) -> Iterator[str]:
    people = plan.people.contacts
    gaps = _gaps(plan, rota, laid)
    bullet = "- " if md else "  "
    yield f"## {plan.agreement} {rota.name}\n" if md else f"{plan.agreement} {rota.name}"
    for i, shift in enumerate(laid[:_SHOWN]):
        span = f"{_local(shift.start, rota)} … {_local(shift.end, rota)}"
        if shift.duty.contacts:
            who = ", ".join(f"{people[c].title} ({c})" if people[c].title != c else c for c in shift.duty.contacts)
            note = "  taken over" if "taken over" in shift.duty.path else ""
        else:
            who, note = ("GAP" if shift in gaps else "nobody"), f"  {shift.duty.gap}"
        yield f"{bullet}{span}  {who}{note}{'  <- now' if i == 0 else ''}"
    if len(laid) > _SHOWN:
        yield f"{bullet}… and {len(laid) - _SHOWN} more turns"
    yield f"{bullet}{'no gap' if not gaps else f'{len(gaps)} gap' + ('s' if len(gaps) > 1 else '')} until {_local(laid[-1].end, rota)}"


def _local(at: int, rota: Rota) -> str:
    from upheld.values.instant import format_instant

    text = format_instant(at, rota.zone)
    return f"{text[:10]} {text[11:16]}{'Z' if text.endswith('Z') else ' ' + text[-6:]}"


def _plain(plan: Plan, rota: Rota, laid: tuple[Shift, ...]) -> Mapping[str, Any]:
    from upheld.values.instant import format_instant

    gaps = _gaps(plan, rota, laid)
    return {"agreement": plan.agreement, "rota": rota.name, "zone": rota.zone, "shifts": [
        {"from": format_instant(s.start), "until": format_instant(s.end), "contacts": list(s.duty.contacts), "path": s.duty.path,
         "why": s.duty.gap, "gap": s in gaps} for s in laid]}

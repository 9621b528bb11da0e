"""The doctor: what is wrong with a running installation, in words, each with how to mend it.

Law: it looks and changes nothing (a trial message is asked for). Every line is a check that was made, fine or not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from upheld.clocks.duty import gaps
from upheld.service.acted import acted_on
from upheld.service.clock import Clock
from upheld.service.config import CONFIG, Config
from upheld.service.feeds import kept_at
from upheld.service.letter import Letter, Notifier
from upheld.service.terms import Terms, terms_of
from upheld.service.watch import look
from upheld.stores import outbox
from upheld.stores.live import read_workers, set_aside
from upheld.stores.migrate import HEAD
from upheld.stores.store import Store
from upheld.values.finding import has_errors
from upheld.values.instant import format_instant

__all__ = ["Check", "check_config", "check_feeds", "check_reach", "check_store", "check_texts", "workspace_files"]

_ALIVE_US = 60_000_000
_SKEW_US = 2_000_000
_AHEAD_US = 14 * 86_400_000_000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and how it is; where it is not ``fine``, what to do."""

    fine: bool
    what: str
    todo: str = ""


def check_config(config: Config, *, there: bool) -> Iterator[Check]:
    """What the settings leave open."""
    if not there:
        yield Check(True, f"no {CONFIG}: everything by default")
        return
    ways = [*(["mail"] if config.mail else []), *(f"chat {name}" for name in config.chats), *(f"webhook {name}" for name in config.webhooks)]
    yield Check(bool(ways), f"{CONFIG}: {', '.join(ways) if ways else 'no way to reach anybody'}",
                "add [mail] with host and from, or [chat.ops] with url")
    told = bool(config.operator.mail or config.operator.chat)
    yield Check(told, f"{'the operator' if told else 'nobody'} is told of trouble", 'add [operator] with mail = "you@example.com"')


def check_store(store: Store, clock: Clock) -> Iterator[Check]:
    """The database, its clock, the workers, the queues."""
    begun = time.monotonic()
    theirs = store.database.now()
    took = (time.monotonic() - begun) * 1000
    yield Check(True, f"store {store.database.place}: revision {HEAD}, answered in {took:.0f} ms")
    now = clock.now()
    skew = now - theirs
    yield Check(abs(skew) <= _SKEW_US, f"this clock and the database's are {abs(skew) / 1_000_000:.1f} s apart",
                "let both take their time from NTP")
    mark = acted_on(store).at
    ahead = (mark or now) - now
    yield Check(ahead <= _SKEW_US, f"the latest instant acted on is {format_instant(mark) if mark else 'none yet'}",
                f"a clock has been {ahead // 1_000_000} s ahead; time is held until the others have caught up (if it was more than two "
                "hours, a worker begins anew at once): set the clocks")
    alive = [row for row in read_workers(store.database) if row.state == "working" and now - row.beat < _ALIVE_US]
    names = ", ".join(f"{row.name} ({row.version})" for row in alive)
    yield Check(bool(alive), f"workers: {names}" if alive else "no worker is at work", "start one: upheld worker")
    found = look(store, clock)
    first = "; ".join(f"{d.agreement} {d.commitment} {d.case}".strip() for d in found.first[:_SHOWN])
    yield Check(not found.overdue, f"clocks overdue: {found.overdue}{f' ({first})' if first else ''}", "start a worker, or look into its log")
    states = ", ".join(f"{n} {state}" for state, n in sorted(found.queues.items()))
    yield Check(not found.waiting, f"messages: {states or 'none yet'}; overdue: {found.waiting}",
                "look into the worker's log: the mail server or the chat does not take them")
    for trouble in outbox.troubles(store.database, _SHOWN):
        yield Check(False, f"not sent to {trouble.recipient or 'nobody'} by {trouble.channel or 'no channel'}: {trouble.reason}",
                    "mend the cause, then: upheld doctor --send-again")
    for unit, again, tries, said in set_aside(store.database, _SHOWN):
        yield Check(False, f"{unit.replace('/', ' ', 1)} is set aside after {tries} tries: {said}",
                    f"it is tried again at {format_instant(again)}; if it is our bug, send us the line")


def check_texts(store: Store, files: Mapping[str, bytes], clock: Clock, feeds: Mapping[str, bytes]) -> Iterator[Check]:
    """The agreements that judge, the files beside them, the rotas of the next 14 days."""
    kept = store.texts.current()
    terms = terms_of(kept)
    if not terms.agreements:
        yield Check(False, "the store holds no agreement: nothing is judged live", "upheld record: it puts the workspace into the store")
    errors = [f for f in terms.findings if f.severity == "error"]
    yield Check(not has_errors(terms.findings), f"agreements in the store: {', '.join(terms.agreements) or 'none'}, {len(errors)} errors",
                f"{errors[0].place}: {errors[0].message}" if errors else "")
    other = sorted(name for name, data in files.items() if kept.get(name) != data)
    yield Check(not other, f"the store judges by other texts: {', '.join(other[:_SHOWN])}" if other else "the store judges by the files here",
                "upheld record puts what is here into the store")
    yield from _rotas(terms, clock, feeds)


def check_feeds(store: Store, config: Config, fresh: Mapping[str, bytes]) -> Iterator[Check]:
    """Whether each feed can be read, and from when what is used instead is."""
    for name, where in config.feeds.items():
        kept = kept_at(store, name)
        used = f"what it said on {format_instant(kept)} is used" if kept is not None else "nobody is on duty by it"
        yield Check(name in fresh, f"feed {name}: read" if name in fresh else f"feed {name} cannot be read: {used}",
                    f"see whether {where.partition('?')[0]} answers")


def _rotas(terms: Terms, clock: Clock, feeds: Mapping[str, bytes]) -> Iterator[Check]:
    now = clock.now()
    for agreement in terms.agreements.values():
        plan = agreement.current(now)
        for name, rota in plan.people.rotas.items():
            found = gaps(plan, rota, now, now + _AHEAD_US, feeds=feeds)
            who = "somebody at any time of the next 14 days"
            if found:
                who = f"nobody from {format_instant(found[0].start, plan.zone)} to {format_instant(found[0].end, plan.zone)}"
            yield Check(not found, f"rota {name} of {agreement.name}: {who}",
                        "add members, an override (upheld oncall), or a role that stands in (falls_to)")


def check_reach(config: Config, notifier: Notifier, clock: Clock, *, send: bool) -> Iterator[Check]:
    """Whether mail, chats and webhooks can be reached; ``send``: by a trial message to each, mail to the operator."""
    if not send:
        for name, host, port in _doors(config):
            said = asyncio.run(_knock(host, port))
            yield Check(not said, f"{name}: {host}:{port} {said or 'takes connections'}", "look at host, port and firewall")
        return
    trials = [("mail", config.operator.mail)] if config.mail and config.operator.mail else []
    trials += [("chat", name) for name in config.chats if name not in ("phone", "sms")] + [("webhook", name) for name in config.webhooks]
    at = clock.now()
    letters = [Letter(f"trial/{at}/{channel}/{address}", channel, address, "operator", "Upheld: a trial message",
                      "This is a trial: messages of running promises come this way.", step_at=at) for channel, address in trials]
    for letter, outcome in zip(letters, notifier.send(letters), strict=True):
        said = f" ({outcome.said})" if outcome.said else ""
        yield Check(outcome.state == "sent", f"trial by {letter.channel} to {letter.address}: {outcome.state}{said}",
                    f"mend [{letter.channel}] in {CONFIG}")


def _doors(config: Config) -> Iterator[tuple[str, str, int]]:
    from upheld.service.egress import EgressError, target_of

    if config.mail is not None:
        yield "mail", config.mail.host, config.mail.port
    hooks = [*(("chat", c.name, c.url) for c in config.chats.values()), *(("webhook", w.name, w.url) for w in config.webhooks.values())]
    for kind, name, url in hooks:
        if url.startswith(("https://", "http://")):
            try:
                target = target_of(url, config.allow)
            except EgressError as refused:
                yield f"{kind} {name}: {refused.what}", "refused", 0
            else:
                yield f"{kind} {name}", target.host, target.port


async def _knock(host: str, port: int) -> str:
    if not port:
        return "is not called"
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return "does not answer"
    except OSError as problem:
        return f"cannot be reached: {problem.strerror or problem}"
    writer.close()
    return ""


def workspace_files(root: Path) -> dict[str, bytes]:
    """The agreements and calendars of a folder, as the store names them."""
    found = {}
    for folder in ("agreements", "calendars"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found

"""The outbox: messages on their way, each under one key for ever.

Law: states only move forward: waiting → leased → sent | dead, or muted, or folded into another. A lease that ran out is waiting again: what
happened to it is unknown, and it is sent again under its key. Who was told is a leaf of the stream, in the transaction that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, insert, or_, select, update

from upheld.stores.bulk import put_rows
from upheld.stores.database import Database
from upheld.stores.live_schema import attempts, outbox
from upheld.stores.logs import add_leaves, locked
from upheld.stores.many import among

__all__ = ["OUTBOX_COLUMNS", "Attempt", "Message", "Trouble", "due", "lease", "members", "muted_or_folded", "next_due", "overdue",
           "postpone", "put_messages", "queues", "recent", "recently_sent", "retry_later", "send_again", "settle_sent", "tried", "tries_of",
           "troubles", "turn_dead", "undone_of"]

OUTBOX_COLUMNS = tuple(c.name for c in outbox.columns)
_UNDONE = outbox.c.state.in_(("waiting", "leased"))
FARTHEST_US = 7_200_000_000
"""No pause of ours is longer than two hours: one that lies farther ahead was set by a clock that was wrong, and is over."""


class Message(NamedTuple):
    """A row of the outbox."""

    key: str
    clock: str
    step: str
    agreement: str
    recipient: str
    channel: str
    address: str
    language: str
    subject: str
    text: str
    path: str
    step_at: int
    send_at: int
    state: str
    reason: str
    attempts: int
    not_before: int
    lease_by: str
    sent_at: int | None
    provider: str
    folded_into: str
    created_at: int


class Attempt(NamedTuple):
    """One try to send: ``outcome``: sent | failed | unknown."""

    key: str
    n: int
    at: int
    by: str
    outcome: str
    said: str


class Trouble(NamedTuple):
    """A message that could not be sent."""

    key: str
    recipient: str
    channel: str
    reason: str
    created_at: int


def _all() -> Select[Any]:
    return select(*(outbox.c[name] for name in OUTBOX_COLUMNS))


def put_messages(connection: Connection, messages: Sequence[Message]) -> None:
    """Keeps messages; one whose key is there already is left as it is."""
    put_rows(connection, outbox, OUTBOX_COLUMNS, messages)


def due(connection: Connection, at: int, now: int, most: int) -> list[Message]:
    """Messages to be sent: ``at`` is the instant the agreements go by, ``now`` what the clock says; held by this transaction."""
    asked = _all().where(_UNDONE, outbox.c.send_at <= at, or_(outbox.c.not_before <= now, outbox.c.not_before > now + FARTHEST_US)) \
        .order_by(outbox.c.not_before, outbox.c.send_at, outbox.c.key).limit(most)
    if connection.dialect.name == "postgresql":
        asked = asked.with_for_update(skip_locked=True)
    return [Message(*row) for row in connection.execute(asked)]


def next_due(database: Database) -> int | None:
    """The next instant at which a message may have to be sent."""
    later = func.max(outbox.c.not_before, outbox.c.send_at) if database.engine.dialect.name == "sqlite" \
        else func.greatest(outbox.c.not_before, outbox.c.send_at)
    with database.reading() as connection:
        found: int | None = connection.scalar(select(func.min(later)).where(_UNDONE))
        return found


def undone_of(connection: Connection, clocks: Sequence[str]) -> list[Message]:
    """Messages about these clocks that have not been sent yet."""
    return [Message(*row) for row in connection.execute(_all().where(_UNDONE, among(connection, outbox.c.clock, clocks)))]


def recently_sent(connection: Connection, since: int) -> dict[tuple[str, str], tuple[int, int]]:
    """How many messages each (recipient, channel) got since then, and when the first of them."""
    rows = connection.execute(select(outbox.c.recipient, outbox.c.channel, func.count(), func.min(outbox.c.sent_at))
                              .where(outbox.c.sent_at > since, outbox.c.state == "sent").group_by(outbox.c.recipient, outbox.c.channel))
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def lease(connection: Connection, keys: Sequence[str], by: str, until: int) -> None:
    """These are being sent by ``by``; if nothing is heard of it until ``until``, by somebody else."""
    connection.execute(update(outbox).where(among(connection, outbox.c.key, keys))
                       .values(state="leased", lease_by=by, not_before=until, attempts=outbox.c.attempts + 1))


def tries_of(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """How often each of these has been tried, the try that is under way counted."""
    asked = select(outbox.c.key, outbox.c.attempts).where(among(connection, outbox.c.key, keys))
    return {row.key: row.attempts for row in connection.execute(asked)}


def members(connection: Connection, leaders: Sequence[str], reason: str) -> dict[str, list[Message]]:
    """What was folded into each of these messages for a reason, in order of their instants."""
    asked = _all().where(among(connection, outbox.c.folded_into, leaders), outbox.c.reason == reason)
    rows = connection.execute(asked.order_by(outbox.c.step_at, outbox.c.key))
    found: dict[str, list[Message]] = {}
    for row in rows:
        message = Message(*row)
        found.setdefault(message.folded_into, []).append(message)
    return found


def muted_or_folded(connection: Connection, keys: Sequence[str], reason: str, into: str = "") -> None:
    """These are not sent on their own: ``reason`` says why, ``into`` with which they go."""
    if keys:
        connection.execute(update(outbox).where(among(connection, outbox.c.key, keys), _UNDONE)
                           .values(state="folded" if into else "muted", reason=reason, folded_into=into))


def postpone(connection: Connection, keys: Sequence[str], until: int, reason: str) -> None:
    """These wait a little, without having been tried."""
    if keys:
        connection.execute(update(outbox).where(among(connection, outbox.c.key, keys), _UNDONE)
                           .values(state="waiting", not_before=until, reason=reason))


def settle_sent(connection: Connection, key: str, at: int, provider: str, leaf: bytes, stream: str) -> bool:
    """It was sent: the row, and the leaf that says who was told. False where somebody else has said so already."""
    changed = connection.execute(update(outbox).where(outbox.c.key == key, outbox.c.state.in_(("waiting", "leased", "dead")))
                                 .values(state="sent", sent_at=at, provider=provider, reason=""))
    if changed.rowcount:
        add_leaves(connection, locked(connection, stream), [("notice", [leaf])])
    return bool(changed.rowcount)


def retry_later(connection: Connection, key: str, by: str, not_before: int, reason: str) -> None:
    """It was not sent, or nobody knows: again at ``not_before``."""
    connection.execute(update(outbox).where(outbox.c.key == key, outbox.c.state == "leased", outbox.c.lease_by == by)
                       .values(state="waiting", not_before=not_before, reason=reason))


def turn_dead(connection: Connection, key: str, reason: str) -> bool:
    """It cannot be sent. False where it is no longer on its way."""
    return bool(connection.execute(update(outbox).where(outbox.c.key == key, _UNDONE).values(state="dead", reason=reason)).rowcount)


def send_again(database: Database) -> int:
    """Dead messages are tried again from the beginning, under their keys: how many."""
    with database.writing() as connection:
        again = update(outbox).where(outbox.c.state == "dead").values(state="waiting", attempts=0, not_before=0, reason="")
        return connection.execute(again).rowcount


def tried(connection: Connection, rows: Sequence[Attempt]) -> None:
    """Keeps what each try came to."""
    for row in rows:
        connection.execute(insert(attempts).values(**row._asdict()))


# ---- looking on -----------------------------------------------------------------------------------------------------


def queues(database: Database) -> dict[str, int]:
    """How many messages are in each state."""
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))}


def overdue(database: Database, before: int) -> int:
    """How many messages should have been sent before then and were neither sent nor given up."""
    asked = select(func.count()).select_from(outbox).where(_UNDONE, outbox.c.send_at < before, outbox.c.created_at < before)
    with database.reading() as connection:
        return connection.scalar(asked) or 0


def troubles(database: Database, most: int = 20) -> list[Trouble]:
    """The messages that could not be sent, the last first."""
    asked = select(outbox.c.key, outbox.c.recipient, outbox.c.channel, outbox.c.reason, outbox.c.created_at).where(outbox.c.state == "dead")
    with database.reading() as connection:
        return [Trouble(*row) for row in connection.execute(asked.order_by(outbox.c.created_at.desc(), outbox.c.key).limit(most))]


def recent(database: Database, most: int = 100, clock: str = "") -> list[Message]:
    """The last messages, or those about one clock, in order of their instants."""
    asked = _all() if not clock else _all().where(outbox.c.clock == clock)
    with database.reading() as connection:
        rows = connection.execute(asked.order_by(outbox.c.created_at.desc(), outbox.c.key).limit(most)).all()
    return sorted((Message(*row) for row in rows), key=lambda m: (m.step_at, m.key))

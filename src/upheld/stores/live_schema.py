"""The tables of running clocks and of messages: what the worker knows, and what it still has to do.

Law: everything here but ``steps``, ``outbox`` and ``attempts`` can be worked out again from the facts. A step has one row for ever, a message
one row for ever: what was done stands.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text, text

from upheld.stores.schema import METADATA

__all__ = ["attempts", "cases", "clocks", "heard", "judged", "outbox", "steps", "wakes", "workers"]


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _int(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _maybe(name: str) -> Column[int]:
    return Column(name, BigInteger)


cases = Table("cases", METADATA, Column("name", Text, primary_key=True))
"""A lock row a unit of work: ``case/<name>``, or ``agreement/<id>`` for an agreement's schedules and budgets."""

clocks = Table(
    "clocks", METADATA,
    _text("agreement"), _text("commitment"), _text("casename"), _text("cycle"), _int("part"), _text("unit"), _text("kind"), _text("version"),
    _text("grp"), _text("ladder"), _int("start"), _maybe("due"), _maybe("stop"), _maybe("missed_at"), _int("target_us"), _int("elapsed_us"),
    _text("state"), _text("verdict"), _maybe("next_at"), _int("seq"), _int("at"),
    PrimaryKeyConstraint("agreement", "commitment", "casename", "cycle", "part"),
    Index("clocks_unit", "unit"),
    Index("clocks_next", "next_at", sqlite_where=text("next_at IS NOT NULL"), postgresql_where=text("next_at IS NOT NULL")),
)
"""One row a clock, as the agenda said it at ``at`` on the first ``seq`` leaves of the stream. ``grp``: JSON. ``next_at`` null: nothing more."""

steps = Table(
    "steps", METADATA,
    Column("key", Text, primary_key=True), _text("unit"), _text("clock"), _text("agreement"), _text("commitment"), _text("casename"),
    _text("cycle"), _int("part"), _text("ladder"), _text("step"), _text("version"), _int("at"), _int("fired_at"), _int("seq"), _int("late"),
    _text("untold"), Index("steps_unit", "unit"), Index("steps_at", "at"),
)
"""A step that fired: ``at`` its own instant, ``fired_at`` when we saw it. ``late`` 1: more than five minutes after.
``untold``: why nobody was looked up for it, "" where somebody was.
"""

heard = Table("heard", METADATA, _text("agreement"), _text("casename"), PrimaryKeyConstraint("agreement", "casename"))
"""The cases in which something happened that may stop a schedule's clock: all that is read for the schedules of an agreement."""

judged = Table("judged", METADATA, Column("agreement", Text, primary_key=True), _text("hash"))
"""By which texts the clocks of each agreement were last worked out: another hash, and every case is looked at again."""

wakes = Table(
    "wakes", METADATA, _text("unit"), _int("at"), _int("tries"), _text("error"), PrimaryKeyConstraint("unit", "at"),
    Index("wakes_at", "at"),
)
"""Units to be looked at again at an instant. ``error``: what went wrong the last time, "" if nothing did."""

workers = Table(
    "workers", METADATA, Column("name", Text, primary_key=True), _text("version"), _text("schema"), _int("started"), _int("beat"),
    _text("host"), _int("pid"), _text("state"),
)
"""Who works here: ``beat`` is the last sign of life."""

outbox = Table(
    "outbox", METADATA,
    Column("key", Text, primary_key=True), _text("clock"), _text("step"), _text("agreement"), _text("recipient"), _text("channel"),
    _text("address"), _text("language"), _text("subject"), _text("text"), _text("path"), _int("step_at"), _int("send_at"), _text("state"),
    _text("reason"), _int("attempts"), _int("not_before"), _text("lease_by"), _maybe("sent_at"), _text("provider"), _text("folded_into"),
    _int("created_at"),
    Index("outbox_due", "not_before", "send_at", sqlite_where=text("state IN ('waiting', 'leased')"),
          postgresql_where=text("state IN ('waiting', 'leased')")),
    Index("outbox_clock", "clock"), Index("outbox_sent", "recipient", "channel", "sent_at"), Index("outbox_folded", "folded_into"),
    Index("outbox_state", "state", "created_at"),
)
"""A message by its idempotency key. ``state``: waiting | leased | sent | muted | folded | dead; ``reason``: why, or the last error.
``send_at``: from when on it may be sent, by the agreement; ``not_before``: by us (a lease's end, the pause after a failure).
"""

attempts = Table(
    "attempts", METADATA, _text("key"), _int("n"), _int("at"), _text("by"), _text("outcome"), _text("said"), PrimaryKeyConstraint("key", "n"),
)
"""Each try to send: ``outcome``: sent | failed | unknown."""

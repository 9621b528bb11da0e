"""Revision 0003: running clocks, steps that fired, messages and their attempts, workers.

Law: written out, not taken from ``live_schema``: a released revision makes the same tables for ever.
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0003"
down_revision = "0002"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _maybe(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    _clocks()
    _messages()


def downgrade() -> None:
    """There is no way back: what was told stands."""
    raise RuntimeError("revision 0003 is not taken back")


def _clocks() -> None:
    op.create_table("cases", _key("name"))
    op.create_table(
        "clocks", _text("agreement"), _text("commitment"), _text("casename"), _text("cycle"), _int("part"), _text("unit"), _text("kind"),
        _text("version"), _text("grp"), _text("ladder"), _int("start"), _maybe("due"), _maybe("stop"), _maybe("missed_at"), _int("target_us"),
        _int("elapsed_us"), _text("state"), _text("verdict"), _maybe("next_at"), _int("seq"), _int("at"),
        sa.PrimaryKeyConstraint("agreement", "commitment", "casename", "cycle", "part"),
    )
    op.create_index("clocks_unit", "clocks", ["unit"])
    op.create_index("clocks_next", "clocks", ["next_at"], sqlite_where=sa.text("next_at IS NOT NULL"),
                    postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_table(
        "steps", _key("key"), _text("unit"), _text("clock"), _text("agreement"), _text("commitment"), _text("casename"), _text("cycle"),
        _int("part"), _text("ladder"), _text("step"), _text("version"), _int("at"), _int("fired_at"), _int("seq"), _int("late"),
        _text("untold"),
    )
    op.create_index("steps_unit", "steps", ["unit"])
    op.create_index("steps_at", "steps", ["at"])
    op.create_table("heard", _text("agreement"), _text("casename"), sa.PrimaryKeyConstraint("agreement", "casename"))
    op.create_table("judged", _key("agreement"), _text("hash"))
    op.create_table("wakes", _text("unit"), _int("at"), _int("tries"), _text("error"), sa.PrimaryKeyConstraint("unit", "at"))
    op.create_index("wakes_at", "wakes", ["at"])


def _messages() -> None:
    op.create_table("workers", _key("name"), _text("version"), _text("schema"), _int("started"), _int("beat"), _text("host"), _int("pid"),
                    _text("state"))
    op.create_table(
        "outbox", _key("key"), _text("clock"), _text("step"), _text("agreement"), _text("recipient"), _text("channel"), _text("address"),
        _text("language"), _text("subject"), _text("text"), _text("path"), _int("step_at"), _int("send_at"), _text("state"), _text("reason"),
        _int("attempts"), _int("not_before"), _text("lease_by"), _maybe("sent_at"), _text("provider"), _text("folded_into"), _int("created_at"),
    )
    undone = sa.text("state IN ('waiting', 'leased')")
    op.create_index("outbox_due", "outbox", ["not_before", "send_at"], sqlite_where=undone, postgresql_where=undone)
    op.create_index("outbox_clock", "outbox", ["clock"])
    op.create_index("outbox_sent", "outbox", ["recipient", "channel", "sent_at"])
    op.create_index("outbox_folded", "outbox", ["folded_into"])
    op.create_index("outbox_state", "outbox", ["state", "created_at"])
    op.create_table("attempts", _text("key"), _int("n"), _int("at"), _text("by"), _text("outcome"), _text("said"),
                    sa.PrimaryKeyConstraint("key", "n"))

"""Revision 0004: first answers to requests with a key, and bodies that were kept for a person.

Law: written out, not taken from ``answers``: a released revision makes the same tables for ever.
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "answers", sa.Column("asker", sa.Text, nullable=False), sa.Column("key", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False), sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.BigInteger, nullable=False), sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("asker", "key"),
    )
    op.create_index("answers_at", "answers", ["at"])
    op.create_table(
        "quarantine", sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False), sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False), sa.Column("problems", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """There is no way back."""
    raise RuntimeError("revision 0004 is not taken back")

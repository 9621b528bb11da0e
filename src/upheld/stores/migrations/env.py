"""Runs the revisions on the connection it is given: alembic asks for a file of this name. No settings file, no second connection.

Law: the migration is part of the caller's transaction, so a store is wholly at a revision or not at all.
"""

from alembic import context

__all__ = []

if context.is_offline_mode():
    # the text of the statements, for another database to be looked at
    context.configure(dialect_name=context.config.attributes["dialect"])
else:
    context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()

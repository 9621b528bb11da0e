"""How a store comes from one schema to the next: alembic's scripts, run by ``upheld.stores.migrate``."""

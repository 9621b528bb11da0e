"""Where acts and their proof are kept: transfers, requests, logs of leaves, checkpoints, statements. SQLite now, one schema for PostgreSQL."""

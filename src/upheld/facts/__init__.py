"""Facts: what really happened, in columns, with both times kept."""

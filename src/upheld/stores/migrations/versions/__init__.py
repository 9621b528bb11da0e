"""One module a revision of the schema, oldest first; a revision that was released is never edited."""

"""Where files are read: facts from CSV, Parquet and JSONL through source files, and frozen calendars."""

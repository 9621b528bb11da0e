"""The log of the service: one JSON object a line on stderr, with what happened as its words and what about as its fields.

Law: no secret, no text of a message, no address of a person.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

import structlog

__all__ = ["log", "log_as_json"]


class _Lines:
    """Writes lines to whatever stderr is now. A log nobody reads any more must not stop the work."""

    def __init__(self, *_names: object) -> None:
        return

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


def log_as_json(level: str = "info") -> None:
    """From now on this process logs JSON lines to stderr."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.dict_tracebacks,
                    structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=_Lines, cache_logger_on_first_use=False)


def log() -> Any:
    """The logger."""
    return structlog.get_logger("upheld")

"""The log of the service: one JSON object a line on stderr, with what happened as its words and what about as its fields.

Law: no secret, no text of a message, no address of a person.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

__all__ = ["log", "log_as_json"]


def log_as_json(level: str = "info") -> None:
    """From now on this process logs JSON lines to stderr."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.dict_tracebacks,
                    structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr), cache_logger_on_first_use=False)


def log() -> Any:
    """The logger."""
    return structlog.get_logger("upheld")

"""The iCalendar feeds of paging tools: fetched now and then, and kept in the store, so that a restart knows who is on duty.

Law: a feed that cannot be had keeps what it said last, whoever fetched it. A new text is kept only where it says something else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from upheld.service.config import Config
from upheld.service.egress import Egress, EgressError
from upheld.service.log import log
from upheld.stores.store import Store

__all__ = ["fetch_feeds", "keep_feeds", "kept_at", "kept_feeds"]

_FOLDER = "feeds/"
_STAMPS = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED)[:;].*\r?\n?", re.MULTILINE)
"""When the feed was made says nothing about who is on duty, and changes with every look."""


def fetch_feeds(config: Config) -> dict[str, bytes]:
    """The bytes of the feeds that can be had now, by name."""
    found: dict[str, bytes] = {}
    for name, where in config.feeds.items():
        try:
            if "://" in where:
                answer = asyncio.run(Egress(config.allow, most=4 * 2**20).get(where))
                if answer.status != 200:
                    log().warning("feed not read", feed=name, status=answer.status)
                    continue
                found[name] = answer.text.encode()
            else:
                found[name] = (config.root / Path(where)).read_bytes()
        except (EgressError, OSError) as problem:
            log().warning("feed not read", feed=name, said=str(problem))
    return found


def keep_feeds(store: Store, found: Mapping[str, bytes], at: int) -> None:
    """Keep what the feeds say now, where it is something new. Raises ``StoreError``."""
    before = store.texts.current(_FOLDER)
    for name, data in found.items():
        if _STAMPS.sub(b"", before.get(_text(name), b"")) != _STAMPS.sub(b"", data):
            store.texts.put(_text(name), data, "feed", at)


def kept_feeds(store: Store, config: Config) -> dict[str, bytes]:
    """What each feed said last, as it is kept."""
    kept = store.texts.current(_FOLDER) if config.feeds else {}
    return {name: kept[_text(name)] for name in config.feeds if _text(name) in kept}


def kept_at(store: Store, name: str) -> int | None:
    """Since when a feed is kept as it is, µs UTC; None: it never was had."""
    found = store.texts.history(_text(name))
    return found[-1].at if found else None


def _text(name: str) -> str:
    return f"{_FOLDER}{quote(name, safe=' ')}.ics"

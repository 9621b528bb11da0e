"""What a server sees to every minute: refusals are put on record, first answers that are too old are forgotten.

Law: what cannot be done now is done the next time; nobody's request waits for it.
"""

from __future__ import annotations

import asyncio

from anyio import to_thread

from upheld.stores.trouble import StoreError
from upheld.web.parts import Parts

__all__ = ["KEPT_US", "see_to", "seen_to"]

KEPT_US = 7 * 86_400_000_000
"""How long first answers are kept, µs."""

_EVERY_S = 60.0


def see_to(parts: Parts) -> None:
    """Do it once."""
    at = parts.clock.now()
    told = parts.door.lines()
    try:
        if told:
            parts.store.audit.add_many([(actor, "refused", what, "refused", at, why) for actor, what, why in told])
        parts.store.answers.forget(at - KEPT_US)
    except StoreError as error:
        # a store that is read-only now can still be asked; what it could not take is at least said
        parts.log.warning("upkeep", slug=error.slug, refused=told)


async def seen_to(parts: Parts) -> None:
    """Do it every minute, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        await to_thread.run_sync(see_to, parts)

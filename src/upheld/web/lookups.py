"""Tokens looked up for many requests at once: whoever asks while a look-up is under way goes with the next.

Law: a token is looked up after the request came, never before: one that was revoked is good no more from the next request on. However many
ask, one question at a time goes to the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from anyio import to_thread

from upheld.stores.tokens import Token

__all__ = ["Lookups"]


@dataclass(slots=True)
class Lookups:
    """``ask``: the good ones among some secrets, by secret. ``used``: what is told of those that were asked for, beside."""

    ask: Callable[[Sequence[str]], Mapping[str, Token]]
    used: Callable[[Sequence[Token]], None] = lambda _: None
    _waiting: dict[str, asyncio.Future[Token | None]] = field(default_factory=dict)
    _going: asyncio.Task[None] | None = None
    _telling: asyncio.Task[None] | None = None

    async def check(self, secret: str) -> Token | None:
        """The token of a secret that is good now, else None. Raises ``StoreError``."""
        answer = self._waiting.get(secret)
        if answer is None:
            answer = self._waiting[secret] = asyncio.get_running_loop().create_future()
        if self._going is None or self._going.done():
            self._going = asyncio.create_task(self._go())
        # who gives up must not take the answer away from those who ask for the same
        return await asyncio.shield(answer)

    async def _go(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                found = await to_thread.run_sync(self.ask, list(asked))
            except BaseException as error:
                for answer in asked.values():
                    if not answer.done():
                        answer.set_exception(error if isinstance(error, Exception) else RuntimeError("the look-up was stopped"))
                        answer.exception()  # nobody may be waiting any more
                if not isinstance(error, Exception):
                    raise
            else:
                for secret, answer in asked.items():
                    if not answer.done():
                        answer.set_result(found.get(secret))
                if found and (self._telling is None or self._telling.done()):
                    # a writer that takes long must not keep anybody out
                    self._telling = asyncio.create_task(to_thread.run_sync(self.used, tuple(found.values())))

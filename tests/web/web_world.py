"""A server in this process: a store, a clock that stands still, tokens, and a client that asks through ASGI."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from fastapi.testclient import TestClient

from upheld.evidence.signing import Key
from upheld.service.clock import FakeClock
from upheld.service.config import Config
from upheld.stores.store import open_store
from upheld.stores.stream import Stream
from upheld.stores.trouble import StoreError
from upheld.web.app import json_log, make_app, make_parts
from upheld.web.body import Limits

NOW = "2026-11-21T12:00:00Z"


class World:
    """An application and who may ask it."""

    def __init__(self, folder: Path, limits: Limits | None = None, database: str = "", config: Config | None = None,
                 key_path: Path | None = None) -> None:
        self.store = open_store(database or folder / "store.db")
        self.clock = FakeClock.of(NOW)
        self.logged = io.StringIO()
        self.key = Key.made("northwind", bytes(range(32)))
        self.parts = make_parts(self.store, self.key, config or Config(root=folder), clock=self.clock, log=json_log(self.logged), limits=limits,
                                hosts=["testserver"], key_path=key_path)
        self.client = TestClient(make_app(self.parts), raise_server_exceptions=False)
        self.tokens: dict[tuple[str, ...], str] = {}

    def __enter__(self) -> World:
        self.client.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.__exit__(kind, error, trace)
        self.store.close()

    def token(self, *scopes: str, actor: str = "ann") -> str:
        asked = (actor, *scopes)
        if asked not in self.tokens:
            self.tokens[asked] = self.store.tokens.create(actor, scopes or ("facts:write",), self.clock.now())[1]
        return self.tokens[asked]

    def post(self, body: object, *, kind: str = "application/json", path: str = "/api/v1/facts", token: str | None = None,
             headers: Mapping[str, str] | None = None) -> Any:
        """Send a body: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {"content-type": kind, "authorization": f"Bearer {token or self.token()}", **(headers or {})}
        return self.client.post(path, content=data, headers=said)

    def get(self, path: str, *scopes: str, token: str | None = None) -> Any:
        return self.client.get(path, headers={"authorization": f"Bearer {token or self.token(*scopes)}"})

    @contextmanager
    def failing(self, slug: str) -> Iterator[None]:
        """Within, the store refuses whatever is recorded."""
        def fails(*_: object) -> None:
            raise StoreError(slug, "/secret/place: it went wrong")

        was, Stream._take = Stream._take, fails  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            Stream._take = was  # type: ignore[method-assign]


def fact(own: str = "e-1", **more: object) -> dict[str, object]:
    """An event that can be recorded."""
    body = {"shape": "event", "source": "desk", "id": own, "case": "INC-1", "event": "opened", "at": "2026-11-21T10:00:00Z", **more}
    return {k: v for k, v in body.items() if v is not ...}

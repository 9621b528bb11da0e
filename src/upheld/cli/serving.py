"""A server's life: its key, its texts, the socket, the worker beside it, and an end in order.

Law: on SIGTERM no new request is taken, those under way are answered, what waits is written, then the worker stops, then the store closes.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvicorn

from upheld.closing.close import key_name
from upheld.closing.inputs import parties_of
from upheld.closing.keys import LOG_KEY, log_key, read_key
from upheld.evidence.signing import Key
from upheld.service.config import Config
from upheld.stores.store import Store
from upheld.web.app import make_app, make_parts
from upheld.web.connection import Connection
from upheld.workspace import agreement_names, open_workspace

if TYPE_CHECKING:
    from upheld.service.worker import Running

__all__ = ["Serving", "keep_texts", "server_key"]

_GRACE_S = 30
_FOLDERS = ("calendars/*.y*ml", "sources/*.y*ml")


def keep_texts(store: Store, home: Path, at: int) -> int:
    """Put the workspace's agreements, calendars and source files on record: how many were new. Raises StoreError, OSError."""
    if not (home / "agreements").is_dir():
        return 0
    names = [*agreement_names(home), *(p.relative_to(home).as_posix() for pattern in _FOLDERS for p in sorted(home.glob(pattern)))]
    return sum(store.texts.put(name, (home / name).read_bytes(), "workspace", at) for name in names)


def server_key(home: Path) -> Key:
    """The key that signs receipts here: the workspace's own, made if there is none. Raises KeyFileError."""
    if (home / LOG_KEY).exists():
        return read_key(home / LOG_KEY)
    loaded = [one for one in open_workspace(home).agreements if one.model is not None] if (home / "agreements").is_dir() else []
    return log_key(home, key_name(parties_of(loaded[0]) if loaded else {}))


@dataclass(frozen=True, slots=True)
class Serving:
    """One server on an open store."""

    store: Store
    config: Config
    home: Path
    host: str
    port: int
    hosts: Sequence[str] = ()

    def run(self, *, worker: bool) -> None:
        """Serve until SIGTERM or SIGINT. Raises what the parts raise, and OSError where the port is taken."""
        config = replace(self.config, server=replace(self.config.server, host=self.host, port=self.port))
        parts = make_parts(self.store, server_key(self.home), config, hosts=self.hosts, key_path=self.home / LOG_KEY)
        listening = _socket(self.host, self.port)
        running = _worker(self.store, config) if worker else None
        own = uvicorn.Config(make_app(parts), log_config=None, access_log=False, server_header=False, proxy_headers=False,
                             timeout_keep_alive=20, timeout_graceful_shutdown=_GRACE_S, limit_concurrency=1_000,
                             h11_max_incomplete_event_size=32_768, ws="none", http=Connection)
        server = uvicorn.Server(own)
        # one that comes before uvicorn looks after signals itself must not be lost; and uvicorn repeats it once it has stopped, which would
        # end us before the worker and the store had their turn
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        named = f"[{self.host}]" if ":" in self.host else self.host
        click.echo(f"upheld: listening on http://{named}:{listening.getsockname()[1]}", err=True)
        try:
            server.run(sockets=[listening])
        finally:
            if running is not None:
                running.stop()
            click.echo("upheld: stopped in order", err=True)


def _socket(host: str, port: int) -> socket.socket:
    # the protocol is named, else the loop does not switch off delayed sending, and each answer waits 40 ms
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    # who connects before everything stands waits for it; before, they would be refused by an address that was told already
    listening.listen(2_048)
    return listening


def _worker(store: Store, config: Config) -> Running:
    from upheld.service.log import log_as_json
    from upheld.service.worker import run_in_thread

    log_as_json()
    return run_in_thread(store, config)

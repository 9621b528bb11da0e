"""The receivers of webhooks and the source files that map what they send, read anew when ``upheld.toml`` or a text on record changes.

Law: a change holds from the next delivery on, without a start. What cannot be read does not replace what could: the last that was good stays,
and the log says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upheld.facts.spec import SourceSpec
from upheld.service.config import CONFIG, Config, Receiver, load_config
from upheld.sources.model import read_source
from upheld.stores.store import Store
from upheld.values.finding import Finding, FindingsError, Place
from upheld.web.signatures import secret_fault

__all__ = ["Receivers", "mappings_of"]

_Stamp = tuple[int, int, int] | None


class Receivers:
    """Who may send webhooks here."""

    def __init__(self, store: Store, config: Config, log: Any) -> None:
        """Raises ``FindingsError``, ``StoreError``."""
        self._store, self._log, self._path = store, log, config.root / CONFIG
        self._stamp, self._seq = _stamp(self._path), store.texts.last() if config.receivers else -1
        self._now = config.receivers, mappings_of(store, config.receivers)

    def of(self, name: str) -> tuple[Receiver, SourceSpec] | None:
        """The receiver of this name with its mapping, as both are now; None where there is none. Raises ``StoreError``."""
        self._read_anew()
        receivers, mappings = self._now
        receiver, spec = receivers.get(name), mappings.get(name)
        return None if receiver is None or spec is None else (receiver, spec)

    def _read_anew(self) -> None:
        stamp = _stamp(self._path)
        moved = stamp is not None and stamp != self._stamp
        known = self._now[0]
        if not moved and not known:
            return
        seq = self._store.texts.last()
        if not moved and seq == self._seq:
            return
        self._stamp, self._seq = stamp or self._stamp, seq
        try:
            receivers = load_config(self._path.parent).receivers if moved else known
            self._now = receivers, mappings_of(self._store, receivers)
        except FindingsError as error:
            self._log.error("receivers", kept="the last that could be read", what=[f"{one.place}: {one.message}" for one in error.findings][:5])


def mappings_of(store: Store, receivers: Mapping[str, Receiver]) -> dict[str, SourceSpec]:
    """The source file of each webhook receiver, from the texts in force. Raises ``FindingsError``, also where there is none."""
    if not receivers:
        return {}
    texts, found = store.texts.current("sources/"), {}
    for receiver in receivers.values():
        name = next((n for n in (f"sources/{receiver.source}", f"sources/{receiver.source}.yaml") if n in texts), "")
        if not name:
            said = f"[receiver.{receiver.name}] names {receiver.source}, and there is no such file in sources/"
            raise FindingsError([Finding("unknown-source", said, Place(CONFIG), "there are: " + (", ".join(texts) or "none"))])
        found[receiver.name] = read_source(name, texts[name])
        if fault := next(filter(None, map(secret_fault, receiver.secrets)), ""):
            raise FindingsError([Finding("weak-secret", f"the secret of [receiver.{receiver.name}] {fault}", Place(CONFIG),
                                         "take the sender's whole; whsec_ and the output of `openssl rand -base64 32` is a new one")])
    return found


def _stamp(path: Path) -> _Stamp:
    try:
        said = path.stat()
    except OSError:
        return None
    return said.st_mtime_ns, said.st_size, said.st_ino

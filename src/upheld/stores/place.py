"""Where a workspace's store is: the database ``upheld.toml`` names under ``[server]``, else ``records/store.db``.

Law: the command line and the server look in the same place.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from upheld.stores.trouble import StoreError

__all__ = ["DEFAULT", "is_there", "place_of"]

DEFAULT = "records/store.db"
"""Beside ``agreements/``."""

_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")


def place_of(root: Path, env: Mapping[str, str] | None = None) -> str:
    """The path or URL of the store of the workspace at ``root``. Raises ``StoreError`` where ``upheld.toml`` cannot be read."""
    try:
        settings = tomllib.loads((root / "upheld.toml").read_text(encoding="utf-8"))
        section = settings.get("server")
        said = section.get("database") if isinstance(section, dict) else None
    except FileNotFoundError:
        said = None
    except (OSError, ValueError) as problem:
        raise StoreError("settings", f"upheld.toml cannot be read: {problem}", "mend it, or name the store with --database") from None
    if not isinstance(said, str) or not said:
        return str(root / DEFAULT)
    known = os.environ if env is None else env

    def resolved(found: re.Match[str]) -> str:
        kind, name = found.groups()
        try:
            return known[name] if kind == "env" else (root / name).read_text(encoding="utf-8").strip()
        except (KeyError, OSError):
            raise StoreError("settings", f"upheld.toml names its database by {found[0]}, which is not there",
                             "set it, or name the store with --database") from None

    place = _REFERENCE.sub(resolved, said)
    return place if "://" in place or Path(place).is_absolute() else str(root / place)


def is_there(place: str) -> bool:
    """Whether something was ever kept there, as far as can be told without opening it: a server may always have something."""
    kind, _, rest = place.partition("://")
    if kind.startswith("postgres") and rest:
        return True
    return Path(rest.removeprefix("/") if rest else place).exists()

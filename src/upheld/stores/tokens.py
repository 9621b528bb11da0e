"""Tokens: what a program shows to be let in. The secret is told once; only its hash is kept.

Law: a token that was revoked, has expired or never was is None, whichever it is. A secret is 256 random bits, so a plain SHA-256 keeps it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from upheld.stores.database import Database
from upheld.stores.schema import tokens
from upheld.stores.trouble import StoreError

__all__ = ["PREFIX", "Token", "Tokens"]

PREFIX = "uph_"
"""How a secret begins, so that scanners of code know it."""

_SECRET = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}", re.ASCII)
_SCOPE = re.compile(r"[a-z][!-~]{0,199}", re.ASCII)
_MINUTE_US = 60_000_000
_CHUNK = 500
"""Secrets looked up in one question."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. Times are µs UTC; ``used_at`` is true to the minute."""

    id: int
    actor: str
    scopes: tuple[str, ...]
    created_at: int
    created_by: str
    expires_at: int | None
    revoked_at: int | None
    used_at: int | None


_COLUMNS = (tokens.c.id, tokens.c.actor, tokens.c.scopes, tokens.c.created_at, tokens.c.created_by, tokens.c.expires_at, tokens.c.revoked_at,
            tokens.c.used_at)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a store."""

    database: Database

    def create(self, actor: str, scopes: Sequence[str], at: int, by: str = "", expires_at: int | None = None) -> tuple[Token, str]:
        """A new token and its secret, which is told only here. Raises ``StoreError`` for an actor or scope of wrong form."""
        wanted = tuple(sorted(set(scopes)))
        wrong = [scope for scope in wanted if not _SCOPE.fullmatch(scope)]
        if not actor.strip() or not actor.isprintable() or wrong or not wanted:
            raise StoreError("form", f"a token needs an actor and scopes such as record, read{': not ' + ', '.join(wrong) if wrong else ''}")
        secret = PREFIX + secrets.token_urlsafe(32)
        row = {"actor": actor, "scopes": " ".join(wanted), "created_at": at, "created_by": by, "expires_at": expires_at}
        with self.database.writing() as connection:
            made = connection.execute(insert(tokens).values(hash=_hash(secret), **row).returning(tokens.c.id)).scalar_one()
        return Token(made, actor, wanted, at, by, expires_at, None, None), secret

    def check(self, secret: str, at: int) -> Token | None:
        """The token of a secret that is good at ``at`` (µs UTC), else None."""
        found = self.check_many((secret,), at)
        self.mark_used(tuple(found.values()), at)
        return found.get(secret)

    def check_many(self, secrets: Sequence[str], at: int) -> dict[str, Token]:
        """The tokens of those secrets that are good at ``at`` (µs UTC), by secret. Nothing is written: see ``mark_used``."""
        asked = {_hash(secret): secret for secret in secrets if _SECRET.fullmatch(secret)}
        found: dict[str, Token] = {}
        for first in range(0, len(asked), _CHUNK):
            few = list(asked)[first:first + _CHUNK]
            with self.database.reading() as connection:
                rows = connection.execute(select(tokens.c.hash, *_COLUMNS).where(tokens.c.hash.in_(few))).all()
            for own, *row in rows:
                token = _token(row)
                if token.revoked_at is None and (token.expires_at is None or token.expires_at > at):
                    found[asked[bytes(own)]] = token
        return found

    def mark_used(self, used: Sequence[Token], at: int) -> None:
        """Keep that these were used at ``at`` (µs UTC), once a minute."""
        due = [token.id for token in used if token.used_at is None or at - token.used_at >= _MINUTE_US]
        if not due:
            return
        try:
            with self.database.writing() as connection:
                connection.execute(update(tokens).where(tokens.c.id.in_(due)).values(used_at=at))
        except StoreError:
            # a store that cannot be written can still be read
            return

    def revoke(self, token: int, at: int) -> Token:
        """The token, good no more from now on; one revoked before keeps its instant. Raises ``StoreError`` for none of this id."""
        with self.database.writing() as connection:
            connection.execute(update(tokens).where(tokens.c.id == token, tokens.c.revoked_at.is_(None)).values(revoked_at=at))
            row = connection.execute(select(*_COLUMNS).where(tokens.c.id == token)).one_or_none()
        if row is None:
            raise StoreError("unknown", f"there is no token {token}", "list them first")
        return _token(row)

    def list(self) -> tuple[Token, ...]:
        """Every token there ever was, the first one first."""
        with self.database.reading() as connection:
            return tuple(_token(row) for row in connection.execute(select(*_COLUMNS).order_by(tokens.c.id)))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _token(row: Sequence[object]) -> Token:
    token, actor, scopes, *rest = row
    return Token(token, actor, tuple(str(scopes).split()), *rest)  # type: ignore[arg-type]

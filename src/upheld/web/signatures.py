"""Whether a webhook comes from who shares a secret with us: Standard Webhooks, or an HMAC of the body in a header.

Law: the bytes that came are what is verified, before anything reads them; the secret's form decides the scheme, so that nobody can choose the
weaker one; whatever is wrong looks the same from outside.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook

__all__ = ["TOLERANCE_S", "delivery_of", "secret_fault", "standard"]

TOLERANCE_S = 300
"""How far the sender's clock may be from ours, seconds."""

_MOST = 16
_LEAST = 16
"""Bytes of a secret of Standard Webhooks: those its senders make have 24 to 64."""
_ID = re.compile(r"[!-~]{1,200}")
_STAMP = re.compile(r"[0-9]{1,12}")
_HEX = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})")
_GENERIC = ("x-hub-signature-256", "x-signature-256", "x-signature")


def standard(secret: str) -> bool:
    """Whether a secret is one of Standard Webhooks (``whsec_…``)."""
    return secret.startswith("whsec_")


def secret_fault(secret: str) -> str:
    """Why a secret is none that could keep anybody out, "" where it is one."""
    if not standard(secret):
        return ""
    try:
        size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        return "is no base64 after whsec_: nothing could ever be signed with it"
    return "" if size >= _LEAST else f"has {size} bytes; at least {_LEAST} are needed, or it can be guessed"


def delivery_of(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> str | None:
    """What names this delivery, so that its repetition is known; None where it is not signed with the secret. ``now``: µs UTC.

    Standard Webhooks (standardwebhooks.com, 2023): ``webhook-id``, ``webhook-timestamp``, ``webhook-signature``. Otherwise the hex HMAC-SHA256
    of the body in ``X-Hub-Signature-256``, ``X-Signature-256`` or ``X-Signature``; then the body itself names the delivery.
    """
    if standard(secret):
        return _standard(secret, headers, body, now)
    given = [found[1] for name in _GENERIC if (found := _HEX.fullmatch(headers.get(name, "")))]
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    good = [hmac.compare_digest(one.lower(), expected) for one in given[:1]]
    return hashlib.sha256(body).hexdigest()[:32] if any(good) else None


def _standard(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> str | None:
    own, stamp, signatures = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not _ID.fullmatch(own) or not _STAMP.fullmatch(stamp) or abs(int(stamp) - now // 1_000_000) > TOLERANCE_S:
        return None
    try:
        text = body.decode()
        expected = Webhook(secret).sign(own, datetime.fromtimestamp(int(stamp), UTC), text).partition(",")[2]
    except (ValueError, UnicodeDecodeError):
        return None
    given = signatures.split(" ")
    if len(given) > _MOST:
        return None
    good = [version == "v1" and hmac.compare_digest(_bytes(signed), base64.b64decode(expected))
            for version, _, signed in (one.partition(",") for one in given)]
    return own if any(good) else None


def _bytes(signed: str) -> bytes:
    try:
        return base64.b64decode(signed, validate=True)
    except (binascii.Error, ValueError):
        return b""

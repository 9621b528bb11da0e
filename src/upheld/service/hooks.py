"""Hooks: a letter by HTTP: Slack-shaped JSON to a chat, a signed CloudEvent to a webhook.

Law: the body and the id are the same at each try; only the signature's time is new (Standard Webhooks).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re

from upheld.service.clock import Clock
from upheld.service.config import Webhook
from upheld.service.egress import Egress, EgressError
from upheld.service.letter import Letter, Outcome
from upheld.values.instant import format_instant

__all__ = ["body_of", "chat_body", "secret_of", "send_chat", "send_webhook", "signed"]

_TYPE = "upheld.notice.v1"
_NEVER = ("url", "scheme", "userinfo", "numeric", "port", "host", "private")
_CHAT_MOST = 3_500


def secret_of(text: str) -> bytes:
    """The bytes of a secret: ``whsec_`` and base64, as Standard Webhooks writes them. Raises ``ValueError``."""
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the secret is not whsec_ followed by base64") from None
    if not 24 <= len(secret) <= 64:
        raise ValueError(f"the secret has {len(secret)} bytes; it needs 24 to 64")
    return secret


def body_of(letter: Letter) -> bytes:
    """The CloudEvent 1.0 of a letter, as JSON."""
    data = {"recipient": letter.recipient, "subject": letter.subject, "text": letter.text, "agreement": letter.agreement, "clock": letter.clock,
            "step": letter.step, "language": letter.language}
    source = f"/agreements/{letter.agreement}" if letter.agreement else "/upheld"
    event = {"specversion": "1.0", "id": letter.key, "source": source, "type": _TYPE,
             "time": format_instant(letter.step_at), "datacontenttype": "application/json", "data": data}
    if letter.clock:
        event["subject"] = letter.clock
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(letter: Letter, body: bytes, secret: bytes, at: int) -> dict[str, str]:
    """The headers that go with a body sent at µs UTC."""
    identity, seconds = f"msg_{letter.digest}", str(at // 1_000_000)
    signature = hmac.new(secret, f"{identity}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": identity, "webhook-timestamp": seconds, "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
            "Content-Type": "application/cloudevents+json; charset=utf-8", "Upheld-Hop": "1"}


def chat_body(letter: Letter, room: str = "") -> bytes:
    """What an incoming webhook of a chat takes."""
    text = letter.text if len(letter.text) <= _CHAT_MOST else letter.text[:_CHAT_MOST] + "\n…"
    # a chat's bold is one star, and it knows no headings
    text = re.sub(r"^#+ (.+)$", r"*\1*", re.sub(r"\*\*(.+?)\*\*", r"*\1*", text), flags=re.MULTILINE)
    body = {"text": f"*{letter.subject}*\n{text}"}
    if room:
        body["channel"] = room
    return json.dumps(body, ensure_ascii=False).encode()


async def send_webhook(letter: Letter, hook: Webhook, egress: Egress, clock: Clock) -> Outcome:
    """What became of a letter to a webhook."""
    try:
        secret = secret_of(hook.secret)
    except ValueError as wrong:
        return Outcome("refused", f"[webhook.{hook.name}]: {wrong}")
    body = body_of(letter)
    return await _posted(egress, hook.url, body, signed(letter, body, secret, clock.now()), f"webhook {hook.name}")


async def send_chat(letter: Letter, url: str, egress: Egress, name: str, room: str = "") -> Outcome:
    """What became of a letter to a chat."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": letter.digest}
    return await _posted(egress, url, chat_body(letter, room), headers, f"chat {name}")


async def _posted(egress: Egress, url: str, body: bytes, headers: dict[str, str], who: str) -> Outcome:
    try:
        answer = await egress.post(url, body, headers)
    except EgressError as problem:
        state = "refused" if problem.slug in _NEVER else "unknown" if problem.sent else "failed"
        return Outcome(state, f"{who}: {problem.what}")  # type: ignore[arg-type]
    if 200 <= answer.status < 300:
        return Outcome("sent", provider=f"{who}: {answer.status}")
    if answer.status == 410:
        return Outcome("gone", f"{who} answered 410: it wants no more messages")
    said = " ".join(answer.text.split())[:200]
    return Outcome("failed", f"{who} answered {answer.status}{': ' + said if said else ''}", wait_s=answer.retry_after)

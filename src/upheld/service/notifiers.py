"""The notifiers: which channel takes which letter, by what ``upheld.toml`` says.

Law: an agreement names people and rooms, never an address of the network; what is called is what the operator configured. Services beyond mail,
Slack-shaped chats and webhooks go through Apprise, and only by schemes that cannot be pointed anywhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upheld.service.clock import Clock
from upheld.service.config import Chat, Config
from upheld.service.egress import Egress
from upheld.service.hooks import send_chat, send_webhook
from upheld.service.letter import Letter, Outcome
from upheld.service.mail import send_mail

__all__ = ["SCHEMES", "Notifiers", "chat_of"]

SCHEMES = frozenset(
    "aprs bulksms burstsms clickatell clicksend d7sms dingtalk discord fcm feishu gchat guilded kavenegar lark line matrix matrixs "
    "mmost mmosts msg91 msgbird nexmo ntfy ntfys octopush opsgenie pagerduty plivo pover prowl  "
    "rocket rockets ryver schan seven signal signals signl4 sinch slack smseagle smseagles sns spike splunk spush tgram threema "
    "twilio vapid victorops voipms vonage webex wecombot whatsapp workflow workflows wxteams zulip".split())
"""What may be reached through Apprise: services of messages; not json:// and its like, which may be pointed anywhere; mail is our own."""

_AT_ONCE = 16
_SECONDS = 25.0
_NUMBER = "{to}"


def chat_of(known: Mapping[str, Chat], channel: str, address: str) -> tuple[Chat | None, str]:
    """``(the chat a letter goes to, the room or number in it)``. Telephone numbers go to [chat.phone], rooms (``#ops``) to [chat.default]."""
    if channel == "phone":
        return known.get("phone") or known.get("sms"), address
    if address in known:
        return known[address], ""
    name, _, room = address.partition(":")
    if room and name in known:
        return known[name], room
    return known.get("default"), address


@dataclass(frozen=True, slots=True)
class Notifiers:
    """Sends letters by everything in ``config``. ``seconds``: the longest one letter may take."""

    config: Config
    clock: Clock
    seconds: float = _SECONDS

    @property
    def egress(self) -> Egress:
        """The way out."""
        return Egress(self.config.allow)

    def send(self, letters: Sequence[Letter]) -> Sequence[Outcome]:
        """What became of each letter, in their order."""
        return asyncio.run(self._send(letters)) if letters else []

    def place(self, channel: str, address: str) -> str:
        """The name of the receiver with a hash of where it is: another address is another receiver."""
        hook = self.config.webhooks.get(address) if channel == "webhook" else None
        where = hook.url if hook is not None else address
        return f"{channel}/{address}/{hashlib.sha256(where.encode()).hexdigest()[:12]}"

    def owner(self, channel: str, address: str) -> str:
        """The owner's mail address."""
        hook = self.config.webhooks.get(address) if channel == "webhook" else None
        return hook.owner if hook is not None else ""

    async def _send(self, letters: Sequence[Letter]) -> Sequence[Outcome]:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(letter: Letter) -> Outcome:
            async with turns:
                try:
                    async with asyncio.timeout(self.seconds):
                        return await self._one(letter)
                except TimeoutError:
                    return Outcome("unknown", f"{letter.channel} took longer than {self.seconds:g} s")
                except Exception as bug:
                    # a letter must never take the others with it
                    return Outcome("unknown", f"{type(bug).__name__}: {bug}"[:500])

        return await asyncio.gather(*(one(letter) for letter in letters))

    async def _one(self, letter: Letter) -> Outcome:
        if letter.channel == "mail":
            if self.config.mail is None:
                return Outcome("refused", "there is no [mail] in upheld.toml")
            return await send_mail(letter, self.config.mail, self.clock)
        if letter.channel == "webhook":
            hook = self.config.webhooks.get(letter.address)
            if hook is None:
                return Outcome("refused", f"there is no [webhook.{letter.address}] in upheld.toml")
            return await send_webhook(letter, hook, self.egress, self.clock)
        if letter.channel in ("chat", "phone"):
            chat, room = chat_of(self.config.chats, letter.channel, letter.address)
            if chat is None:
                wanted = "phone" if letter.channel == "phone" else letter.address
                return Outcome("refused", f"there is no [chat.{wanted}] in upheld.toml")
            if chat.url.startswith(("https://", "http://")):
                return await send_chat(letter, chat.url, self.egress, chat.name, room)
            return await asyncio.to_thread(_by_apprise, letter, chat, room)
        return Outcome("refused", f"{letter.channel or 'no channel'} is none of mail, chat, phone, webhook")


def _by_apprise(letter: Letter, chat: Chat, room: str) -> Outcome:
    import apprise

    scheme = chat.url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        return Outcome("refused", f"[chat.{chat.name}]: {scheme}:// is not among the services that may be used")
    if room and _NUMBER not in chat.url:
        return Outcome("refused", f"[chat.{chat.name}] takes no number or room: write {_NUMBER} into its url where that belongs")
    if not all(c.isalnum() or c in "+#@._-" for c in room):
        return Outcome("refused", f"{room!r} is no number or room")
    service = apprise.Apprise()
    if not service.add(chat.url.replace(_NUMBER, room)):
        return Outcome("refused", f"[chat.{chat.name}]: Apprise cannot read this {scheme}:// address")
    result = service.notify(title=letter.subject, body=letter.text, body_format=apprise.NotifyFormat.MARKDOWN, interpret_escapes=False)
    if result:
        return Outcome("sent", provider=f"chat {chat.name}: {scheme}")
    if getattr(result, "status", None) == apprise.AppriseResultStatus.TIMEOUT:
        return Outcome("unknown", f"chat {chat.name}: {scheme} did not answer in time")
    said = "; ".join(entry.message for one in result for entry in one.logs() if entry.message) if hasattr(result, "__iter__") else ""
    return Outcome("failed", f"chat {chat.name}: {scheme} did not take it{': ' + said[:300] if said else ''}")

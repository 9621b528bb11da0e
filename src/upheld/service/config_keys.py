"""What ``upheld.toml`` may say: each section's keys, how each is read, and what to write where it is wrong.

Law: one table; the manual's page and the reader use the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["KEYS", "NAMED", "Key", "near"]

_DURATION = re.compile(r"([0-9]{1,6}) ?(ms|s|m|h|d)")
_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_MAIL = re.compile(r"(?:[^<>@\r\n\x00-\x1f]* <)?[^\s<>@,;\x00-\x1f]+@[^\s<>@,;\x00-\x1f]+>?")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("a text on one line is needed")
    return value.strip()


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65_536:
        raise ValueError(f"{value!r} is no port")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 100_000:
        raise ValueError(f"{value!r} is no number from 1 to 100,000")
    return value


def _duration(value: object) -> int:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ValueError(f"{value!r} is no duration")
    return int(found[1]) * _UNITS[found[2]]


def _host(value: object) -> str:
    text = _text(value)
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text!r} is no host")
    return text


def _mail(value: object) -> str:
    text = _text(value)
    if not _MAIL.fullmatch(text) or (("<" in text) != text.endswith(">")):
        raise ValueError(f"{text!r} is no mail address")
    return text


def _tls(value: object) -> str:
    if value not in ("starttls", "tls", "none"):
        raise ValueError(f"{value!r} is none of starttls, tls, none")
    return str(value)


def _hosts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of hosts is needed")
    return tuple(_host(each).lower() for each in value)


@dataclass(frozen=True, slots=True)
class Key:
    """``field``: its name in the settings. ``secret``: only by reference. ``several``: one, or a list of such. ``read`` raises ``ValueError``
    in words.
    """

    field: str
    read: Callable[[object], object]
    help: str = ""
    required: bool = False
    secret: bool = False
    several: bool = False


_PORT, _TIME = "write a number such as 587", 'write "30s", "5m" or "1h"'

KEYS: Mapping[str, Mapping[str, Key]] = {
    "server": {
        "host": Key("host", _host, 'write host = "127.0.0.1"'), "port": Key("port", _port, "write port = 8470"),
        "database": Key("database", _text, 'write database = "records/store.db" or "postgresql://user@host/name"'),
        "url": Key("url", _text, 'write url = "https://upheld.example.com"'),
    },
    "mail": {
        "host": Key("host", _host, 'write host = "smtp.example.com"', required=True), "port": Key("port", _port, _PORT),
        "from": Key("sender", _mail, 'write from = "Upheld <sla@example.com>"', required=True),
        "user": Key("user", _text, 'write user = "sla@example.com"'),
        "password": Key("password", _text, "", secret=True), "tls": Key("tls", _tls, 'write tls = "starttls", "tls" or "none"'),
    },
    "operator": {
        "mail": Key("mail", _mail, 'write mail = "ops@example.com"'), "chat": Key("chat", _text, "name a [chat.NAME] section"),
    },
    "heartbeat": {"url": Key("url", _text, "the address the watcher gave you", required=True), "every": Key("every_us", _duration, _TIME)},
    "notify": {"per_minute": Key("per_minute", _count, "write per_minute = 6"), "attempts": Key("attempts", _count, "write attempts = 12")},
    "worker": {
        "every": Key("every_us", _duration, _TIME), "batch": Key("batch", _count, "write batch = 3000"),
        "metrics_port": Key("metrics_port", _port, "write metrics_port = 9470"),
    },
    "egress": {"allow": Key("allow", _hosts, 'write allow = ["hooks.intranet.example"]')},
}
"""Sections that are there once."""

NAMED: Mapping[str, Mapping[str, Key]] = {
    "chat": {"url": Key("url", _text, "an incoming-webhook address, or an Apprise URL", required=True)},
    "webhook": {
        "url": Key("url", _text, "the receiver's https address", required=True), "secret": Key("secret", _text, "", required=True, secret=True),
        "owner": Key("owner", _mail, "the mail address of who runs the receiver"),
    },
    "receiver": {
        "secret": Key("secret", _text, "", required=True, secret=True, several=True),
        "source": Key("source", _text, "the name of a file in sources/", required=True),
    },
    "feed": {"url": Key("url", _text, "an iCalendar file or address", required=True)},
}
"""Sections that have a name: ``[chat.ops]``."""


def near(name: str, names: Iterable[str]) -> str:
    """What may have been meant, else what there is."""
    known = sorted(names)
    found = get_close_matches(name, known, n=1)
    if found:
        return f"did you mean `{found[0]}`?"
    return f"there are: {', '.join(known)}" if known else "there is none"

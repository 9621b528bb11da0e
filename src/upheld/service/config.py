"""``upheld.toml``: what an installation is told beside its agreements: where to listen, where to keep, how to reach people.

Law: nothing in it changes a figure. A file is read whole, or everything that is wrong with it is told at once. A secret is never in the
file: it is named by ``${env:NAME}`` or ``${file:path}`` and read when the service starts.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from upheld.service.config_keys import KEYS, NAMED, Key, near
from upheld.stores.place import DEFAULT
from upheld.values.finding import Finding, FindingsError, Place

__all__ = ["CONFIG", "Chat", "Config", "Heartbeat", "Mail", "Notify", "Operator", "Receiver", "Server", "Webhook", "Worker", "load_config",
           "read_config"]

CONFIG = "upheld.toml"
"""The file's name, beside ``agreements/``."""

_MOST = 256 * 2**10
_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Server:
    """``database``: a path or URL; "" is ``records/store.db``, where the command line keeps too."""

    host: str = "127.0.0.1"
    port: int = 8470
    database: str = ""
    url: str = ""                       # under which people reach it, for links in messages


@dataclass(frozen=True, slots=True)
class Mail:
    """An SMTP server. ``tls``: ``starttls`` | ``tls`` | ``none``."""

    host: str
    sender: str
    port: int = 587
    user: str = ""
    password: str = ""
    tls: str = "starttls"


@dataclass(frozen=True, slots=True)
class Chat:
    """``https://…`` takes Slack-shaped JSON; any other scheme is a service of Apprise. ``{to}`` stands for a telephone number."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of signed CloudEvents. ``owner``: the mail address that is told when it is switched off."""

    name: str
    url: str
    secret: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """What sends facts here by webhook: its secret, and the source file that maps them. ``also``: further secrets that hold, while one is
    exchanged for another.
    """

    name: str
    secret: str
    source: str
    also: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that hold."""
        return self.secret, *self.also


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the service: told by ``mail``, and by ``chat`` (a name of [chat.NAME]) where mail is what fails."""

    mail: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """An outside watcher's address, called every ``every_us`` while all is well: its silence is the alarm."""

    url: str = ""
    every_us: int = 60_000_000


@dataclass(frozen=True, slots=True)
class Notify:
    """``per_minute``: messages one person gets in a minute and channel; more wait and come as one. ``attempts``: then a message is dead."""

    per_minute: int = 6
    attempts: int = 12


@dataclass(frozen=True, slots=True)
class Worker:
    """``every_us``: the longest rest between two looks. ``batch``: cases a tick."""

    every_us: int = 1_000_000
    batch: int = 3000
    metrics_port: int = 0


@dataclass(frozen=True, slots=True)
class Config:
    """All of it. ``allow``: hosts that may be reached without https or at private addresses. ``feeds``: iCalendar files or URLs by name."""

    root: Path = field(default_factory=Path)
    server: Server = field(default_factory=Server)
    mail: Mail | None = None
    chats: Mapping[str, Chat] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    operator: Operator = field(default_factory=Operator)
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    notify: Notify = field(default_factory=Notify)
    worker: Worker = field(default_factory=Worker)
    allow: tuple[str, ...] = ()
    feeds: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> str:
        """Where the store is: what the file says, else ``records/store.db`` beside it."""
        said = self.server.database
        if not said:
            return str(self.root / DEFAULT)
        return said if "://" in said or Path(said).is_absolute() else str(self.root / said)


def load_config(root: Path, env: Mapping[str, str] | None = None) -> Config:
    """The settings in ``root``; all defaults where there is no file. Raises ``FindingsError`` with everything that is wrong."""
    path = root / CONFIG
    if not path.exists():
        return Config(root=root)
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise FindingsError([Finding("unreadable", problem.strerror or str(problem), Place(CONFIG))]) from problem
    return read_config(data, root, os.environ if env is None else env)


def read_config(data: bytes, root: Path, env: Mapping[str, str]) -> Config:
    """The settings in the bytes of a file that lies in ``root``. Raises ``FindingsError`` with everything that is wrong."""
    if len(data) > _MOST:
        raise FindingsError([Finding("size", f"{CONFIG} has {len(data):,} bytes; at most {_MOST:,} are read", Place(CONFIG))])
    try:
        text = data.decode("utf-8")
        tables = tomllib.loads(text)
    except UnicodeDecodeError:
        raise FindingsError([Finding("encoding", "this file is not UTF-8", Place(CONFIG), "save it as UTF-8")]) from None
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"at line (\d+), column (\d+)", str(problem))
        place = _at(text.splitlines(), int(found[1]), int(found[2])) if found else Place(CONFIG)
        what = re.sub(r" \(at .*\)", "", str(problem))
        raise FindingsError([Finding("toml", what, place, "the form is TOML: key = \"value\" under a [section]")]) from None
    reading = _Reading(text.splitlines(), root, env)
    config = reading.config(tables)
    if reading.findings:
        raise FindingsError(reading.findings)
    return config


def _at(lines: list[str], line: int, col: int, length: int = 1) -> Place:
    return Place(CONFIG, line, col, length, lines[line - 1] if 0 < line <= len(lines) else "")


def _variable(section: str, name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", f"{section}_{name}".upper())


class _Reading:
    """One file being read: collects findings and goes on."""

    def __init__(self, lines: list[str], root: Path, env: Mapping[str, str]) -> None:
        self.lines, self.root, self.env = lines, root, env
        self.findings: list[Finding] = []

    def config(self, tables: Mapping[str, object]) -> Config:
        known = {*KEYS, *NAMED}
        for name in tables:
            if name not in known:
                self.wrong("unknown-section", f"there is no section [{name}]", name, "", near(name, known))
        plain = {section: self.section(section, tables.get(section, {}), keys) for section, keys in KEYS.items()}
        named = {section: self.named(section, tables.get(section, {}), keys) for section, keys in NAMED.items()}
        operator = Operator(**plain["operator"])
        chats = tables.get("chat")
        if operator.chat and not (isinstance(chats, dict) and operator.chat in chats):
            self.wrong("unknown-chat", f"there is no [chat.{operator.chat}]", "operator", "chat", near(operator.chat, named["chat"]))
        if operator.mail and "mail" not in tables:
            self.wrong("no-mail", "the operator is to be told by mail, and there is no [mail]", "operator", "mail",
                       "add [mail] with host and from")
        mail = plain["mail"]
        return Config(
            self.root, Server(**plain["server"]),
            Mail(**mail) if "mail" in tables and {"host", "sender"} <= mail.keys() else None,
            {name: Chat(name, **said) for name, said in named["chat"].items()},
            {name: Webhook(name, **said) for name, said in named["webhook"].items()},
            {name: Receiver(name, said["secret"][0], said["source"], said["secret"][1:]) for name, said in named["receiver"].items()},
            operator, Heartbeat(**plain["heartbeat"]), Notify(**plain["notify"]), Worker(**plain["worker"]),
            plain["egress"].get("allow", ()), {name: said["url"] for name, said in named["feed"].items()},
        )

    def named(self, section: str, table: object, keys: Mapping[str, Key]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        if not isinstance(table, dict):
            self.wrong("section", f"[{section}] needs a name: [{section}.NAME]", section, "", f"write [{section}.ops]")
            return found
        for name, body in table.items():
            if not isinstance(body, dict):
                self.wrong("section", f"[{section}] needs a name: [{section}.NAME]", section, name, f"write [{section}.ops]")
            elif not _NAME.fullmatch(name):
                self.wrong("name", f"{name!r} is no name", f"{section}.{name}", "", "a-z, 0-9, - and _")
            else:
                said = self.section(f"{section}.{name}", body, keys)
                if all(key.field in said for key in keys.values() if key.required):
                    found[name] = said
        return found

    def section(self, section: str, table: object, keys: Mapping[str, Key]) -> dict[str, Any]:
        """What a section says, by field; what is wrong with it becomes findings."""
        if not isinstance(table, dict):
            self.wrong("section", f"`{section}` is a section: [{section}]", section, "", "")
            return {}
        for name in table:
            if name not in keys:
                self.wrong("unknown-key", f"[{section}] has no key `{name}`", section, name, near(name, keys))
        said: dict[str, Any] = {}
        for name, key in keys.items():
            if name not in table:
                if key.required and (table or "." in section):
                    self.wrong("missing", f"[{section}] needs `{name}`", section, "", key.help)
                continue
            value = self.resolved(section, name, table[name], key)
            if value is not None:
                said[key.field] = value
        return said

    def resolved(self, section: str, name: str, value: object, key: Key) -> object | None:
        if key.several:
            given = value if isinstance(value, list) and value else [value]
            found = [self.resolved(section, name, one, replace(key, several=False)) for one in given]
            return None if None in found else tuple(found)
        if isinstance(value, str):
            if key.secret and not _REFERENCE.fullmatch(value):
                self.wrong("secret-in-file", f"`{name}` of [{section}] is a secret: it does not belong into a file", section, name,
                           f'write {name} = "${{env:{_variable(section, name)}}}" and set that variable')
                return None
            for reference in _REFERENCE.finditer(value):
                read = self.referred(section, name, reference[1], reference[2])
                if read is None:
                    return None
                value = value.replace(reference[0], read)
        try:
            return key.read(value)
        except ValueError as problem:
            self.wrong("value", f"`{name}` of [{section}]: {problem}", section, name, key.help)
            return None

    def referred(self, section: str, name: str, kind: str, what: str) -> str | None:
        if kind == "env":
            if not self.env.get(what):
                self.wrong("secret-missing", f"`{name}` of [{section}] is to come from the variable {what}, which is not set", section, name,
                           f"set {what} where the service is started")
                return None
            return self.env[what]
        try:
            return (self.root / what).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "it is not text"
            self.wrong("secret-missing", f"`{name}` of [{section}] is to come from the file {what}: {why}", section, name,
                       "put the secret there, readable by the service only")
            return None

    def wrong(self, slug: str, message: str, section: str, key: str, help: str) -> None:  # noqa: A002 - the word of every finding
        self.findings.append(Finding(slug, message, self.place(section, key), help))

    def place(self, section: str, key: str) -> Place:
        """The line of a key of a section, of the section, or of the file."""
        inside, head = False, 0
        for number, line in enumerate(self.lines, 1):
            bare = line.strip()
            if bare.startswith("["):
                inside = bare.split("#")[0].strip().strip("[]").replace('"', "") == section
                head = number if inside and not head else head
            elif inside and key and re.match(rf"""["']?{re.escape(key)}["']?\s*=""", bare):
                return _at(self.lines, number, line.index(bare[0]) + 1, len(key))
        if head:
            return _at(self.lines, head, 1, len(self.lines[head - 1].rstrip()))
        return Place(CONFIG)

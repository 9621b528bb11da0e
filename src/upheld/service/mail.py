"""Mail: a letter by SMTP, as plain text.

Law: one recipient a mail; the Message-ID is made from the key, so that a mail sent twice is one mail to whoever looks at it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from upheld.service.clock import Clock
from upheld.service.config import Mail
from upheld.service.letter import Letter, Outcome

__all__ = ["mail_of", "send_mail"]

_SECONDS = 15.0
_ADDRESS = re.compile(r"[^\s<>@,;\x00-\x1f]+@[^\s<>@,;\x00-\x1f]+|[^<>@,;\x00-\x1f]* <[^\s<>@,;\x00-\x1f]+@[^\s<>@,;\x00-\x1f]+>")
_NEVER = range(550, 555)
"""Answers about a recipient that trying again does not change."""


def mail_of(letter: Letter, settings: Mail, at: int) -> EmailMessage:
    """The mail a letter becomes. Raises ``ValueError`` for an address that is none."""
    if not _ADDRESS.fullmatch(letter.address):
        raise ValueError(f"{letter.address!r} is not one mail address")
    name, address = parseaddr(letter.address)
    domain = parseaddr(settings.sender)[1].rpartition("@")[2]
    mail = EmailMessage(SMTP)
    mail["From"] = settings.sender
    mail["To"] = f'"{name}" <{address}>' if name else address
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at))
    mail["Message-ID"] = f"<{letter.digest}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Upheld-Key"] = letter.key.encode("ascii", "backslashreplace").decode()
    if letter.clock:
        # all mails about one clock make one conversation
        mail["References"] = f"<{Letter(letter.clock, '', '', '', '', '').digest}@{domain}>"
    if letter.language:
        mail["Content-Language"] = letter.language
    mail.set_content(letter.text)
    return mail


async def send_mail(letter: Letter, settings: Mail, clock: Clock) -> Outcome:
    """What became of one mail."""
    import aiosmtplib

    try:
        mail = mail_of(letter, settings, clock.now())
    except ValueError as wrong:
        return Outcome("refused", str(wrong))
    where = f"{settings.host}:{settings.port}"
    try:
        _, said = await aiosmtplib.send(
            mail, hostname=settings.host, port=settings.port, username=settings.user or None, password=settings.password or None,
            use_tls=settings.tls == "tls", start_tls=settings.tls == "starttls", timeout=_SECONDS)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        first = refused.recipients[0]
        return Outcome("refused" if first.code in _NEVER else "failed", f"{where} refused {letter.address}: {first.code} {first.message}"[:500])
    except aiosmtplib.SMTPResponseException as refused:
        return Outcome("failed", f"{where} answered {refused.code} {refused.message}"[:500])
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPNotSupported) as problem:
        return Outcome("failed", f"{where} cannot be reached: {problem}"[:500])
    except (aiosmtplib.SMTPException, TimeoutError, OSError) as problem:
        if "not supported" in str(problem):
            return Outcome("failed", f"{where}: {problem}"[:500])
        return Outcome("unknown", f"{where} did not say whether it took the mail: {problem}"[:500])
    return Outcome("sent", provider=f"{where} {said}"[:200])

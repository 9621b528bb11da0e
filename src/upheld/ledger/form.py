"""What a request must look like before the book is asked: names, amounts, currency.

Law: a request of wrong form is refused for itself, in any book, and its key stays free for the mended one.
"""

from __future__ import annotations

import unicodedata

from upheld.ledger.answer import Refusal
from upheld.ledger.commands import Command, Move, Restate
from upheld.ledger.transfer import GREATEST, SIDES, STATES
from upheld.values.quantity import minor_digits

__all__ = ["wrong_form"]

_LONGEST = {"key": 200, "agreement": 200, "line": 1000, "actor": 200, "period": 100, "transfer": 220, "reason": 2000}
_OPTIONAL = ("reason",)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999


def wrong_form(command: Command) -> Refusal | None:
    """The first thing wrong with a request's form, or None."""
    for name, longest in _LONGEST.items():
        if hasattr(command, name):
            wrong = _text(name, getattr(command, name), longest)
            if wrong is not None:
                return wrong
    if ":" in command.agreement:
        return Refusal("form", f"the agreement `{command.agreement}` has a colon in its id", "name the agreement by its id")
    for name in ("at", "ends", "expires", "by"):
        stamp = getattr(command, name, None)
        if (stamp is not None or name == "at") and (type(stamp) is not int or not _FIRST <= stamp <= _LAST):
            return Refusal("form", f"{name} is {stamp!r}, not an instant of the years 1 to 9999", "give microseconds UTC as a whole number")
    return _amount(command) or _choice(command)


def _text(name: str, text: object, longest: int) -> Refusal | None:
    if not isinstance(text, str):
        return Refusal("form", f"{name} is {text!r}, not a text")
    if not text.strip() and name not in _OPTIONAL:
        return Refusal("form", f"{name} is empty", "give the same key again for a retry, a new one for a new attempt" if name == "key" else "")
    if text != text.strip() and name != "reason":
        return Refusal("form", f"{name} `{text}` begins or ends with a space", "leave it out")
    if len(text) > longest:
        return Refusal("form", f"{name} has {len(text)} characters, at most {longest} are kept")
    odd = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Cf", "Zl", "Zp")), None)
    if odd is not None:
        return Refusal("form", f"{name} holds the character U+{ord(odd):04X}, which no reader sees", "leave it out")
    return None


def _amount(command: Command) -> Refusal | None:
    if isinstance(command, Restate):
        if type(command.minor) is not int or abs(command.minor) > GREATEST:
            return _no_amount(command.minor)
        if not isinstance(command.currency, str) or minor_digits(command.currency) is None:
            upper = str(command.currency).upper()
            meant = f"write {upper}" if minor_digits(upper) is not None else "write an ISO 4217 code, such as EUR"
            return Refusal("currency", f"`{command.currency}` is not a currency code in use", meant)
        return None
    minor = command.minor
    if minor is not None and (type(minor) is not int or not 0 < minor <= GREATEST):
        return _no_amount(minor)
    return None


def _no_amount(minor: object) -> Refusal:
    if type(minor) is int and minor <= 0:
        return Refusal("amount", f"{minor} minor units cannot be moved", "give an amount above 0; the side and the act say which way it goes")
    return Refusal("amount", f"{minor!r} is not an amount",
                   "give whole minor units (25000 for 250.00 EUR): no fraction, no float, at most 64 bits")


def _choice(command: Command) -> Refusal | None:
    state = getattr(command, "state", "issued")
    if state not in STATES:
        return Refusal("form", f"`{state}` is not a state", f"write one of {', '.join(STATES)}")
    if isinstance(command, Move) and command.side is not None and command.side not in SIDES:
        return Refusal("form", f"`{command.side}` is not a side", f"write {' or '.join(SIDES)}")
    if getattr(command, "verdict", "stands") not in ("stands", "voided"):
        return Refusal("form", "a dispute is decided as `stands` or `voided`")
    return None

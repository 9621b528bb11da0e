"""Texts that come from outside: what may stand in a name or an attribute, and what is refused by name.

Law: a text that is taken can be shown, hashed and stored as it is: no control character, no character that turns the direction of
writing, no half character, one normal form for names.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LONGEST_NAME", "LONGEST_TEXT", "Wrong", "name_fault", "text_fault"]

Wrong = tuple[str, str, str]
"""Slug, message, help."""

LONGEST_NAME = 200
LONGEST_TEXT = 4_096
"""Characters."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff]")


def text_fault(text: str, most: int) -> Wrong | None:
    """Why a text is not taken; None where it is."""
    if len(text) > most:
        return "too-long", f"has {len(text):,} characters; at most {most:,} are kept", "shorten it"
    if text.isascii() and text.isprintable():
        return None
    found = _CONTROL.search(text)
    if found:
        what = "a NUL" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        return "control-character", f"has {what} at {found.start() + 1}", "leave it out"
    found = _TURNING.search(text)
    if found:
        return "bidi-character", f"has U+{ord(found[0]):04X}, which turns the direction of writing, at {found.start() + 1}", "leave it out"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return "encoding", f"has half a character (a lone surrogate) at {error.start + 1}", "send whole characters in UTF-8"
    return None


def name_fault(text: str, most: int) -> Wrong | None:
    """Why a name (an id, a case, an attribute's name) is not taken: as a text, and not empty, not padded, nothing invisible."""
    if not text:
        return "empty", "is empty", "leave the key out, or say it"
    if text.isascii() and text.isprintable() and len(text) <= most and text[0] != " " != text[-1]:
        return None
    wrong = text_fault(text, most)
    if wrong is not None:
        return wrong
    if text != text.strip():
        return "padded", "has a space at an end", "send it without"
    found = _INVISIBLE.search(text)
    if found:
        return "invisible-character", f"has the invisible U+{ord(found[0]):04X} at {found.start() + 1}", "leave it out"
    if not unicodedata.is_normalized("NFC", text):
        return "normal-form", "is not in normal form NFC: two names would look alike and differ", "send it in NFC"
    return None

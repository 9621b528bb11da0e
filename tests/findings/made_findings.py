"""Bad files too long to be kept: made here, each with a sentence that says what is in it.

Law: a made file is the smallest that gives its finding; what is said of it is kept beside the others, shortened where it repeats itself.
"""

from __future__ import annotations

HEAD = "upheld: 1\nagreement: a\neffective: {from: 2026-01-01, until: 2026-12-31}\ntimezone: Europe/Berlin\n"


def too_large() -> bytes:
    """A megabyte and one byte of comments."""
    return (HEAD + "#" * 1_000_001).encode()[:1_000_001]


def too_many() -> bytes:
    """Sixty keys said twice."""
    return (HEAD + "texts:\n" + "".join(f"  t{i}: one\n  t{i}: two\n" for i in range(60))).encode()


def too_alike() -> bytes:
    """Commitments each like the one before, the first with many keys of its own."""
    keys = "measure: clock, starts: opened, stops: answered, within: 4h, per: month"
    own = "".join(f"    x-{i}: 1\n" for i in range(395))
    likes = "".join(f"  c{i}: {{like: c{i - 1}, {keys}}}\n" for i in range(1, 252))
    return (HEAD + f"commitments:\n  c0:\n    {keys.replace(', ', chr(10) + '    ')}\n" + own + likes).encode()


MADE = {
    "more": ("Sixty keys are said twice: the first fifty findings are shown, and that there are more.", too_many),
    "size": ("A file of more than a million bytes.", too_large),
    "size.likes": ("Two hundred and fifty commitments, each like the one before, the first with four hundred keys.", too_alike),
}
SHOWN = 6
"""Lines of an output shown at each end."""


def shortened(said: str) -> str:
    """What is said, without its middle where it is long."""
    lines = said.splitlines()
    if len(lines) <= 4 * SHOWN:
        return said
    return "\n".join([*lines[:SHOWN], "…", *lines[-SHOWN:]]) + "\n"

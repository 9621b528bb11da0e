"""Values in words, as the parties write them; what has no text of its own is spelled from its meaning."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from upheld.agreement.sentence import selector_words
from upheld.assessment.show import show_duration
from upheld.calendars.spec import WindowSpec
from upheld.foresight.cells import decimal
from upheld.foresight.meaning import Named
from upheld.plans.plan import Promise, Schedule, Share
from upheld.plans.selector import Either, Every, Key

__all__ = ["length", "listed", "plain", "promise", "quoted", "written", "yes_no"]


def plain(value: Any) -> str:
    """A text, a number, a name; ``none`` for nothing."""
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return yes_no(value)
        case Named():
            return value.name
        case Key() | Every() | Either():
            return selector_words(value)
        case Fraction():
            return decimal(value)
        case Schedule():
            return f"every {value.every.text} at its {value.at}"
        case WindowSpec():
            return window(value)
        case tuple() | frozenset():
            return listed(value)
    text = getattr(value, "text", None)
    return text if isinstance(text, str) and text else str(value)


def window(spec: WindowSpec) -> str:
    """A window as written, and what becomes of one that is covered in part where that is said."""
    return spec.text + ("" if spec.first == "whole" else f" (first: {spec.first})")


def written(value: Any) -> str:
    """The text a clause was written with; ``none`` for nothing."""
    return "none" if value is None else str(value.text)


def promise(shares: Promise) -> str:
    """``95% within 4h and all but 1 within 8h``."""
    return " and ".join(_share(s) for s in shares) or "none"


def _share(share: Share) -> str:
    if share.all_but is not None:
        return f"all but {share.all_but} within {share.within.text}"
    if share.least is None:
        return share.within.text
    return f"{'every case' if share.least == 1 else f'{decimal(share.least * 100)}%'} within {share.within.text}"


def length(us: int | None) -> str:
    """Microseconds as a length; ``none`` for nothing."""
    return "none" if not us else show_duration(us)


def listed(values: Iterable[Any]) -> str:
    """``a, b and c``, in order of their words; ``none`` for nothing."""
    said = sorted(plain(v) for v in values)
    return "none" if not said else said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def yes_no(value: bool) -> str:
    """``yes`` or ``no``."""
    return "yes" if value else "no"


def quoted(text: str) -> str:
    """A text in quotes, cut where it is long; ``none`` for nothing."""
    flat = " ".join(text.split())
    return f'"{flat if len(flat) <= 100 else flat[:99] + "…"}"' if flat else "none"

"""Amounts of money as people read them.

Law: what is shown is exact, or says that it goes on.
"""

from __future__ import annotations

from fractions import Fraction

from upheld.values.quantity import minor_digits

__all__ = ["show_money"]


def show_money(minor: int | Fraction, currency: str) -> str:
    """``1,234.50 EUR``; a fraction of a minor unit is shown with up to four more digits and ``…`` where it goes on."""
    digits = minor_digits(currency)
    places = 2 if digits is None else digits
    exact = Fraction(minor)
    sign, size = ("-", -exact) if exact < 0 else ("", exact)
    more, rest = "", size - int(size)
    if rest:
        scaled = rest * 10_000
        more = f"{int(scaled):04d}".rstrip("0") if scaled.denominator == 1 else f"{int(scaled):04d}…"
    whole = int(size)
    major, minors = divmod(whole, 10**places)
    tail = f"{minors:0{places}d}" if places else ""
    body = f"{major:,}" + (f".{tail}{more}" if tail or more else "")
    return f"{sign}{body} {currency}"

"""Minor units: how many decimals a currency's smallest unit has (ISO 4217, where it is not two)."""

from __future__ import annotations

from typing import Final

__all__ = ["MINOR_DIGITS"]

MINOR_DIGITS: Final = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "KWD", "OMR", "JOD", "TND", "IQD", "LYD"), 3),
}
"""ISO code → decimals; a code that is not here has two."""

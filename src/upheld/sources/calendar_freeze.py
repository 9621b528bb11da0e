"""Freezing a country's holidays: the python-holidays library asked once, its answer kept as dates.

Law: after freezing, no figure depends on which version of the library is installed. The list names the version that spoke.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

from upheld.calendars.holidays import Frozen, write_frozen
from upheld.values.instant import day_ordinal

__all__ = ["UnknownCountryError", "freeze", "frozen_of"]


class UnknownCountryError(ValueError):
    """The library knows no such country, subdivision or category; the text says which and what it knows."""


def freeze(country: str, subdivision: str, years: Sequence[int], categories: Sequence[str] = ()) -> str:
    """The text of a frozen list (``DE``, ``BE``, 2026 … 2028). Raises UnknownCountryError, ValueError for no years."""
    return write_frozen(frozen_of(country, subdivision, years, categories))


def frozen_of(country: str, subdivision: str, years: Sequence[int], categories: Sequence[str] = ()) -> Frozen:
    """The holidays of whole years, first to last without a gap. ``subdivision`` "" is the whole country."""
    import holidays as library  # half a second that only freezing needs

    if not years:
        raise ValueError("freezing needs at least one year")
    span = range(min(years), max(years) + 1)
    kind = getattr(library, country, None) if country.isalpha() and country.isupper() else None
    if kind is None:
        known = ", ".join(sorted(library.list_supported_countries(include_aliases=False)))
        raise UnknownCountryError(f"{country!r} is no country of python-holidays; it knows {known}")
    if subdivision and subdivision not in kind.subdivisions:
        raise UnknownCountryError(f"{subdivision!r} is no part of {country}; it has {', '.join(kind.subdivisions) or 'none'}")
    unknown = [name for name in categories if name not in kind.supported_categories]
    if unknown:
        raise UnknownCountryError(f"{country} has no category {unknown[0]!r}; it has {', '.join(kind.supported_categories)}")
    language = "en_US" if "en_US" in kind.supported_languages else kind.default_language  # never the machine's own language
    found = library.country_holidays(
        country, subdiv=subdivision or None, years=span, language=language, categories=tuple(categories) or None
    )
    days = tuple(sorted((day_ordinal(day.isoformat()), str(name)) for day, name in found.items() if day.year in span))
    return Frozen(
        name=f"{country}-{subdivision}" if subdivision else country,
        days=days,
        first=day_ordinal(date(span[0], 1, 1).isoformat()),
        last=day_ordinal(date(span[-1], 12, 31).isoformat()),
        library="holidays " + version("holidays"),
        categories=tuple(categories) or ("public",),
    )

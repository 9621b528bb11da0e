"""Zones: from local wall time to instants and back, by the one pinned zone database.

Law: the tzdata package is the only source of rules (ARCHITECTURE D6); its TZif files are compiled to transition arrays, so
that a million stamps cost one binary search each and no Python object. Reading the package is the core's one read of a file.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Literal

import numpy as np
import tzdata  # type: ignore[import-untyped]
from numpy.typing import NDArray

from upheld.values.posix_rule import PosixRule, read_posix_rule

__all__ = ["LAST_US", "TZDATA_VERSION", "Edge", "OutOfRange", "UnknownZone", "Zone", "zone", "zone_names"]

I64 = NDArray[np.int64]
Edge = Literal["open", "close"]

TZDATA_VERSION: str = tzdata.__version__
"""The version of the zone database; part of the hash of every compiled calendar."""

_US = 1_000_000
_LAST_YEAR = 2199
LAST_US = 7_258_118_400 * _US
"""2200-01-01T00:00Z: rules are laid out up to here; later instants are refused."""

_FIXED = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class UnknownZone(ValueError):  # noqa: N818 - the agreed name
    """The name is no region of the zone database and no fixed offset."""


class OutOfRange(ValueError):  # noqa: N818 - the agreed name
    """An instant lies outside the span for which something was compiled: it is refused, never clamped."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """``transitions`` i64[n] µs UTC, rising; ``offsets`` i64[n+1] µs east of UTC: number i holds before transition i."""

    name: str
    transitions: I64
    offsets: I64
    _ends: I64 = field(init=False, repr=False)
    _starts: I64 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Local time where each segment ends and begins. Two changes can lie within hours of each other, so the search runs on
        # the envelopes: "the first segment that reaches this wall time", "the last that began no later than it".
        ends = self.transitions + self.offsets[:-1]
        starts = self.transitions + self.offsets[1:]
        object.__setattr__(self, "_ends", np.maximum.accumulate(ends))
        object.__setattr__(self, "_starts", np.minimum.accumulate(starts[::-1])[::-1])

    def offset_at(self, us: I64) -> I64:
        """i64[n]: µs east of UTC at the instants ``us``. Raises OutOfRange from 2200 on."""
        if len(us) and int(us.max()) > LAST_US:
            raise OutOfRange(f"zone rules of {self.name} are laid out until 2200 only")
        offsets: I64 = self.offsets[np.searchsorted(self.transitions, us, side="right")]
        return offsets

    def to_local(self, us: I64) -> I64:
        """i64[n]: the wall clock, as µs since 1970-01-01 00:00 on the wall."""
        return us + self.offset_at(us)

    def to_utc(self, local: I64, edge: Edge) -> I64:
        """i64[n]: the instant of a wall time. One that is skipped is the transition; one that occurs twice is the first as an
        opening and the second as a closing (LANGUAGE §4).
        """
        if len(local) and int(local.max()) > LAST_US:
            raise OutOfRange(f"zone rules of {self.name} are laid out until 2200 only")
        if not len(self.transitions):
            fixed: I64 = local - self.offsets[0]
            return fixed
        if edge == "open":
            segment = np.searchsorted(self._ends, local, side="right")
            instant = local - self.offsets[segment]
            begins = self.transitions[np.maximum(segment - 1, 0)]
            return np.where((segment > 0) & (instant < begins), begins, instant)
        segment = np.searchsorted(self._starts, local, side="right")
        instant = local - self.offsets[segment]
        last = len(self.transitions) - 1
        ends = self.transitions[np.minimum(segment, last)]
        return np.where((segment <= last) & (instant > ends), ends, instant)

    def local(self, us: int) -> int:
        """The wall clock of one instant, µs."""
        return int(self.to_local(np.array([us], np.int64))[0])

    def moved(self, local: int) -> int:
        """The instant a wall clock means that nobody put forward: a skipped time lies as long after the change as it was meant
        (02:30 is 03:30), a repeated one is the first. Not how hours are read: ``to_utc`` is.
        """
        first = self.utc(local, "open")
        segment = int(np.searchsorted(self._ends, local, side="right"))
        return local - int(self.offsets[segment - 1]) if self.local(first) != local else first

    def utc(self, local: int, edge: Edge = "open") -> int:
        """The instant of one wall time, µs."""
        return int(self.to_utc(np.array([local], np.int64), edge)[0])


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The region names of the zone database (``Area/Place``) and ``UTC``. Bare abbreviations such as ``EST`` are left out:
    they name an offset, not the rules of a place.
    """
    text = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii")
    return frozenset(name for name in text.split() if "/" in name or name == "UTC")


@lru_cache(maxsize=1024)
def zone(name: str) -> Zone:
    """The zone of an IANA region name, or of a fixed offset ``+HH:MM``. Raises UnknownZone."""
    fixed = _FIXED.fullmatch(name)
    if fixed:
        seconds = (int(fixed[2]) * 60 + int(fixed[3])) * 60
        offset = -seconds if fixed[1] == "-" else seconds
        return _zone(name, np.zeros(0, np.int64), np.array([offset], np.int64))
    if name not in zone_names():
        raise UnknownZone(f"{name} is no region of the zone database (tzdata {TZDATA_VERSION}) and no offset such as +02:00")
    data = resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
    moments, offsets, rule = _read_tzif(data)
    if rule is not None:
        moments, offsets = _continue(moments, offsets, rule)
    return _zone(name, moments, offsets)


def _zone(name: str, moments: I64, offsets: I64) -> Zone:
    """A zone from seconds; changes of the abbreviation alone are dropped."""
    real = np.flatnonzero(offsets[1:] != offsets[:-1])
    kept = np.concatenate([offsets[:1], offsets[real + 1]])
    transitions = moments[real] * _US
    offsets = kept * _US
    transitions.setflags(write=False)
    offsets.setflags(write=False)
    return Zone(name, transitions, offsets)


def _read_tzif(data: bytes) -> tuple[I64, I64, PosixRule | None]:
    """Transition seconds i64[n], offsets i64[n+1] and the footer's rule of a TZif file (RFC 8536, version 2 or later)."""
    start = 0
    for skip_size in (4, 8):
        magic, version, isut, isstd, leap, timecnt, typecnt, charcnt = struct.unpack_from(">4sc15x6l", data, start)
        if magic != b"TZif" or version < b"2":
            raise UnknownZone("the zone file is not TZif version 2 or later")
        body = start + 44
        if skip_size == 4:   # the first block repeats the data in 32 bits for readers of the last century
            start = body + timecnt * 5 + typecnt * 6 + charcnt + leap * 8 + isstd + isut
    moments = np.frombuffer(data, ">i8", timecnt, body).astype(np.int64)
    kinds = np.frombuffer(data, np.uint8, timecnt, body + timecnt * 8)
    types = body + timecnt * 9
    offset_of = np.array([struct.unpack_from(">l", data, types + 6 * i)[0] for i in range(typecnt)], np.int64)
    footer = types + typecnt * 6 + charcnt + leap * 12 + isstd + isut
    text = data[footer:].strip(b"\n").decode("ascii")
    offsets = np.concatenate([offset_of[:1], offset_of[kinds]])
    return moments, offsets, read_posix_rule(text) if text else None


def _continue(moments: I64, offsets: I64, rule: PosixRule) -> tuple[I64, I64]:
    """The transitions continued by the footer's rule until 2199."""
    if not rule.changes:
        if not len(moments):
            return moments, np.array([rule.standard], np.int64)
        return moments, offsets
    last = int(moments[-1]) if len(moments) else -(2**40)
    first_year = 1970 if not len(moments) else int(np.datetime64(last, "s").astype("datetime64[Y]").astype(np.int64)) + 1970
    further, after = rule.lay_out(first_year, _LAST_YEAR)
    new = further > last
    return np.concatenate([moments, further[new]]), np.concatenate([offsets, after[new]])

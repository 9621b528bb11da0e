"""Changes as an iCalendar feed (RFC 5545): a window an event, freezes as events beside them.

Law: an event keeps its UID over every correction, and its SEQUENCE grows with each; what is cancelled stays in the feed as CANCELLED.
Stamps come from the facts, never from a clock, so that the same facts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from upheld.changes.report import answer, spoken_against
from upheld.changes.view import ChangeView, Stage
from upheld.changes.words import span
from upheld.values.instant import DAY_US
from upheld.values.zone import zone

if TYPE_CHECKING:
    from icalendar import Event

__all__ = ["to_ics"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_ONE = date(1970, 1, 1)


def to_ics(views: Iterable[ChangeView], agreement: str, title: str, zone_name: str, freezes: Sequence[tuple[int, int, str]] = (),
           freezes_since: int = 0) -> bytes:
    """The feed. ``freezes``: spans with what they are called, agreed since ``freezes_since`` (µs UTC)."""
    from icalendar import Calendar

    feed = Calendar()
    feed.add("prodid", "-//Upheld//changes//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", f"{title}: changes")
    for view in views:
        for stage in view.stages:
            feed.add_component(_change(view, stage))
    for start, end, says in freezes:
        feed.add_component(_freeze(agreement, zone_name, start, end, says, freezes_since))
    return bytes(feed.to_ical())


def _instant(us: int) -> datetime:
    # the format knows whole seconds only
    return _EPOCH + timedelta(seconds=us // 1_000_000)


def _change(view: ChangeView, stage: Stage) -> Event:
    from icalendar import Event

    event = Event()
    cancelled = stage.cancelled_at is not None
    stamp = _instant(stage.known_at if stage.cancelled_at is None else stage.cancelled_at)
    several = len(view.stages) > 1
    event.add("uid", f"{stage.first_fact or stage.fact}.{stage.source}.{view.agreement}@upheld".replace(" ", "-"))
    event.add("dtstamp", stamp)
    event.add("created", _instant(stage.first_known_at))
    event.add("last-modified", stamp)
    event.add("sequence", stage.revision)
    event.add("dtstart", _instant(stage.start))
    if stage.end is not None:
        event.add("dtend", _instant(stage.end))
    event.add("summary", f"{view.title}{f' ({stage.title})' if several else ''}")
    event.add("status", "CANCELLED" if cancelled else "TENTATIVE" if any(not a.said for a in view.approvals) else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("categories", [stage.kind, view.class_])
    if stage.subject:
        event.add("location", stage.subject)
    event.add("description", "\n".join(_described(view, stage)))
    return event


def _described(view: ChangeView, stage: Stage) -> list[str]:
    lines = [f"Change {view.id} of {view.agreement}: {span(stage.start, stage.end, view.zone)} ({view.zone})"]
    if stage.cancelled_at is not None:
        return lines
    lines += [f"Counts as excluded: {answer(view)}", *(f"- {w}" for w in view.why)]
    lines += [f"Changes clause: {r.test.says}" for r in spoken_against(view) if r.stage in ("", stage.key)]
    lines += [f"{name.capitalize()}: {value}" for name in ("risk", "compatibility", "rollback") if (value := view.said(name))]
    return lines


def _freeze(agreement: str, zone_name: str, start: int, end: int, says: str, since: int) -> Event:
    from icalendar import Event

    event = Event()
    first, last = zone(zone_name).local(start), zone(zone_name).local(end)
    event.add("uid", f"freeze-{first // 1_000_000}.{agreement}@upheld")
    event.add("dtstamp", _instant(since))
    event.add("sequence", 0)
    if first % DAY_US == 0 and last % DAY_US == 0:
        event.add("dtstart", _DAY_ONE + timedelta(days=first // DAY_US))
        event.add("dtend", _DAY_ONE + timedelta(days=last // DAY_US))
    else:
        event.add("dtstart", _instant(start))
        event.add("dtend", _instant(end))
    event.add("summary", f"Freeze: {says}" if says else "Freeze")
    event.add("transp", "TRANSPARENT")
    event.add("categories", ["freeze"])
    return event

"""The facts of the hardware example: eighteen months of a storage vendor's support desk, invented.

Law: the same seed gives the same bytes. Only ``random.Random`` and whole minutes are used, and nothing asks the clock.
``python generate.py [FOLDER]`` writes the CSV files (default: ``data`` beside this file).
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo  # noqa: TID251 - the facts do not lean on what measures them

SEED = 20250101
FIRST, LAST = datetime(2025, 1, 1), datetime(2026, 7, 1)  # noqa: DTZ001 - Berlin wall time until it is written
CASES = 3_000
BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
HOURS = {"basic": ((8, 18),) * 5, "premium": (*((6, 22),) * 5, (8, 16)), "24x7x4": ((0, 24),) * 7}  # Monday first
TIERS = (
    # customer, agreement, tier, from, until, monthly fee in EUR, share of the cases
    ("acme", "northwind-acme", "premium", "2025-01-01", "2025-10-01", "2900.00", 26),
    ("acme", "northwind-acme", "24x7x4", "2025-10-01", "", "8200.00", 26),
    ("borealis", "northwind-standard", "basic", "2025-01-01", "", "900.00", 16),
    ("cygnus", "northwind-standard", "premium", "2025-01-01", "", "2400.00", 22),
    ("delphi", "northwind-standard", "basic", "2025-01-01", "2025-07-01", "900.00", 14),
    ("delphi", "northwind-standard", "premium", "2025-07-01", "", "2400.00", 14),
    ("elbe", "northwind-standard", "24x7x4", "2025-01-01", "", "6800.00", 22),
)
CUSTOMERS = tuple(dict.fromkeys(row[0] for row in TIERS))
SHARES = tuple(next(row[6] for row in TIERS if row[0] == c) for c in CUSTOMERS)
SEVERITY = {"site": (1, 1, 2), "array": (1, 2, 3), "part": (2, 3, 4)}
MINUTES = {  # typical minutes of service time by severity: answer, diagnosis, repair
    1: (14, 60, 240),
    2: (30, 120, 600),
    3: (90, 240, 1_200),
    4: (150, 420, 1_800),
}
LEVEL = {"24x7x4": "4h", "premium": "nbd", "basic": "sbd"}

Row = tuple[str, ...]


def tier_of(customer: str, t: datetime) -> str:
    """The tier the customer holds at ``t``."""
    return next(r[2] for r in TIERS if r[0] == customer and r[3] <= t.isoformat() and (not r[4] or t.isoformat() < r[4]))


def stamp(t: datetime) -> str:
    """Berlin wall time as a UTC stamp."""
    return t.replace(tzinfo=BERLIN).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: str) -> str:
    """The stamp of a Berlin midnight; empty stays empty."""
    return stamp(datetime.fromisoformat(day)) if day else ""


def after(t: datetime, minutes: int, tier: str) -> datetime:
    """``minutes`` of the tier's desk hours after ``t``: when people who work those hours get round to it."""
    week = HOURS[tier]
    left = minutes
    while True:
        day = t.replace(hour=0, minute=0, second=0)
        opens, closes = week[t.weekday()] if t.weekday() < len(week) else (0, 0)
        start, end = max(t, day + timedelta(hours=opens)), day + timedelta(hours=closes)
        room = int((end - start).total_seconds()) // 60
        if room > left:
            return start + timedelta(minutes=left)
        left -= max(room, 0)
        t = day + timedelta(days=1)


def spread(rng: random.Random, typical: int) -> int:
    """A duration around ``typical``: mostly shorter, now and then much longer."""
    return max(1, typical * rng.choice((20, 30, 40, 50, 60, 70, 75, 80, 90, 100, 105, 110, 120, 130, 150, 180, 260)) // 100 + rng.randrange(7))


def case_events(rng: random.Random, number: int, opened: datetime, customer: str) -> Iterator[Row]:
    """One case from its opening on, as far as it came by the end; a dispatch to the partner where someone had to go."""
    tier = tier_of(customer, opened)
    impact = rng.choices(("site", "array", "part"), (4, 30, 66))[0]
    urgency = rng.choices((0, 1, 2), (20, 45, 35))[0]
    severity = SEVERITY[impact][urgency]
    answer, diagnosis, repair = MINUTES[severity]
    slow = 2 if tier == "basic" else 1
    case = f"C-{number:05d}"
    said = ("case", customer, f"{customer}-{rng.randrange(1, 4)}", impact, ("high", "medium", "low")[urgency], LEVEL[tier])
    yield ("opened", stamp(opened), case, *said)

    def event(name: str, t: datetime) -> Iterator[Row]:
        if t < LAST:
            yield (name, stamp(t), case, "", "", "", "", "", "")

    answered = after(opened, spread(rng, answer * slow), tier)
    yield from event("answered", answered)
    diagnosed = after(answered, spread(rng, diagnosis), tier)
    if rng.random() < 0.22:
        asked = after(answered, rng.randrange(5, 60), tier)
        replied = asked + timedelta(minutes=rng.randrange(30, 2_880))
        yield from event("asked-customer", asked)
        yield from event("customer-replied", replied)
        diagnosed = after(replied, rng.randrange(10, 90), tier)
    ready = diagnosed
    if rng.random() < 0.45:
        yield from event("diagnosis-agreed", diagnosed)
        ready = part_delivered(rng, diagnosed, tier)
        yield from event("part-delivered", ready)
    if rng.random() < 0.35:
        yield from event("visit-agreed", ready)
        arrived = after(ready, spread(rng, {"24x7x4": 110, "premium": 420, "basic": 560}[tier]), tier)
        yield from event("engineer-arrived", arrived)
        if ready < LAST:
            yield ("dispatched", stamp(ready), f"D-{number:05d}", "dispatch", "northwind", said[2], "", "", LEVEL[tier])
        if arrived < LAST:
            yield ("technician-arrived", stamp(arrived), f"D-{number:05d}", "", "", "", "", "", "")
        ready = arrived
    resolved = after(ready, spread(rng, repair // 3), tier)
    step = {1: 55, 2: 230, 3: 1_300, 4: 2_600}[severity]
    told = opened + timedelta(minutes=spread(rng, step * 3 // 4))
    while told < resolved:
        yield from event("provider-updated", told)
        told += timedelta(minutes=step * rng.choice((50, 60, 75, 80, 85, 90, 95, 100, 100, 104)) // 100 + rng.randrange(4))
    yield from event("resolved", resolved)
    if rng.random() < 0.05:
        again = resolved + timedelta(minutes=rng.randrange(600, 18_000))
        yield from event("opened", again)
        resolved = after(again, spread(rng, repair // 2), tier)
        yield from event("resolved", resolved)
    if severity == 1 and customer == "acme" and rng.random() < 0.93:
        yield from event("cause-published", after(resolved, 600 * rng.randrange(1, 5) + rng.randrange(500), "basic"))


def part_delivered(rng: random.Random, ordered: datetime, tier: str) -> datetime:
    """When the part came: four hours by courier, or the next working day from the depot."""
    if tier == "24x7x4":
        return ordered + timedelta(minutes=spread(rng, 95))
    days = 1 + (ordered.hour >= 15) + (rng.random() < 0.04)
    t = ordered
    while days:
        t += timedelta(days=1)
        days -= t.weekday() < 5
    return t.replace(hour=rng.randrange(8, 18), minute=rng.randrange(60))


def openings(rng: random.Random) -> list[datetime]:
    """When cases open: any minute, three in four on a working day between seven and seven."""
    found = []
    minutes = int((LAST - FIRST).total_seconds()) // 60
    while len(found) < CASES:
        t = FIRST + timedelta(minutes=rng.randrange(minutes))
        busy = t.weekday() < 5 and 7 <= t.hour < 19
        if busy or rng.random() < 0.18:
            found.append(t)
    return sorted(found)


def duties(rng: random.Random) -> Iterator[Row]:
    """Changes, reviews after each quarter, drills each half-year."""
    for n in range(1, 73):
        begins = FIRST + timedelta(minutes=rng.randrange(30_000, 770_000))
        case = f"CH-{n:03d}"
        announced = begins - timedelta(days=rng.choices((3, 6, 8, 10, 14), (1, 2, 8, 8, 5))[0], minutes=rng.randrange(600))
        yield ("change-announced", stamp(announced), case, "change", rng.choice(CUSTOMERS), "", "", "", "")
        yield ("change-begins", stamp(begins), case, "", "", "", "", "", "")
    held = ("2025-04-16", "2025-07-22", "2025-11-04", "2026-01-20", "2026-04-28")
    for n, day in enumerate(held, 1):
        yield ("review-held", stamp(datetime.fromisoformat(f"{day}T10:00")), f"RV-{n}", "review", "acme", "", "", "", "")
    for n, day in enumerate(("2025-05-13", "2025-11-19", "2026-06-09"), 1):
        yield ("drill-passed", stamp(datetime.fromisoformat(f"{day}T22:00")), f"DR-{n}", "drill", "acme", "", "", "", "")


def intervals(rng: random.Random) -> Iterator[Row]:
    """Outages of arrays with their causes, and maintenance with the outage it brings, announced mostly in time."""
    span = int((LAST - FIRST).total_seconds()) // 60 - 2_000
    for n in range(1, 141):
        start = FIRST + timedelta(minutes=rng.randrange(span))
        long = rng.choices((1, 4, 12, 30, 75, 190, 420), (10, 20, 24, 22, 14, 7, 3))[0] + rng.randrange(3)
        end = start + timedelta(minutes=long)
        customer = rng.choices(CUSTOMERS, SHARES)[0]
        cause = rng.choices(("hardware", "software", "customer", "force-majeure"), (50, 30, 14, 6))[0]
        yield (f"O-{n:03d}", "outage", f"{customer}-array-{rng.randrange(1, 5)}", stamp(start), stamp(end), stamp(start), customer, cause)
    month = FIRST
    while month < LAST:
        for customer in CUSTOMERS:
            start = month.replace(day=rng.randrange(5, 26), hour=22, minute=0)
            end = start + timedelta(minutes=rng.choice((120, 180, 240, 240, 360, 600)))
            notice = start - timedelta(hours=rng.choices((170, 100, 73, 40), (10, 10, 4, 2))[0])
            array, key = f"{customer}-array-{rng.randrange(1, 5)}", f"{customer}-{month:%y%m}"
            yield (f"M-{key}", "maintenance", array, stamp(start), stamp(end), stamp(notice), customer, "planned")
            if rng.random() < 0.7:
                down = start + timedelta(minutes=rng.randrange(5, 30))
                over = end + timedelta(minutes=rng.choice((-30, -20, -10, 0, 15)))
                yield (f"P-{key}", "outage", array, stamp(down), stamp(over), stamp(down), customer, "planned")
        month = (month + timedelta(days=32)).replace(day=1)


def approvals(rng: random.Random, outages: Sequence[Row]) -> Iterator[Row]:
    """Both sides sign most cases of force majeure; sometimes the customer signs late, or refuses."""
    for row in outages:
        if row[7] == "force-majeure" and row[6] == "acme":
            start = datetime.fromisoformat(row[3]).replace(tzinfo=None)
            yield ("approval", row[0], "provider", stamp(start + timedelta(days=2)))
            answer = rng.choices(("approval", "refusal", ""), (6, 2, 2))[0]
            if answer:
                yield (answer, row[0], "customer", stamp(start + timedelta(days=rng.choice((4, 9, 60)))))


def charges() -> Iterator[Row]:
    """One fee a month, of the tier held on its first day."""
    month = FIRST
    while month < LAST:
        following = (month + timedelta(days=32)).replace(day=1)
        for customer, _, _, start, until, fee, _ in TIERS:
            day = f"{month:%Y-%m-%d}"
            if start <= day and (not until or day < until):
                yield (customer, "EUR", stamp(month), stamp(following), fee)
        month = following


def claims() -> Iterator[Row]:
    """What ACME claimed in time: December, and May without saying which arrays until it was asked."""
    yield ("claim", "uptime", "customer", "2026-01-12T09:30:00Z", "2025-12", "dates; affected arrays")
    yield ("claim", "uptime", "customer", "2026-06-08T08:15:00Z", "2026-05", "dates")
    yield ("claim", "uptime", "customer", "2026-06-19T14:05:00Z", "2026-05", "affected arrays")


def files(seed: int = SEED) -> dict[str, bytes]:
    """Every data file by name."""
    rng = random.Random(seed)
    events: list[Row] = []
    for number, opened in enumerate(openings(rng), 1):
        events += case_events(rng, number, opened, rng.choices(CUSTOMERS, SHARES)[0])
    events += duties(rng)
    events.sort(key=lambda row: (row[1], row[2]))
    found = sorted(intervals(rng), key=lambda row: row[3])
    held = [(c, a, t, midnight(s), midnight(u)) for c, a, t, s, u, _, _ in TIERS]
    return {
        "events.csv": text("event,at,case,type,customer,site,impact,urgency,level", events),
        "intervals.csv": text("id,kind,array,from,to,known,customer,cause", found),
        "approvals.csv": text("said,about,who,at", list(approvals(rng, found))),
        "subscriptions.csv": text("customer,agreement,tier,from,until", held),
        "claims.csv": text("said,about,who,at,window,evidence", list(claims())),
        "charges.csv": text("customer,currency,from,until,amount", list(charges())),
    }


def text(head: str, rows: Sequence[Row]) -> bytes:
    """Rows as CSV with a head."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head.split(","))
    writer.writerows(rows)
    return out.getvalue().encode()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data"
    for name, data in files().items():
        (folder / name).write_bytes(data)

"""What people use today, one function a tool. Runs only in the peers' own environment; never imports the product.

Reads one JSON line a request (``{"tool", "input", "output"}``), loads the .npz named, runs the tool, writes its answer and
replies ``{"cpu", "wall"}`` or ``{"error"}``. Conversions a user has to make before calling (µs to datetimes, frames) are made
before the clock starts, so every figure favours the tool.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from zoneinfo import ZoneInfo

import numpy as np

UTC = dt.UTC
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)


def _local(us, zone):
    """Naive local datetimes: what these tools expect."""
    tz = ZoneInfo(zone)
    return [(EPOCH + dt.timedelta(microseconds=int(u))).astimezone(tz).replace(tzinfo=None) for u in us]


def _time(second):
    return dt.time(second // 3600 % 24, second % 3600 // 60)


class Calendar:
    """The calendar of a request in forms that the tools take: week spans in seconds, closed days, zone."""

    def __init__(self, data):
        self.zone = str(data["zone"])
        self.week = [[(int(s), int(e)) for d, s, e in data["week"] if d == day] for day in range(7)]
        self.closed = [dt.date(1970, 1, 1) + dt.timedelta(days=int(d)) for d in data["closed"]]
        self.workdays = [day for day in range(7) if self.week[day]]
        self.spans = self.week[self.workdays[0]]


def pm4py_elapsed(data, cal):
    from pm4py.util.business_hours import soj_time_business_hours_diff

    slots = [(day * 86400 + s, day * 86400 + e) for day in cal.workdays for s, e in cal.week[day]]
    a, b = _local(data["start"], cal.zone), _local(data["end"], cal.zone)
    return lambda: np.array([soj_time_business_hours_diff(x, y, slots) for x, y in zip(a, b, strict=True)])


def business_duration_elapsed(data, cal):
    from business_duration import businessDuration

    a, b = _local(data["start"], cal.zone), _local(data["end"], cal.zone)
    off = [day for day in range(7) if day not in cal.workdays]
    closed = dict.fromkeys(cal.closed, "closed")

    def run():  # it knows one span a day: one call a span, added up
        total = np.zeros(len(a))
        for s, e in cal.spans:
            total += [
                businessDuration(x, y, _time(s), _time(e), weekendlist=off, holidaylist=closed, unit="sec")
                for x, y in zip(a, b, strict=True)
            ]
        return total

    return run


def _businesstimedelta_rule(cal):
    import businesstimedelta as btd
    import pytz

    zone = pytz.timezone(cal.zone)
    days = [btd.WorkDayRule(start_time=_time(s), end_time=_time(e), working_days=cal.workdays, tz=zone) for s, e in cal.spans]
    return btd.Rules([*days, *([btd.HolidayRule(cal.closed, tz=zone)] if cal.closed else [])])


def businesstimedelta_elapsed(data, cal):
    rule = _businesstimedelta_rule(cal)
    a, b = ([EPOCH + dt.timedelta(microseconds=int(u)) for u in data[name]] for name in ("start", "end"))
    return lambda: np.array([rule.difference(x, y).timedelta.total_seconds() for x, y in zip(a, b, strict=True)])


def businesstimedelta_due(data, cal):
    import businesstimedelta as btd

    rule = _businesstimedelta_rule(cal)
    a = [EPOCH + dt.timedelta(microseconds=int(u)) for u in data["start"]]
    targets = [btd.BusinessTimeDelta(rule, timedelta=dt.timedelta(microseconds=int(t))) for t in data["target"]]
    return lambda: np.array([(x + t - EPOCH).total_seconds() for x, t in zip(a, targets, strict=True)])


def _business_hour(cal):
    import pandas as pd

    mask = " ".join(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day] for day in cal.workdays)
    return pd.offsets.CustomBusinessHour(
        start=[_time(s) for s, _ in cal.spans], end=[_time(e) for _, e in cal.spans], weekmask=mask, holidays=cal.closed
    )


def custombusinesshour_elapsed(data, cal):
    import pandas as pd

    hour = _business_hour(cal)
    a, b = _local(data["start"], cal.zone), _local(data["end"], cal.zone)
    return lambda: np.array([3600.0 * max(0, len(pd.date_range(x, y, freq=hour)) - 1) for x, y in zip(a, b, strict=True)])


def custombusinesshour_due(data, cal):
    import pandas as pd

    hour = _business_hour(cal)
    a = [pd.Timestamp(x) for x in _local(data["start"], cal.zone)]
    hours = [int(t) // 3_600_000_000 for t in data["target"]]

    def run():
        moments = [x + n * hour for x, n in zip(a, hours, strict=True)]
        local = pd.DatetimeIndex(moments).tz_localize(cal.zone, ambiguous=True, nonexistent="shift_forward")
        return (local.tz_convert("UTC") - pd.Timestamp(0, tz="UTC")).total_seconds().to_numpy()

    return run


def busday_elapsed(data, cal):
    """The recipe of many answers: whole working days by numpy.busday_count, and the two ends clipped to the day's hours."""
    import pandas as pd

    mask = [bool(cal.week[day]) for day in range(7)]
    calendar = np.busdaycalendar(weekmask=mask, holidays=cal.closed)
    a, b = np.asarray(data["start"]), np.asarray(data["end"])
    full = sum(e - s for s, e in cal.spans)

    def worked(seconds):
        return sum(np.clip(seconds - s, 0, e - s) for s, e in cal.spans)

    def before(us):
        local = pd.DatetimeIndex(us.view("datetime64[us]")).tz_localize("UTC").tz_convert(cal.zone).tz_localize(None)
        stamp = local.to_numpy().astype("datetime64[us]")
        day = stamp.astype("datetime64[D]")
        inside = worked((stamp - day).astype(np.int64) / 1e6)
        return day, np.where(np.is_busday(day, busdaycal=calendar), inside, 0.0)

    def run():
        (day_a, in_a), (day_b, in_b) = before(a), before(b)
        return np.busday_count(day_a, day_b, busdaycal=calendar) * full + in_b - in_a

    return run


# ---- outages: seconds down per service and month, without maintenance, in service hours ---------------------------------


class Estate:
    """The intervals of a request: outages and maintenance by service, open spans, month edges (µs)."""

    def __init__(self, data):
        self.data = {name: data[name] for name in data.files}
        self.services, self.edges = int(data["services"]), data["edges"]
        self.open = list(zip(data["open_start"].tolist(), data["open_end"].tolist(), strict=True))
        order = [np.argsort(data[name], kind="stable") for name in ("service", "m_service")]
        self.down, self.planned = (
            self._by(data, *names, rows)
            for names, rows in ((("service", "start", "end"), order[0]), (("m_service", "m_start", "m_end"), order[1]))
        )

    def _by(self, data, key, start, end, rows):
        found = [[] for _ in range(self.services)]
        for service, s, e in zip(data[key][rows].tolist(), data[start][rows].tolist(), data[end][rows].tolist(), strict=True):
            found[service].append((s, e))
        return found

    @property
    def months(self):
        return list(zip(self.edges[:-1].tolist(), self.edges[1:].tolist(), strict=True))


def bioframe_outages(estate):
    import bioframe
    import pandas as pd

    d = estate.data

    def frame(service, start, end):
        return pd.DataFrame({"chrom": np.char.add("s", np.asarray(service).astype(str)), "start": start, "end": end})

    down, planned = frame(d["service"], d["start"], d["end"]), frame(d["m_service"], d["m_start"], d["m_end"])
    names = np.arange(estate.services)
    pieces = [(max(s, a), min(e, b), m) for m, (a, b) in enumerate(estate.months) for s, e in estate.open if s < b and e > a]
    grid = frame(
        np.repeat(names, len(pieces)), np.tile([p[0] for p in pieces], len(names)), np.tile([p[1] for p in pieces], len(names))
    )
    grid["month"] = np.tile([p[2] for p in pieces], len(names))

    def run():
        merged = bioframe.merge(down)[["chrom", "start", "end"]]
        left = bioframe.subtract(merged, bioframe.merge(planned)[["chrom", "start", "end"]])
        both = bioframe.overlap(left, grid, how="inner", suffixes=("", "_g"), return_overlap=True)
        length = both["overlap_end"].astype("int64") - both["overlap_start"].astype("int64")
        found = np.zeros((estate.services, len(estate.months)), np.int64)
        np.add.at(found, (both["chrom"].str[1:].astype(int).to_numpy(), both["month_g"].to_numpy(int)), length.to_numpy())
        return found

    return run


def portion_outages(estate):
    import portion

    def union(spans):
        return portion.Interval(*(portion.closedopen(s, e) for s, e in spans))

    def run():
        found = np.zeros((estate.services, len(estate.months)), np.int64)
        hours = [union([(s, e) for s, e in estate.open if s < b and e > a]) & portion.closedopen(a, b) for a, b in estate.months]
        for service in range(estate.services):
            left = union(estate.down[service]) - union(estate.planned[service])
            for month, ((a, b), opened) in enumerate(zip(estate.months, hours, strict=True)):
                found[service, month] = sum(p.upper - p.lower for p in left & portion.closedopen(a, b) & opened if not p.empty)
        return found

    return run


def intervaltree_outages(estate):
    from intervaltree import IntervalTree

    starts = np.array([s for s, _ in estate.open])
    ends = np.array([e for _, e in estate.open])
    before = np.concatenate([[0], np.cumsum(ends - starts)])

    def worked(t):
        i = np.searchsorted(starts, t, side="right") - 1
        return 0 if i < 0 else int(before[i] + min(t - starts[i], ends[i] - starts[i]))

    def run():
        found = np.zeros((estate.services, len(estate.months)), np.int64)
        for service in range(estate.services):
            tree = IntervalTree.from_tuples(estate.down[service])
            tree.merge_overlaps(strict=False)
            for s, e in estate.planned[service]:
                tree.chop(s, e)
            for a, _ in estate.months[1:]:
                tree.slice(a)
            for piece in tree:
                month = np.searchsorted(estate.edges, piece.begin, side="right") - 1
                found[service, month] += worked(piece.end) - worked(piece.begin)
        return found

    return run


def staircase_outages(estate):
    import staircase

    hours = staircase.Stairs(start=[s for s, _ in estate.open], end=[e for _, e in estate.open])

    def stairs(spans):
        return staircase.Stairs(start=[s for s, _ in spans], end=[e for _, e in spans]) if spans else staircase.Stairs()

    def run():
        found = np.zeros((estate.services, len(estate.months)), np.int64)
        for service in range(estate.services):
            left = (stairs(estate.down[service]) > 0) & ~(stairs(estate.planned[service]) > 0) & hours
            for month, (a, b) in enumerate(estate.months):
                found[service, month] = round(left.clip(a, b).integral() or 0)
        return found

    return run


ELAPSED = {
    "pm4py business hours": pm4py_elapsed,
    "business-duration": business_duration_elapsed,
    "businesstimedelta": businesstimedelta_elapsed,
    "pandas CustomBusinessHour": custombusinesshour_elapsed,
    "numpy busday recipe": busday_elapsed,
}
DUE = {"businesstimedelta": businesstimedelta_due, "pandas CustomBusinessHour": custombusinesshour_due}
OUTAGES = {
    "bioframe": bioframe_outages,
    "portion": portion_outages,
    "intervaltree": intervaltree_outages,
    "staircase": staircase_outages,
}


def answer(request):
    """Run one request; the reply as a dict."""
    data = np.load(request["input"])
    if request["what"] == "outages":
        run = OUTAGES[request["tool"]](Estate(data))
    else:
        run = (ELAPSED if request["what"] == "elapsed" else DUE)[request["tool"]](data, Calendar(data))
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    took = time.process_time() - cpu, time.perf_counter() - wall
    np.save(request["output"], found)
    return {"cpu": took[0], "wall": took[1]}


def main():
    import warnings

    warnings.simplefilter("ignore")  # the peers' own deprecations are not ours to print
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # pm4py prints a banner on stdout
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()

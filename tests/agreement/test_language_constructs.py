"""The language's own constructs, as its description writes them: each compiles to a plan without an error."""

from __future__ import annotations

import pytest

from upheld.agreement.load import load

HEAD = """upheld: 1
agreement: t
title: T
version: 1
effective: {from: 2026-01-01, until: 2028-12-31}
timezone: Europe/Berlin
currency: EUR
parties:
  provider: {name: P}
  customer: {name: C}
calendars:
  office: {hours: {mon-fri: [08:00-12:00, 13:00-17:30]}}
  depot: {hours: {mon-fri: [08:00-18:00]}}
states:
  outage: {where: {kind: outage}}
  parked: {from: parked-begin, until: parked-end}
  waiting: {from: asked-customer, until: [customer-replied, resolved]}
  open: {from: opened, until: closed}
commitments:
"""

CONSTRUCTS = {
    "quarterly uptime per component with published bands": """
  uptime: {measure: availability, for_each: [component], down: outage, out_of: period, per: quarter, target: ">= 99.9%",
           credit: {pay: {by result: {"> 99.0%, <= 99.9%": 10%, "< 99.0%": 25%}}, of: fee}, accept: {band-gap: "as published"}}""",
    "mean of five-minute error rates": """
  errors: {measure: values, for_each: [account, region], ratio: {good: {status: {not: [500, 503]}}, total: any},
           slices: {each: 5m, empty: good}, value: mean, per: {each: month, from: day 15}, target: ">= 99.9%"}""",
    "next working day with a cut-off": """
  part: {measure: clock, starts: diagnosis-agreed, stops: part-delivered, hours: {by level: {24x7x4: always, else: depot}},
         within: {by level: {24x7x4: 4h, nbd: {by time of start: {"< 15:00": 1 working day at close, else: 2 working days at close}}}}}""",
    "line repair by 13:00": """
  repair: {measure: clock, starts: reported, stops: cleared, pauses: parked, hours: always,
           within: {by time of start: {"< 13:00": 0 days at 24:00, else: 1 days at 13:00}}}""",
    "an update every hour": """
  updates: {measure: clock, starts: opened, stops: provider-updated, again: while open, pauses: waiting,
            within: {by severity: {1: 1h, else: 4h in office}}}""",
    "points that double": """
  uptime: {measure: availability, down: outage, out_of: period, per: month, target: ">= 99.9%",
           points: {by result: {"< 99.9%": 1, else: 0}}, repeat: {by missed in a row: {1: 1, ">= 2": 2}}}
  points: {measure: combine, sum of points: [uptime], per: month, credit: {pay: 1%, of: fee, per: point}}""",
    "breach notice": """
  notice: {measure: clock, starts: breach-known, stops: customer-notified, hours: always, within: 72h}""",
    "root cause": """
  cause: {measure: clock, of: {severity: 1}, starts: resolved, stops: cause-published, within: 5 working days in office}""",
    "quarterly review": """
  review: {measure: clock, starts: {every: quarter, at: end}, stops: review-held, within: 30 days}""",
    "change notice": """
  change: {measure: clock, before: change-begins, stops: change-announced, within: 5 working days in office}""",
    "drill": """
  drill: {measure: clock, starts: {every: half-year, at: start}, stops: drill-passed, within: 6 months}""",
}


@pytest.mark.parametrize("text", CONSTRUCTS.values(), ids=CONSTRUCTS.keys())
def test_a_construct_of_the_language_compiles(text: str) -> None:
    loaded = load({"t.yaml": (HEAD + text.lstrip("\n") + "\n").encode()}, name="t.yaml")
    assert [f for f in loaded.findings if f.severity == "error"] == []
    assert loaded.plan is not None
    assert all(c.head.sentence for c in loaded.plan.commitments.values())

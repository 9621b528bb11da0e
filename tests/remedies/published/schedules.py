"""Published credit schedules, transcribed from the published text and not from our agreements.

Each holds the id of its record in the collection of published schedules (and of the folder in examples/published that is put to the
test), the page it was read from, the words the table stands on, and the rule as plain Fractions. ``made`` says how a figure comes about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

F = Fraction
Made = Literal["outage", "ticket", "minutes", "five minutes", "counts"]
UNKNOWN = "unknown"
Owed = Fraction | str | None
"""Minor units, exact; UNKNOWN where the published table does not say; None where nothing is owed. Other words: what is given instead."""


@dataclass(frozen=True)
class Row:
    """``low`` to ``high`` in percent. As the collection has it: the lower end belongs to the row, the upper one does not, unless said."""

    low: str
    high: str
    credit: str                    # percent of the fee, or words
    with_low: bool = True
    with_high: bool = False

    def holds(self, share: Fraction) -> bool:
        low, high = F(self.low) / 100, F(self.high) / 100
        return (low < share or (self.with_low and share == low)) and (share < high or (self.with_high and share == high))


@dataclass(frozen=True)
class Schedule:
    """One schedule. ``base`` counts what can be down in a window: µs, minutes, 1e-6 of five minutes, or user minutes."""

    id: str
    page: str
    says: str
    commitment: str
    target: str
    rows: tuple[Row, ...] = ()
    rule: Callable[[Fraction, int, int, int], Owed] | None = None       # (time down in µs, µs of the window, days in it, fee)
    points: Callable[[int, int, int], list[Fraction]] | None = None     # (µs of the window, days, fee): µs down where the rule turns
    made: Made = "outage"
    window: Literal["month", "quarter", "year"] = "month"
    first: int = 2025
    group: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)               # attributes of facts that are no part of the result
    kind: str = "outage"                                                # of an outage, or the series of counts
    fee: int = 123_457                                                  # minor units a month
    fee_says: Mapping[str, str] = field(default_factory=dict)
    minimum: bool = False                                               # "more than 1 USD"
    claims: bool = False
    claim_after: Literal["window", "incident"] = "window"
    zone: str = "UTC"
    quiet: tuple[str, ...] = ()              # kinds or series that were watched too, and nothing happened
    reports: str = ""                         # the event by which a report of the window is delivered, without which it counts as missed

    def owed(self, share: Fraction, base_us: int, days: int, fee: int) -> Owed:
        """What the published text gives for a share of the time (or of the requests)."""
        if self.rule is not None:
            return self.rule((1 - share) * base_us, base_us, days, fee)
        row = next((r for r in self.rows if r.holds(share)), None)
        if row is None:
            return None if share >= F(self.target) / 100 else UNKNOWN
        if not row.credit.endswith("%"):
            return row.credit
        return F(row.credit[:-1]) / 100 * fee

    def turns(self, base_us: int, days: int, fee: int) -> list[Fraction]:
        """The shares at which the credit changes."""
        if self.points is not None:
            return [1 - down / base_us for down in self.points(base_us, days, fee)]
        ends = {F(r.low) for r in self.rows} | {F(r.high) for r in self.rows} | {F(self.target)}
        return sorted((e / 100 for e in ends if 0 < e < 100), reverse=True)


AWS = "10%, 30% or 25%, 100% of the charges; only if more than 1 USD; asked for by the end of the second billing cycle after the incident"
MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE


def aws(name: str, page: str, commitment: str, target: str, second: str, third: str, middle: str, group: Mapping[str, str],
        **more: object) -> Schedule:
    rows = (Row(second, target, "10%"), Row(third, second, middle), Row("0", third, "100%"))
    return Schedule(name, page, AWS, commitment, target, rows, group=group, minimum=True, claims=True, **more)  # type: ignore[arg-type]


def slack(down: Fraction, base: int, days: int, fee: int) -> Owed:
    return 10 * fee * down / base if 1 - down / base < F("0.9999") else None


def rackspace(down: Fraction, base: int, days: int, fee: int) -> Owed:
    steps = down // (30 * MINUTE)
    return min(F(5, 100) * steps, F(1)) * fee if steps else None


def virteche(down: Fraction, base: int, days: int, fee: int) -> Owed:
    steps = max(down - F(base, 1000), F(0)) // (15 * MINUTE)
    return F(fee, days) * steps if steps else None


def hostingking(down: Fraction, base: int, days: int, fee: int) -> Owed:
    over = down - F(base, 1000)
    return min(10 * fee * over / base, F(fee)) if over > 0 else None


def ovh(down: Fraction, base: int, days: int, fee: int) -> Owed:
    minutes = down / MINUTE
    return min(F(5, 1000) * minutes, F(1)) * fee if minutes >= 3 else None


def terremark(down: Fraction, base: int, days: int, fee: int) -> Owed:
    number = 1 + down // (100 * MINUTE)
    return F(fee, 30) * min(number, 15) if down > F(base, 1000) else None


def fixed(target: str) -> Callable[[Fraction, int, int, int], Owed]:
    return lambda down, base, days, fee: F(250_000) if 1 - down / base < F(target) / 100 else None


MICROSOFT = "of the applicable monthly fees, at most all of them; claimed by the end of the month that follows the month of the incident"
GOOGLE = "of the monthly bill; requested within 30 days, else forfeited"
ATLASSIAN = "of the month's fees of the product; downtime is minutes with more than 5% errors; asked for within 15 days after the month"

SCHEDULES = (
    aws("aws-ec2-region", "https://aws.amazon.com/compute/sla/historical/", "uptime", "99.99", "99.0", "95.0",
        "30%", {"region": "eu-central-1"},
        fee_says={"kind": "recurring"}),
    aws("aws-ec2-instance", "https://aws.amazon.com/compute/sla/", "instance", "99.5", "99.0", "95.0", "30%", {"instance": "i-1"},
        kind="instance-down"),
    aws("aws-ec2-instance", "https://aws.amazon.com/compute/sla/", "region", "99.99", "99.0", "95.0", "30%", {"region": "eu-central-1"},
        kind="region-down", quiet=("instance-down",)),
    aws("aws-rds-multiaz", "http://aws.amazon.com/es/rds-sla/", "uptime", "99.95", "99.0", "95.0", "25%", {"instance": "orders"}),
    aws("aws-rds-single", "http://aws.amazon.com/es/rds-sla/", "uptime", "99.5", "99.0", "95.0", "25%", {"instance": "db-1"}),
    aws("aws-s3-standard", "https://aws.amazon.com/s3/sla/historical/", "errors", "99.9", "99.0", "95.0", "25%",
        {"class": "standard", "region": "eu-west-1"}, made="five minutes", kind="requests"),
    aws("aws-s3-ia", "https://aws.amazon.com/s3/sla/", "errors", "99.0", "98.0", "95.0", "25%",
        {"class": "standard-ia", "region": "eu-west-1"}, made="five minutes", kind="requests"),
    aws("aws-compute-optimizer", "https://aws.amazon.com/compute-optimizer/sla/", "errors", "99.9", "99.0", "95.0", "25%",
        {"region": "eu-west-1"}, made="five minutes", kind="requests"),
    Schedule("gcp-gce-multizone", "https://cloud.google.com/compute/sla", GOOGLE, "uptime", "99.99",
             (Row("99.0", "99.99", "10%"), Row("95.0", "99.0", "25%"), Row("0", "95.0", "100%")), made="minutes", kind="connectivity",
             group={"project": "shop", "region": "europe-west1"}, claims=True),
    Schedule("gcp-gce-2016-model", "isa-group/governify-agreement-analyzer, 17 - Google CE.ag", GOOGLE + "; up to 50%", "uptime", "99.95",
             (Row("99.0", "99.95", "10%"), Row("95.0", "99.0", "25%"), Row("0", "95.0", "30%")), group={"project": "shop"}, claims=True),
    Schedule("ms365-user-minutes", "Microsoft consolidated SLA, March 2025", MICROSOFT, "uptime", "99.9",
             (Row("99.0", "99.9", "25%"), Row("95.0", "99.0", "50%"), Row("0", "95.0", "100%")), made="counts", kind="user-minutes",
             group={"service": "exchange"}, claims=True),
    Schedule("ms-teams-phone", "https://office365itpros.com/2021/12/06/sla-teams-phone/", MICROSOFT, "uptime", "99.99",
             (Row("99.9", "99.99", "10%"), Row("99.0", "99.9", "25%"), Row("95.0", "99.0", "50%"), Row("0", "95.0", "100%")),
             group={"service": "calling"}, claims=True),
    Schedule("github-quarterly", "github/docs, github-enterprise-service-level-agreement.md",
             "more than 99.0 up to and with 99.9: 10%, below 99.0: 25% of the fees of the quarter for the feature; within 30 days", "uptime",
             "99.9", (Row("99.0", "99.9", "10%", with_low=False, with_high=True), Row("0", "99.0", "25%")), window="quarter",
             group={"feature": "git"}, claims=True, quiet=("requests",)),
    Schedule("atlassian-premium", "https://www.atlassian.com/legal/sla", ATLASSIAN, "uptime", "99.9",
             (Row("99.0", "99.9", "10%"), Row("95.0", "99.0", "25%"), Row("0", "95.0", "50%")), made="minutes", kind="requests",
             group={"product": "jira"}, more={"experience": "browser"}, claims=True),
    Schedule("atlassian-enterprise",
             "https://support.atlassian.com/subscriptions-and-billing/docs/service-level-agreement-for-atlassian-cloud-products/",
             ATLASSIAN, "uptime", "99.95",
             (Row("99.0", "99.95", "10%"), Row("95.0", "99.0", "25%"), Row("0", "95.0", "50%")), made="minutes", kind="requests",
             group={"product": "jira"}, more={"experience": "browser"}, claims=True),
    Schedule("host-europe", "isa-group/governify-agreement-analyzer, 10 - Host Europe.ag",
             "bands with one decimal: 99.8 to 98.0, 97.9 to 95.0, 94.9 to 90.0, 89.9 down",
             "uptime", "99.9", (Row("98.0", "99.8", "10%", with_high=True), Row("95.0", "97.9", "25%", with_high=True),
                                Row("90.0", "94.9", "50%", with_high=True), Row("0", "89.9", "100%", with_high=True)),
             group={"server": "vs-1"}),
    Schedule("factobyte", "isa-group/governify-agreement-analyzer, 13 - Factobyte Hosting.ag",
             "of future renewals: 90 to 99.8, 80 to 89.9, 70 to 79.9, below 69.9", "uptime",
             "99.9", (Row("90", "99.8", "10%"), Row("80", "89.9", "25%"), Row("70", "79.9", "50%"), Row("0", "69.9", "100%")), window="year",
             first=2022),
    Schedule("cisco-meraki", "isa-group/governify-agreement-analyzer, 15 - Cisco Meraki Hosted Software.ag",
             "days of service added to the term: 3, 7, 15", "uptime", "99.99",
             (Row("99.9", "99.99", "the term extended by 3 days"), Row("99.0", "99.9", "the term extended by 7 days"),
              Row("0", "99.0", "the term extended by 15 days")), group={"service": "dashboard"}),
    Schedule("accord-sla", "accordproject/cicero-template-library, src/servicelevelagreement",
             "98.0 to 99.8: 2%, below 98.0: 3% of the monthly "
             "charge; 10% a month and of any 12 months", "level", "99.8", (Row("98.0", "99.8", "2%"), Row("0", "98.0", "3%")),
             reports="report-delivered"),
    Schedule("slack-quarter", "https://slack.com/policy-archives/service-level-agreement/2024-06-14",
             "ten times what was paid for the time down",
             "uptime", "99.99", rule=slack, points=lambda base, days, fee: [F(base, 10_000), F(base, 100), F(base, 10)], window="quarter"),
    Schedule("rackspace-network", "http://www.docstoc.com/docs/46384527/Sla-Hosting",
             "5% of the monthly fee for each 30 minutes, at most all of it",
             "network", "100", rule=rackspace, made="ticket", group={"server": "web-1"}, claims=True,
             points=lambda base, days, fee: [F(30 * MINUTE), F(60 * MINUTE), F(9 * HOUR + 30 * MINUTE), F(10 * HOUR), F(11 * HOUR)]),
    Schedule("virteche-network", "https://virteche.com/service-level-agreement.html",
             "one day of service for each 15 minutes beyond the 0.1% of the month",
             "uptime", "99.9", rule=virteche, group={"service": "vps"}, claims=True, claim_after="incident",
             points=lambda base, days, fee: [F(base, 1000), F(base, 1000) + 15 * MINUTE, F(base, 1000) + 30 * MINUTE]),
    Schedule("hostingking-1000", "https://hostingking.com/company/sla", "ten times the rental of the time beyond 99.9%, at most the rental",
             "uptime", "99.9", rule=hostingking, made="ticket", group={"server": "box-1"},
             points=lambda base, days, fee: [F(base, 1000), F(base, 1000) + HOUR, F(base, 1000) + F(base, 10)]),
    Schedule("ovh-public-cloud-2016", "isa-group/governify-agreement-analyzer, 06 - OVH Public Cloud.ag",
             "0.5% for each one-minute interval down, from three on, at most 100%",
             "down-minutes", "99.9999", rule=ovh, made="minutes", kind="probes", group={"instance": "vm-1"},
             points=lambda base, days, fee: [F(3 * MINUTE), F(10 * MINUTE), F(200 * MINUTE)]),
    Schedule("terremark-backup", "isa-group/governify-agreement-analyzer, 19 - Verizon Terramark Cloud Backing.ag",
             "1 + one for each complete 100 minutes, each a thirtieth of the fee, at most 15",
             "uptime", "99.9", rule=terremark, group={"service": "backup"},
             points=lambda base, days, fee: [F(base, 1000), F(100 * MINUTE), F(200 * MINUTE), F(1400 * MINUTE), F(1500 * MINUTE)]),
    Schedule("ebt-liquidated", "https://docest.com/doc/7504/attachment-q-service-level-agreements-sla",
             "central computer below 99.9% of the scheduled time of a month: 2,500 USD", "central-computer",
             "99.9", rule=fixed("99.9"), points=lambda base, days, fee: [F(base, 1000)], more={"part": "central"}, zone="America/New_York"),
    Schedule("ebt-liquidated", "https://docest.com/doc/7504/attachment-q-service-level-agreements-sla",
             "whole system below 98.0%: 2,500 USD", "total-system", "98.0", rule=fixed("98.0"),
             points=lambda base, days, fee: [F(base, 50)], more={"part": "network"}, zone="America/New_York"),
)
"""Schedules whose credit hangs on one figure. Rows of counts of cases, rows over several windows and claims with their own window have
tests of their own beside this."""

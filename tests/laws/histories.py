"""Random histories: outages, cases, late facts and corrections, recorded in some order, stated as they come in.

``python histories.py SEED COUNT`` prints one digest over all of them, so that another process can be held against this one.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Sequence
from itertools import pairwise

from upheld.agreement.load import load
from upheld.closing.inputs import Inputs, figures_from
from upheld.evidence.bundle import canonical
from upheld.facts.leaves import batches_of
from upheld.statements.difference import difference
from upheld.statements.period import period_of

AGREEMENT = b"""\
upheld: 1
agreement: acme
version: 1
effective: {from: 2026-01-01}
timezone: Europe/Berlin
currency: EUR
parties: {provider: {name: Northwind}, customer: {name: acme}}
states:
  outage: {where: {kind: outage}, at_least: 60s}
  works: {where: {kind: works}}
exclusions:
  works: {while: works, effect: leave_out}
commitments:
  uptime:
    measure: availability
    down: outage
    out_of: period
    per: month
    target: ">= 99.9%"
    excluding: works
    credit: {pay: {by result: {">= 99.5%, < 99.9%": 5%, ">= 99%, < 99.5%": 10%, "< 99%": 25%}}, of: fee}
  answer:
    measure: clock
    starts: opened
    stops: answered
    within: 4h
    per: month
    credit: {pay: 33.33 EUR, per: missed case}
caps: [{up_to: 30%, of: fee, in: month}]
earn_back: {when: target met 1 windows in a row, share: 50%}
"""
HOUR = 3_600_000_000
START = 1_767_222_000_000_000        # 2026-01-01 in Berlin
END = START + 120 * 24 * HOUR
COMPLETE = {"monitor": (START, END), "desk": (START, END), "charges": (START, END)}
PERIOD = period_of("2026-01-01..2026-03-31", "Europe/Berlin")
PLAN = load({"acme.yaml": AGREEMENT}, name="acme.yaml").plan


def leaf(shape: str, source: str, row: int, **body: object) -> bytes:
    kept = {"what_kind" if k == "kind_" else k: v for k, v in body.items()}
    return canonical({"kind": "fact", "shape": shape, "source": source, "file": f"{source}.csv", "row": row, "scale": 1, **kept})


def history(rng: random.Random) -> list[bytes]:
    """The leaves in the order in which they came to be known."""
    known: list[tuple[int, bytes]] = []
    for m in range(4):
        start = START + m * 30 * 24 * HOUR
        known.append((start, leaf("charges", "charges", m + 1, id=f"f{m}", customer="acme", currency="EUR", start=start,
                                  end=start + 30 * 24 * HOUR, minor=rng.randrange(10_000, 99_999), known_at=START)))
    row = 0
    for n in range(rng.randrange(2, 9)):
        begin = START + rng.randrange(90 * 24) * HOUR + rng.randrange(3_600) * 1_000_000
        end = begin + rng.choice([30, 600, 3_600, 9_000, 40_000]) * 1_000_000
        at = end + rng.choice([0, 1, 24, 24 * 40]) * HOUR
        row += 1
        kind = rng.choice(["outage", "outage", "works"])
        known.append((at, leaf("intervals", "monitor", row, id=f"o{n}", kind_=kind, subject="array", start=begin, end=end, known_at=at)))
        if rng.random() < 0.4:
            later = at + rng.randrange(1, 900) * HOUR
            row += 1
            if rng.random() < 0.3:
                known.append((later, leaf("intervals", "monitor", row, id=f"o{n}b", replaces=f"o{n}", void=True, kind_=kind, subject="array",
                                          start=begin, end=end, known_at=later)))
            else:
                known.append((later, leaf("intervals", "monitor", row, id=f"o{n}b", replaces=f"o{n}", kind_=kind, subject="array", start=begin,
                                          end=end + rng.randrange(-20, 90) * 60_000_000 if end - begin > 2 * HOUR else end + HOUR,
                                          known_at=later)))
    for n in range(rng.randrange(1, 6)):
        opened = START + rng.randrange(85 * 24) * HOUR
        row += 1
        known.append((opened, leaf("events", "desk", row, id=f"c{n}o", case=f"C{n}", event="opened", at=opened, known_at=opened)))
        if rng.random() < 0.85:
            answered = opened + rng.choice([1, 3, 5, 30]) * HOUR
            at = answered + rng.choice([0, 0, 200]) * HOUR
            row += 1
            known.append((at, leaf("events", "desk", row, id=f"c{n}a", case=f"C{n}", event="answered", at=answered, known_at=at)))
    return [one for _, one in sorted(known)]


def stated(leaves: Sequence[bytes]) -> dict[str, object]:
    """The figures that rest on these leaves."""
    assert PLAN is not None
    inputs = Inputs("acme", (PLAN,), {}, {}, tuple(batches_of(leaves)), COMPLETE, ())
    return figures_from(inputs, PERIOD, None)[0]


def check(rng: random.Random) -> bytes:
    """The laws of one history; its last figures."""
    leaves = history(rng)
    cuts = sorted({*(rng.randrange(5, len(leaves) + 1) for _ in range(3)), len(leaves)})
    revisions = [stated(leaves[:n]) for n in cuts]
    for n, figures in zip(cuts, revisions, strict=True):
        # replayed at its basis, with the leaves of the basis in another order: the same bytes
        again = leaves[:n]
        rng.shuffle(again)
        assert canonical(stated(again)) == canonical(figures)
    totals = [r["totals"]["owed_minor"] for r in revisions]  # type: ignore[index]
    changes = [difference(a, b).minor for a, b in pairwise(revisions)]
    assert totals[0] + sum(changes) == totals[-1], (totals, changes)
    return canonical(revisions[-1])


def digest(seed: str, first: int, beyond: int) -> str:
    """One hash over the histories ``first`` to ``beyond`` of a seed."""
    found = hashlib.sha256()
    for n in range(first, beyond):
        found.update(check(random.Random(f"{seed}/{n}")))
    return found.hexdigest()


if __name__ == "__main__":
    print(digest(sys.argv[1], 0, int(sys.argv[2])))

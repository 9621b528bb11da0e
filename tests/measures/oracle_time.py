"""A naive reading of states and exclusions of time: minute by minute membership, sets of minutes, plain fractions.

It shares nothing with the kernels: facts are dicts, a result's time is a set of minutes, runs are found by walking.
"""

from __future__ import annotations

from fractions import Fraction

M = 60_000_000


def minutes(fact: dict) -> set[int]:
    return set(range(fact["start"] // M, fact["end"] // M))


def runs(time: set[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for t in sorted(time):
        if found and found[-1][-1] == t - 1:
            found[-1].append(t)
        else:
            found.append([t])
    return found


def long_enough(time: set[int], least: int, *, beyond: bool = False) -> set[int]:
    return {t for run in runs(time) if len(run) >= least for t in (run[least:] if beyond else run)}


def union(facts: list[dict]) -> set[int]:
    return set().union(*(minutes(f) for f in facts)) if facts else set()


def share(down_facts: list[dict], clauses: list[tuple], window: set[int], open_: set[int], least: int, *, period: bool = False,
          beyond: bool = False) -> tuple[Fraction | None, dict]:
    """``clauses``: ``("while", effect, minutes)`` or ``("where", effect, predicate, minutes | None)`` in order."""
    down = long_enough(union(down_facts), least, beyond=beyond)
    whole = window if period else window & open_
    left: dict[int, int] = {}
    taken: dict[int, tuple[int, str]] = {}
    facts = list(down_facts)
    for j, clause in enumerate(clauses):
        if clause[0] == "while":
            hit = {t for t in clause[2] if t not in taken}
        else:
            before = union_left(facts, clauses[:j]) & down
            after = union_left(facts, clauses[:j + 1]) & down
            hit = {t for t in before - after if t not in taken}
        for t in hit:
            taken[t] = (j, clause[1])
    base = {t for t in whole if not (t in taken and taken[t][1] == "leave_out")}
    bad = {t for t in window & open_ & down if t not in taken}
    for j, clause in enumerate(clauses):
        counted = whole if clause[1] == "leave_out" else window & open_ & down
        left[j] = len([t for t in counted if t in taken and taken[t][0] == j])
    return (1 - Fraction(len(bad), len(base)) if base else None), {"base": len(base), "down": len(bad), "left": left}


def union_left(facts: list[dict], clauses: list[tuple]) -> set[int]:
    """What the facts still attest after the ``where`` clauses: a fact's minutes without those a clause takes from it."""
    time: set[int] = set()
    for fact in facts:
        mine = minutes(fact)
        for clause in clauses:
            if clause[0] == "where" and clause[2](fact):
                mine = mine - (clause[3] if clause[3] is not None else mine)
        time |= mine
    return time

"""Examples beside a clause, worked out by the one evaluator (LANGUAGE §9).

Law: an example is facts of its own and nothing else; what it expects is compared with what an assessment of them gives. One that
does not hold is an error at its line, with what was expected and what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from upheld.agreement.load import Loaded
from upheld.agreement.model.example import Example
from upheld.assessment.assess import assess, contexts
from upheld.assessment.cases import CaseLine, case_lines
from upheld.assessment.judge import judge_figure
from upheld.assessment.outcome import worst
from upheld.assessment.show import show_decimal, show_duration
from upheld.facts.batch import Batch
from upheld.facts.record import record
from upheld.facts.tables import I64, Attribute, Facts
from upheld.measures.clock_windows import EVERY_CASE, part_rows
from upheld.measures.result import Figure, Part
from upheld.plans.plan import AvailabilityPlan, ClockPlan, Commitment, EventState, IntervalState, Plan, Schedule
from upheld.plans.selector import Key, OneOf, Selector
from upheld.values import quantity
from upheld.values.condition import Condition
from upheld.values.exact import exact_number
from upheld.values.finding import Finding
from upheld.values.instant import day_ordinal, format_instant, parse_instant
from upheld.values.quantity import DAY_US, Wrong
from upheld.values.zone import zone

__all__ = ["example_findings"]

_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?")
_WEIGHTS = 1_000_000
_LONG_US = 400 * DAY_US
_CASE = "the example"


class _Unusable(Exception):  # noqa: N818 - a way out of the reader, told as a finding
    """The example cannot be worked out; the message says why."""


def example_findings(loaded: Loaded) -> tuple[Finding, ...]:
    """What the examples of one agreement say that its clauses do not. Nothing where the agreement has errors or no examples."""
    if loaded.plan is None or loaded.model is None or loaded.node is None:
        return ()
    listed: list[tuple[tuple[str | int, ...], str, Example]] = []
    for name, written in loaded.model.commitments.items():
        listed += [(("commitments", name, "examples", i), name, e) for i, e in enumerate(written.examples)]
    listed += [(("examples", i), e.commitment, e) for i, e in enumerate(loaded.model.examples)]
    findings = []
    for path, name, example in listed:
        if loaded.node.at(path).file != loaded.name:
            continue   # a base's example is for the base
        clause = loaded.plan.commitments.get(name)
        try:
            if clause is None:
                raise _Unusable(f"there is no commitment {name!r}" if name else "it does not say of which commitment")
            wrong = tuple(_differences(loaded.plan, clause, example))
        except (_Unusable, ValueError) as problem:
            findings.append(Finding("example-fails", f"this example cannot be worked out: {problem}", loaded.node.at(path)))
            continue
        findings += [Finding("example-fails", text, loaded.node.at((*path, "expect")), "mend the clause or the example") for text in wrong]
    return tuple(findings)


def _differences(plan: Plan, clause: Commitment, example: Example) -> Iterator[str]:
    found = _found(plan, clause, example)
    for key, expected in example.expect:
        if key not in found:
            raise _Unusable(f"it has no {key}")
        if not _same(plan, key, expected, found[key]):
            yield f"expected {key} {expected}, found {_shown(plan, key, found[key])}"


def _found(plan: Plan, clause: Commitment, example: Example) -> Mapping[str, str | int | Fraction | None]:
    said = dict(example.said)
    if "result" in said:
        return _judged(plan, clause, said)
    if example.down is not None:
        return _spans(plan, clause, example)
    if isinstance(clause, ClockPlan):
        return _case(plan, clause, example)
    raise _Unusable("give a result, or spans with their window: down: [{from: ..., until: ...}]")


# ---- a result, to be judged -----------------------------------------------------------------------------------------


def _judged(plan: Plan, clause: Commitment, said: Mapping[str, Sequence[str]]) -> Mapping[str, str | Fraction | None]:
    value = _value(said["result"][0])
    axes: dict[str, str | Fraction | None] = {"customer": plan.customer or None}
    axes |= {key: texts[0] for key, texts in said.items() if key not in ("result", "number of cases")}
    figure = Figure(value, value, n=int(_value(said["number of cases"][0])) if "number of cases" in said else 10**9)
    targets: list[Condition | None] = [None]
    if isinstance(clause, ClockPlan):
        own = [row.target(figure.n) for row in part_rows(clause)[0]]
        every = EVERY_CASE if clause.head.target is None and clause.value == "share" else None
        targets = [t or every for t in own]
    verdicts = [judge_figure(clause.head, Part((), 0, figure, figure, target=t), figure, axes).verdict for t in targets]
    return {"verdict": worst(tuple(verdicts)), "value": value}


def _value(text: str) -> Fraction:
    number = exact_number(text)
    if number is not None:
        return number
    found = quantity.share(text) if text.endswith("%") else quantity.open_time(text)
    if isinstance(found, Wrong):
        raise _Unusable(f"{text!r} is no value: {found.reason}")
    return Fraction(found)


# ---- spans ----------------------------------------------------------------------------------------------------------


def _spans(plan: Plan, clause: Commitment, example: Example) -> Mapping[str, str | Fraction | None]:
    assert example.down is not None
    kind = _kind_of(plan, clause)
    rows = [{"kind": kind, **dict(span)} for span in example.down]
    stamps = [(_stamp(plan, row.pop("from")), _stamp(plan, row.pop("until"))) for row in rows]
    if any(a >= b for a, b in stamps):
        raise _Unusable("a span ends before it begins")
    weights = [_value(row.pop("weight", "1")) for row in rows]
    names = sorted({name for row in rows for name in row} - {"kind", "subject"})
    texts = {"kind": _column([row["kind"] for row in rows]), "subject": _column([row.get("subject", "") for row in rows])}
    batch = Batch("intervals", "example", "example", np.arange(1, len(rows) + 1), texts,
                  {"start": _times(a for a, _ in stamps), "end": _times(b for _, b in stamps)},
                  {"weight": _times(int(w * _WEIGHTS) for w in weights)}, _WEIGHTS,
                  {name: _column([row.get(name) for row in rows]) for name in names})
    last = max([b for _, b in stamps], default=plan.from_us)
    facts = _watched(plan, [batch], min([plan.from_us, *(a for a, _ in stamps)]), last)
    fitting = dict(example.said)
    as_of = _stamp(plan, example.as_of) if example.as_of else None
    found = [o for o in assess([plan], facts, as_of, (clause.head.id,)).outcomes
             if o.window == example.window and all(dict(o.group).get(k, v[0]) == v[0] for k, v in fitting.items())]
    if not found:
        raise _Unusable(f"there is no window {example.window}")
    verdict = worst(tuple(o.verdict for o in found))
    one = next(o for o in found if o.verdict == verdict)
    return {"verdict": verdict, "value": one.low if one.low == one.high else one.shown}


def _kind_of(plan: Plan, clause: Commitment) -> str:
    if not isinstance(clause, AvailabilityPlan):
        raise _Unusable("spans are given for availability only")
    rule = plan.states[clause.down]
    kinds = _texts_of(rule.where, "kind") if isinstance(rule, IntervalState) else ()
    return kinds[0] if kinds else ""


def _watched(plan: Plan, batches: Sequence[Batch], first: int, last: int) -> Facts:
    """The facts, everything watched from the first to long after the last."""
    kinds = {"cases", *(k for r in plan.states.values() if isinstance(r, IntervalState) for k in _texts_of(r.where, "kind"))}
    kinds |= {str(k) for b in batches if "kind" in b.texts for k in b.texts["kind"].names}
    what = sorted(kinds - {""})
    n = len(what)
    coverage = Batch("coverage", "example", "coverage", np.arange(1, n + 1), {"what": _column(what)},
                     {"start": np.full(n, first), "end": np.full(n, last + _LONG_US)})
    return record([*(b for b in batches if len(b)), coverage])


# ---- one case -------------------------------------------------------------------------------------------------------


def _case(plan: Plan, clause: ClockPlan, example: Example) -> Mapping[str, str | int | Fraction | None]:
    events = _events_of(plan, clause)
    happened = sorted((_stamp(plan, text), name) for name, texts in example.said if name in events for text in texts)
    if not happened:
        raise _Unusable(f"no event of the clause is given; it asks for {', '.join(sorted(events)) or 'none that a case has'}")
    n = len(happened)
    batch = Batch("events", "example", "example", np.arange(1, n + 1),
                  {"case": _column([_CASE] * n), "event": _column([name for _, name in happened])}, {"at": _times(at for at, _ in happened)},
                  attributes={name: _column([texts[0]] * n) for name, texts in example.said if name not in events})
    facts = _watched(plan, [batch], min(plan.from_us, happened[0][0]), happened[-1][0])
    (context,) = contexts([replace(plan, from_us=min(plan.from_us, happened[0][0]))], facts,
                          _stamp(plan, example.as_of) if example.as_of else None, clause.head.id)
    lines = case_lines(clause, context, (), 0, only=_CASE)
    if not lines:
        raise _Unusable("the clause counts no such case")
    return _line(lines)


def _line(lines: Sequence[CaseLine]) -> Mapping[str, str | int | Fraction | None]:
    """The case under the share, or in the cycle, that fares worst; a cycle cut short by the end of the duty is none."""
    first = next((line for line in lines if line.verdict != "left out"), lines[0])
    return {"verdict": first.verdict, "elapsed": first.elapsed_us, "due": parse_instant(first.due) if first.due else None}


def _events_of(plan: Plan, clause: ClockPlan) -> frozenset[str]:
    selectors = [clause.stops, *((clause.before,) if clause.before is not None else ())]
    if not isinstance(clause.starts, Schedule):
        selectors.append(clause.starts)
    for name in (*clause.pauses, *((clause.again,) if clause.again else ())):
        rule = plan.states[name]
        if isinstance(rule, EventState):
            selectors += [rule.begins, rule.ends]
    return frozenset(text for s in selectors for text in _texts_of(s, "event"))


# ---- texts, stamps, comparisons -------------------------------------------------------------------------------------


def _texts_of(selector: Selector, attribute: str) -> tuple[str, ...]:
    """The texts a selector asks for in one attribute."""
    if isinstance(selector, Key):
        return selector.test.texts if selector.attribute == attribute and isinstance(selector.test, OneOf) else ()
    return tuple(t for part in selector.parts for t in _texts_of(part, attribute))


def _column(texts: Sequence[str | None]) -> Attribute:
    names = sorted({t for t in texts if t is not None})
    return Attribute(np.array([-1 if t is None else names.index(t) for t in texts], np.int32), tuple(names))


def _times(values: Iterator[int]) -> I64:
    return np.array(list(values), np.int64)


def _stamp(plan: Plan, text: str) -> int:
    """RFC 3339, or a local time of the agreement's zone."""
    local = _LOCAL.fullmatch(text)
    try:
        if local is None:
            return parse_instant(text)
        day, hour, minute, second = local.groups()
        seconds = int(hour) * 3600 + int(minute) * 60 + int(second or 0)
        return zone(plan.zone).utc(day_ordinal(day) * DAY_US + seconds * 1_000_000, "open")
    except ValueError as problem:
        raise _Unusable(f"{text!r} is no time ({problem}); write 2026-01-05 09:00") from None


def _same(plan: Plan, key: str, expected: str, found: str | int | Fraction | None) -> bool:
    if key == "verdict" or isinstance(found, str) or found is None:
        return expected == found
    if key == "due":
        return _stamp(plan, expected) == found
    value = _value(expected)
    if value == found:
        return True
    if key == "elapsed":
        return False
    # a rounded figure is told with as many digits as the example has
    digits = expected.rstrip("%")
    places = len(digits.partition(".")[2])
    return show_decimal(Fraction(found) * (100 if expected.endswith("%") else 1), places) == digits


def _shown(plan: Plan, key: str, found: str | int | Fraction | None) -> str:
    if isinstance(found, str) or found is None:
        return found or "none"
    if key == "due":
        return format_instant(int(found), plan.zone)
    if key == "elapsed":
        return show_duration(found)
    return f"{show_decimal(Fraction(found) * 100, 3)}%" if 0 <= found <= 1 else str(found)

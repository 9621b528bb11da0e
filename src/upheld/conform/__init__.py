"""Conform: clock cases of other systems, run on this engine, and where the two part.

Law: a case is run by what it declares. Each ends as agree, differ or not computed, with both values and the reason; none is
passed over, and none is known by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from upheld.conform.case import Case, NotComputedError
from upheld.conform.kinds import KINDS
from upheld.conform.ticket import ASSERTED, measure_of
from upheld.values.finding import Finding, Place, ordered
from upheld.values.instant import format_instant, parse_instant

__all__ = ["Agreement", "Report", "conform_files", "run"]

Status = Literal["agree", "differs", "not computed"]
_FORMAT = "itsm-sla-vectors/1"
_LARGEST = 64 * 1024 * 1024
_BOUNDARY = "agree(boundary="


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one case went. ``claim``: what its file says an exact engine finds; ``boundary``: the declared one."""

    id: str
    status: Status
    expected: str
    computed: str
    reason: str
    boundary: str
    claim: str

    @property
    def is_as_claimed(self) -> bool:
        """False where the file says the case agrees and it does not."""
        return self.status == "agree" or not self.claim.startswith("agree")


@dataclass(frozen=True, slots=True)
class Report:
    """All cases of all files, and the files that could not be read."""

    agreements: tuple[Agreement, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True if every file could be read and every case marked as agreeing does, under its declared boundary."""
        return not self.findings and all(case.is_as_claimed for case in self.agreements)

    def count(self, status: Status) -> int:
        """How many cases ended so."""
        return sum(case.status == status for case in self.agreements)

    def lines(self) -> tuple[str, ...]:
        """What differs and why, what was not computed and why, and the sum."""
        found = []
        for case in self.agreements:
            if case.status == "agree" and case.boundary == "close":
                continue
            if case.status == "agree":
                found.append(f"{case.id}: agrees with boundary {case.boundary}")
            elif case.status == "differs":
                found.append(f"{case.id}: differs: the source says {case.expected}, computed {case.computed}{_because(case)}")
            else:
                found.append(f"{case.id}: not computed{_because(case)}")
        found += [f"{finding.place}: {finding.severity}[{finding.slug}]: {finding.message}" for finding in self.findings]
        total = f"{self.count('agree')} agree, {self.count('differs')} differ, {self.count('not computed')} not computed"
        return (*found, total)


def conform_files(files: Iterable[tuple[str, bytes]]) -> Report:
    """Run the cases of each file (name, content). A file that cannot be read is a finding, and the others are still run."""
    agreements: list[Agreement] = []
    findings: list[Finding] = []
    for name, data in files:
        try:
            cases = _cases(data)
        except ValueError as error:
            help_text = f'a file of cases is {{"format": "{_FORMAT}", "cases": […]}}'
            findings.append(Finding("conform-file", str(error), Place(name), help_text))
            continue
        agreements += run(cases)
    return Report(tuple(agreements), ordered(findings))


def run(cases: Iterable[object]) -> list[Agreement]:
    """How each case went, in their order."""
    return [_run(body if isinstance(body, dict) else {}, number) for number, body in enumerate(cases, 1)]


def _cases(data: bytes) -> list[object]:
    if len(data) > _LARGEST:
        raise ValueError("the file is larger than 64 MiB")
    try:
        found = json.loads(data.decode("utf-8"), parse_float=Fraction)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"the file is not JSON in UTF-8: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("cases"), list):
        raise ValueError("the file has no list of cases")
    if found.get("format", _FORMAT) != _FORMAT:
        raise ValueError(f"the format {found['format']!r} is not {_FORMAT}")
    return list(found["cases"])


def _run(body: Mapping[str, Any], number: int) -> Agreement:
    name = str(body.get("id") or f"case {number}")
    check = body.get("check")
    claim = str(check.get("status", "")) if isinstance(check, dict) else ""
    boundary = _boundary(body, claim)
    case = Case(body, boundary)
    if claim == "not_checked":
        return Agreement(name, "not computed", "", "", "the source gives nothing to compute", boundary, claim)
    try:
        expected, computed = _ticket(case) if case.kind == "ticket" else _single(case)
    except NotComputedError as missing:
        return Agreement(name, "not computed", "", "", str(missing), boundary, claim)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        return Agreement(name, "not computed", "", "", f"the case cannot be read: {error}", boundary, claim)
    parts = [key for key in expected if expected[key] != computed.get(key)]
    shown = parts or list(expected)
    reason = str(body.get("note", "")) if parts else ""
    status: Status = "differs" if parts else "agree"
    return Agreement(name, status, _show(expected, shown), _show(computed, shown), reason, boundary, claim)


def _boundary(body: Mapping[str, Any], claim: str) -> str:
    """The boundary the case declares, in its check or its rules; ours (``close``) where it declares none."""
    if claim.startswith(_BOUNDARY):
        return claim.removeprefix(_BOUNDARY).rstrip(")")
    rules = body.get("rules")
    declared = rules.get("boundary") if isinstance(rules, dict) else None
    return declared if declared in {"close", "next_open"} else "close"


def _single(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    compute = KINDS.get(case.kind)
    if compute is None:
        raise NotComputedError(f"cases of kind {case.kind!r} have no answer here")
    computed = dict(compute(case))
    expected = {key: _plain(value) for key, value in case.expected.items() if key in computed}
    if not expected:
        raise NotComputedError(f"the case asserts {', '.join(case.expected) or 'nothing'}")
    return expected, {key: _plain(value) for key, value in computed.items()}


def _ticket(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    expected: dict[str, Any] = {}
    computed: dict[str, Any] = {}
    stated = [m for m in case.body.get("measures") or () if isinstance(m, dict)]
    measures = [m for m in stated if any(m.get(name) is not None for name in ASSERTED)]
    if not measures:
        raise NotComputedError("the case states no clock of its own")
    for number, measure in enumerate(measures):
        clock = str(measure.get("metric") or number)
        for name, value in measure_of(case, measure).items():
            key = f"{clock} {name}" if f"{clock} {name}" not in computed else f"{clock} {number} {name}"
            wanted = measure[name]
            computed[key] = _plain(value)
            expected[key] = _plain({"at": wanted.get("at")} if name == "escalation" else wanted)
    return expected, computed


def _plain(value: Any) -> Any:
    """Instants as µs, so that two spellings of one compare equal; all else as it is."""
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except ValueError:
            return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _show(values: Mapping[str, Any], keys: Iterable[str]) -> str:
    return "; ".join(f"{key} {_text(values.get(key))}" for key in keys)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) > 10**12:
        return format_instant(value)
    if isinstance(value, list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return "none" if value is None else str(value)


def _because(case: Agreement) -> str:
    return f" ({case.reason})" if case.reason else ""

"""Load: the exact bytes of an agreement to its model, its plan, and everything there is to say about it.

Law: pure; the same bytes give the same plan and the same findings. A plan is given only without errors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from upheld.agreement import reader
from upheld.agreement.compile import Compiled, compile_agreement
from upheld.agreement.mend import as_finding, mend
from upheld.agreement.merge import Override, merge
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.form import Path
from upheld.agreement.nodes import Map, Node
from upheld.calendars.spec import HolidayList
from upheld.plans.plan import Plan
from upheld.values.finding import Finding, FindingsError, has_errors, ordered

__all__ = ["Loaded", "load"]

Bases = Callable[[str, str], tuple[str, bytes] | None]
"""Gives (file name, bytes) of an agreement by its id and version, or None if there is none."""


@dataclass(frozen=True)
class Loaded:
    """An agreement as read: ``node`` (merged), ``model`` and ``plan`` as far as they could be made, every finding."""

    name: str
    model: Agreement | None
    plan: Plan | None
    node: Node | None
    findings: tuple[Finding, ...]
    hash: str = ""


def load(
    files: Mapping[str, bytes], *, name: str, holidays: Mapping[str, tuple[HolidayList, ...]] | None = None, bases: Bases | None = None
) -> Loaded:
    """The agreement in ``files[name]``. ``holidays``: frozen lists by name (``DE-BE``). Raises ``KeyError`` without that file."""
    data = files[name]
    used = {name: data}
    try:
        node = reader.read(name, data)
    except FindingsError as error:
        return Loaded(name, None, None, None, error.findings)
    merged, overrides, found = _merge(node, bases, used)
    digest = _digest(used)
    try:
        model = Agreement.model_validate(merged.plain())
    except ValidationError as error:
        return Loaded(name, None, None, merged, ordered((*found, *mend(error, merged, Agreement))), digest)
    compiled = compile_agreement(model, merged, digest, holidays or {})
    findings = ordered((*found, *_checked(compiled, merged, overrides)))
    return Loaded(name, model, None if has_errors(findings) else compiled.plan, merged, findings, digest)


def _merge(node: Node, bases: Bases | None, used: dict[str, bytes]) -> tuple[Node, tuple[Override, ...], tuple[Finding, ...]]:
    """The node with its base and likes put in; what it replaced; what is wrong with either. ``used`` gains the bases' bytes."""
    if not isinstance(node, Map):
        return node, (), ()
    found: list[Finding] = []

    def resolve(reference: str) -> Node | None:
        agreement, _, version = reference.partition("@")
        base = bases(agreement, version) if bases is not None else None
        if base is None:
            return None
        file, data = base
        used[file] = data
        try:
            return reader.read(file, data)
        except FindingsError as error:
            found.extend(error.findings)
            return None

    merged = merge(node, resolve)
    return merged.node, merged.overrides, (*found, *merged.findings)


def _digest(used: Mapping[str, bytes]) -> str:
    """sha256 of the file's bytes; of several files, of their own digests in order of their names."""
    digests = [hashlib.sha256(used[name]) for name in sorted(used)]
    return digests[0].hexdigest() if len(digests) == 1 else hashlib.sha256(b"".join(d.digest() for d in digests)).hexdigest()


def _checked(compiled: Compiled, node: Node, overrides: tuple[Override, ...]) -> tuple[Finding, ...]:
    from upheld.agreement.checks import check

    problems = [*compiled.desk.problems, *check(compiled, overrides)]
    accepted = _accepts(node)
    findings: list[Finding] = []
    used: set[tuple[Path, str]] = set()
    for problem in problems:
        finding = as_finding(problem, node)
        scope = next(
            (path for path in sorted(accepted, key=len, reverse=True) if problem.path[: len(path)] == path and problem.slug in accepted[path]),
            None,
        )
        if scope is not None and problem.slug not in UNACCEPTABLE:
            used.add((scope, problem.slug))
            finding = replace(finding, severity="note", help=f"accepted: {accepted[scope][problem.slug]}")
        findings.append(finding)
    for path, slugs in accepted.items():
        findings += [
            Finding(
                "accept-unused",
                f"`{slug}` is accepted here, but nothing of the kind was found",
                node.key_at((*path, "accept", slug)),
                "take it out",
                "warning",
            )
            for slug in slugs
            if (path, slug) not in used
        ]
    return tuple(findings)


UNACCEPTABLE = frozenset(
    {"unknown-calendar", "unknown-state", "unknown-exclusion", "unknown-commitment", "unknown-zone", "unknown-party"}
    | {"unknown-contact", "unknown-escalation", "unknown-playbook", "unknown-role", "unknown-rota", "name-of-two", "rota-empty", "rota-starts"}
)
"""What cannot be accepted: without it there is no figure, or nobody knows who is told."""


def _accepts(node: Node) -> dict[Path, Mapping[str, str]]:
    found: dict[Path, Mapping[str, str]] = {}
    for path, child in node.walk():
        if path and path[-1] == "accept":
            plain = child.plain()
            if isinstance(plain, dict):
                found[path[:-1]] = {slug: str(reason) for slug, reason in plain.items()}
    return found

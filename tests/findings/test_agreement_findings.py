"""Bad agreements: one tiny file per finding of the models, the compiler and the checks, with exactly what is printed for it.

``pytest tests/findings --update-findings`` writes the outputs anew; read the difference before it is kept.
Files in ``together/<finding>/`` are loaded as one workspace; ``made.py`` makes those too long to be kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from made_findings import MADE, shortened
from test_findings import READ_OR_MERGED

from upheld.agreement.checks.across import across
from upheld.agreement.fmt import fmt
from upheld.agreement.load import load
from upheld.values.finding import Finding, FindingsError, ordered
from upheld.values.finding_format import render
from upheld.workspace import example_findings

HERE = Path(__file__).parent
FILES = sorted(path for path in HERE.glob("*.yaml") if path.name.split(".")[0] not in READ_OR_MERGED)
TOGETHER = sorted(path for path in (HERE / "together").iterdir() if path.is_dir())


def base(agreement: str, version: str) -> tuple[str, bytes] | None:
    path = HERE / "bases" / f"{agreement}@{version}.yaml"
    return (f"bases/{path.name}", path.read_bytes()) if path.exists() else None


def findings_of(name: str, data: bytes) -> tuple[Finding, ...]:
    if name.startswith("layout"):
        try:
            fmt(data.decode(), name)
        except FindingsError as error:
            return error.findings
    loaded = load({name: data}, name=name, bases=base)
    return ordered((*loaded.findings, *example_findings(loaded)))


def assert_said(said: str, kept: Path, slug: str, *, update: bool) -> None:
    if update:
        kept.write_text(said, encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8")
    assert f"[{slug}]" in said


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_agreement_says_exactly_this(path: Path, update_findings: bool) -> None:
    said = render(findings_of(path.name, path.read_bytes()))
    assert_said(said, path.with_suffix(".txt"), path.name.split(".", maxsplit=1)[0], update=update_findings)


@pytest.mark.parametrize("folder", TOGETHER, ids=lambda path: path.name)
def test_bad_agreements_together_say_exactly_this(folder: Path, update_findings: bool) -> None:
    loaded = [load({path.name: path.read_bytes()}, name=path.name, bases=base) for path in sorted(folder.glob("*.yaml"))]
    assert not [f for one in loaded for f in one.findings if f.severity == "error"]
    assert_said(render(across(loaded)), folder / "said.txt", folder.name.split(".", maxsplit=1)[0], update=update_findings)


@pytest.mark.parametrize("name", MADE)
def test_a_bad_file_that_is_made_says_exactly_this(name: str, update_findings: bool) -> None:
    said = shortened(render(findings_of(f"{name}.yaml", MADE[name][1]())))
    assert_said(said, HERE / f"{name}.txt", name.split(".", maxsplit=1)[0], update=update_findings)

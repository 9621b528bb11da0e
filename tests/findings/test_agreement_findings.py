"""Bad agreements: one tiny file per finding of the models, the compiler and the checks, with exactly what is printed for it.

``pytest tests/findings --update-findings`` writes the outputs anew; read the difference before it is kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_findings import READ_OR_MERGED

from upheld.agreement.load import load
from upheld.values.finding_format import render

HERE = Path(__file__).parent
FILES = sorted(path for path in HERE.glob("*.yaml") if path.name.split(".")[0] not in READ_OR_MERGED)


def base(agreement: str, version: str) -> tuple[str, bytes] | None:
    path = HERE / "bases" / f"{agreement}@{version}.yaml"
    return (f"bases/{path.name}", path.read_bytes()) if path.exists() else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_agreement_says_exactly_this(path: Path, update_findings: bool) -> None:
    loaded = load({path.name: path.read_bytes()}, name=path.name, bases=base)
    said = render(loaded.findings)
    expected = path.with_suffix(".txt")
    if update_findings:
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert f"[{path.name.split('.')[0]}]" in said

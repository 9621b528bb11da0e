"""Bad files: one tiny file per finding, with exactly what is printed for it.

``pytest tests/findings --update-findings`` writes the outputs anew; read the difference before it is kept.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from upheld.agreement.merge import merge
from upheld.agreement.nodes import Map, Node
from upheld.agreement.reader import read
from upheld.values.finding import Finding, FindingsError
from upheld.values.finding_format import render

HERE = Path(__file__).parent
READ_OR_MERGED = {
    *("alias", "anchor", "base-cycle", "base-unknown", "base-unpinned", "character", "confusable", "depth", "directive"),
    *("documents", "duplicate-key", "empty-file", "empty-value", "encoding", "key-form", "like-cycle", "like-unknown"),
    *("merge-key", "not-a-mapping", "nothing-to-remove", "syntax", "tag"),
}
FILES = sorted(path for path in HERE.glob("*.yaml") if path.name.split(".")[0] in READ_OR_MERGED)


def base(reference: str) -> Node | None:
    path = HERE / "bases" / f"{reference}.yaml"
    return read(f"bases/{path.name}", path.read_bytes()) if path.exists() else None


def findings_of(path: Path) -> tuple[Finding, ...]:
    try:
        root = read(path.name, path.read_bytes())
    except FindingsError as error:
        return error.findings
    assert isinstance(root, Map)
    return merge(root, base).findings


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_says_exactly_this(path: Path, update_findings: bool) -> None:
    said = render(findings_of(path))
    expected = path.with_suffix(".txt")
    if update_findings:
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert f"[{path.name.split('.')[0]}]" in said


def test_every_finding_of_reader_and_merge_has_its_bad_file() -> None:
    assert {path.name.split(".")[0] for path in FILES} == READ_OR_MERGED


def test_the_page_of_findings_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("build_findings", HERE.parent.parent / "docs" / "build_findings.py")
    assert spec
    assert spec.loader
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    assert builder.PAGE.read_text(encoding="utf-8") == builder.page(), "run python docs/build_findings.py"

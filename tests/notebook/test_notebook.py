"""A notebook shows the very figures of the command line: as text, as HTML that carries no markup of the facts, as a frame."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import upheld
from upheld.cli.main import cli

GITHUB = Path(__file__).resolve().parents[2] / "examples" / "github"


def test_the_frame_has_the_rows_of_the_command() -> None:
    frame = upheld.open(GITHUB).assess().frame()
    shown = json.loads(CliRunner().invoke(cli, ["assess", "-w", str(GITHUB), "--format", "json"]).stdout)
    rows = [o for a in shown["assessments"] for o in a["outcomes"]]
    assert frame["value"].to_list() == [o["value"] for o in rows]
    assert frame["exact_low"].to_list() == [o["exact_low"] for o in rows]
    assert frame["verdict"].to_list() == [o["verdict"] for o in rows]


def test_a_result_and_its_reasons_show_themselves() -> None:
    book = upheld.open(GITHUB)
    assert len(book.findings) == len(list(book.findings)) >= 1
    assert "<pre>" in book.findings._repr_html_()
    result = book.assess("github-enterprise", "uptime", as_of="2024-05-01")
    assert "uptime 2024-Q1" in repr(result)
    assert "<table>" in result._repr_html_()
    why = book.explain("github-enterprise", "uptime-by-component", "2024-Q1", component="Actions")
    assert "Actions" in repr(why)
    assert repr(why).splitlines()[0] in why._repr_html_().replace("&amp;", "&")
    assert "| from |" in why._repr_markdown_()


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="github-enterprise"):
        upheld.open(GITHUB).assess("gitlab")

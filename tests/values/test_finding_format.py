"""How findings look, to the character."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.values.finding import Finding, Place
from upheld.values.finding_format import EXCERPT_WIDTH, render, summary

LINE = '      credit: {of: monthly fee, bands: {"< 99.9%": 5%, "95.0%..": 25%}}'
GAP = Finding(
    "band-gap", "no credit is agreed from 95.0% up to 99.0%", Place("agreements/acme.yaml", 41, 52, 13, " " * 8 + LINE[6:] + " "),
    "begin this band at 99.0%, or add one from 95.0% to 99.0%",
)


def test_the_layout_of_the_design() -> None:
    place = Place("agreements/acme.yaml", 41, LINE.index('"95') + 1, len('"95.0%..": 25%'), LINE)
    assert render([Finding(GAP.slug, GAP.message, place, GAP.help)]) == (
        "agreements/acme.yaml:41:56: error[band-gap]: no credit is agreed from 95.0% up to 99.0%\n"
        '   41 |       credit: {of: monthly fee, bands: {"< 99.9%": 5%, "95.0%..": 25%}}\n'
        "      |                                                        ^^^^^^^^^^^^^^\n"
        "   help: begin this band at 99.0%, or add one from 95.0% to 99.0%\n"
        "\n"
        "1 error\n"
    )


def test_all_in_order_with_related_places_and_a_count() -> None:
    other = (Place("g", 2, 2, 1, "xyz"), "see this")
    late = Finding("b", "second", Place("f", 9, 1, 3, "abc"), severity="warning", related=(other,))
    early = Finding("a", "first", Place("f", 2, 1, 3, "abc"), "one\ntwo", severity="note")
    whole = Finding("c", "all of it", Place("f"))
    assert render([late, early, whole, late]) == (
        "f: error[c]: all of it\n\n"
        "f:2:1: note[a]: first\n    2 | abc\n      | ^^^\n   help: one\n         two\n\n"
        "f:9:1: warning[b]: second\n    9 | abc\n      | ^^^\n   see g:2:2: see this\n    2 | xyz\n      |  ^\n\n"
        "1 error, 1 warning, 1 note\n"
    )
    assert summary([late, late]) == "2 warnings"


def test_nothing_to_say() -> None:
    assert (render([]), render([], "github"), summary([])) == ("", "", "")
    assert json.loads(render([], "json"))["findings"] == []
    assert json.loads(render([], "sarif"))["runs"][0]["results"] == []


def test_colours_are_asked_for() -> None:
    plain, colour = render([GAP]), render([GAP], color=True)
    assert "\x1b" not in plain
    for code in ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"):
        assert code in colour
        colour = colour.replace(code, "")
    assert colour == plain


def excerpt(place: Place) -> tuple[str, str]:
    rows = render([Finding("s", "m", place)]).split("\n")
    return rows[1][8:], rows[2][8:]


def test_wide_and_joined_letters_keep_the_marks_below_them() -> None:
    assert excerpt(Place("f", 1, 3, 2, "漢字ab")) == ("漢字ab", "    ^^")
    assert excerpt(Place("f", 1, 1, 2, "漢字ab")) == ("漢字ab", "^^^^")
    assert excerpt(Place("f", 1, 3, 1, "e\u0301x")) == ("e\u0301x", " ^")


def test_what_would_act_on_a_screen_is_spelt_out() -> None:
    assert excerpt(Place("f", 1, 3, 1, "a\x1bb\u202ec\t")) == (r"a\x1bb\u202ec", "     ^")
    said = render([Finding("s", "m\x1b[2J\r\n", Place("f\x07", 1, 1, 1, "\tx"), "h\x9b")])
    assert all(c == "\n" or c.isprintable() for c in said)


@pytest.mark.parametrize("at", [1, 150, 299, 300, 301, 400])
def test_a_long_line_is_cut_around_the_mark(at: int) -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(300))
    line, marks = excerpt(Place("f", 1, at, 5, text))
    assert len(line) <= EXCERPT_WIDTH + 2
    where = marks.index("^")
    assert text[at - 1 : at] in (line[where : where + 1], "")
    assert line.startswith("…") == (at > 60)
    assert line.endswith("…") == (at < 250)


def test_a_mark_as_long_as_the_line_is_cut_too() -> None:
    line, marks = excerpt(Place("f", 1, 3, 10_000, "ab" * 5_000))
    assert len(line) <= EXCERPT_WIDTH + 2
    assert marks.count("^") <= EXCERPT_WIDTH


@given(st.text(max_size=200), st.integers(1, 250), st.integers(1, 250))
def test_no_line_breaks_the_form(text: str, col: int, length: int) -> None:
    text = text.replace("\n", " ").replace("\r", " ")
    said = render([Finding("s", "m", Place("f", 3, col, length, text))])
    rows = said.rstrip("\n").split("\n")
    assert rows[0] == f"f:3:{col}: error[s]: m"
    assert len(rows) == (5 if text.strip() else 3)
    render([Finding("s", text, Place(text, 3, col, length, text), text)], "sarif").encode()
    render([Finding("s", text, Place(text, 3, col, length, text), text)], "github").encode("utf-8")


def test_github_commands_cannot_be_broken_out_of() -> None:
    there = (Place("g", 1, 1), "there")
    bad = Finding("s", "50% \n::error::x", Place("a,b:c%.yaml", 2, 3, 4, "text"), "do\rthis", "note", (there,))
    assert render([bad], "github") == (
        "::notice file=a%2Cb%3Ac%25.yaml,line=2,col=3,endColumn=7,title=s::"
        "50%25 %0A::error::x%0Asee g:1:1: there%0Ahelp: do%0Dthis\n"
    )
    assert render([Finding("s", "m", Place("f"))], "github") == "::error file=f,title=s::m\n"


def test_json_says_all_of_it() -> None:
    place = Place("ü.yaml", 2, 3, 4, "  text")
    (row,) = json.loads(render([Finding("s", "m", place, "h", "warning", ((Place("g"), "there"),))], "json"))["findings"]
    assert row == {
        "slug": "s", "severity": "warning", "message": "m", "help": "h", "file": "ü.yaml", "line": 2, "column": 3, "length": 4,
        "excerpt": "  text", "related": [{"message": "there", "file": "g"}],
    }


def test_sarif_names_each_rule_once_and_counts_columns_from_one() -> None:
    other, file = Finding("other", "m", Place("a b/ü.yaml"), severity="note"), Finding("band-gap", "x", Place("z"))
    whole = json.loads(render([GAP, other, GAP, file], "sarif"))
    (run,) = whole["runs"]
    assert (whole["version"], run["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["other", "band-gap"]
    assert [(r["ruleId"], r["ruleIndex"], r["level"]) for r in run["results"]] == [
        ("other", 0, "note"), ("band-gap", 1, "error"), ("band-gap", 1, "error"),
    ]
    first, second, _ = (r["locations"][0]["physicalLocation"] for r in run["results"])
    assert first == {"artifactLocation": {"uri": "a%20b/%C3%BC.yaml"}}
    assert {k: v for k, v in second["region"].items() if k != "snippet"} == {"startLine": 41, "startColumn": 52, "endColumn": 65}

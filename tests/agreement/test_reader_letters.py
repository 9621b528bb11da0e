"""Letters and names: what cannot be seen is named, what looks alike is known, what was meant is guessed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.agreement.letters import FORBIDDEN, confusable, describe, printable, skeleton
from upheld.agreement.suggest import did_you_mean, distance, nearest


@pytest.mark.parametrize("name", ["pаy", "раy", "рау", "ｐａｙ", "pay\u200d", "①", "pαy", "Ⅷ", "e\u0301tat", "scо\u0440e"])
def test_names_that_look_like_others(name: str) -> None:
    assert confusable(name)


PLAIN = ["pay", "störung", "état", "доступность", "可用性", "サービスlevel", "διαθεσιμότητα", "99.9", "عقد", "a-b_c", ""]


@pytest.mark.parametrize("name", PLAIN)
def test_names_that_are_what_they_seem(name: str) -> None:
    assert not confusable(name)


def test_skeleton_is_what_an_eye_takes() -> None:
    assert skeleton("раy") == skeleton("ｐａｙ") == skeleton("pa\u200dy") == "pay"


@given(st.text(st.characters(codec="ascii")))
def test_the_quick_answer_is_the_pattern_s(text: str) -> None:
    assert printable(text.encode()) == (FORBIDDEN.search(text) is None)


TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "B"}


def test_every_control_and_bidi_character_is_forbidden_and_no_letter_is() -> None:
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cc" or unicodedata.bidirectional(char) in TURNS:
            assert bool(FORBIDDEN.match(char)) == (char not in "\t\n"), hex(code)
        elif category[0] in "LMNPS":
            assert not FORBIDDEN.match(char), hex(code)


def test_describe() -> None:
    assert describe("\x00") == "U+0000 NUL, a character nobody sees,"
    assert describe("\x07") == "U+0007, a character nobody sees,"
    assert "RIGHT-TO-LEFT OVERRIDE, a character that turns" in describe("\u202e")


@pytest.mark.parametrize(
    ("a", "b", "d"),
    [("", "", 0), ("a", "", 1), ("abc", "acb", 1), ("kitten", "sitting", 3), ("target", "traget", 1), ("ca", "abc", 3)],
)
def test_distance(a: str, b: str, d: int) -> None:
    assert distance(a, b) == distance(b, a) == d


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_nought_only_between_equals(a: str, b: str) -> None:
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, b) <= max(len(a), len(b))


def test_nearest_is_near_or_nothing() -> None:
    names = ["target", "within", "excluding", "out_of", "per"]
    assert nearest("tagret", names) == "target"
    assert nearest("out-of", names) == "out_of"
    assert nearest("Excludng", names) == "excluding"
    assert nearest("severity", names) is None
    assert nearest("x", ["y"]) is None
    assert nearest("x" * 1000, names) is None


def test_did_you_mean() -> None:
    assert did_you_mean("tagret", ["target"]) == "did you mean `target`?"
    assert did_you_mean("q", []) == ""
    assert did_you_mean("severity", ["per", "of"]) == "known here: `per`, `of`"
    assert did_you_mean("severity", [f"k{i}" for i in range(12)]).endswith("`k9` and 2 more")

"""The layout: meaning and comments stay, twice is once, the order is the language's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from upheld.agreement.fmt import ORDER, WIDTH, fmt
from upheld.agreement.reader import read
from upheld.values.finding import FindingsError

UNTIDY = """\
# Header of the file

# what it is called
agreement:    acme    # stable
upheld: 1
commitments:

  # the promise
  uptime: {measure: availability,   target: ">= 99.9%", of: {service: arrays}, excluding: [maintenance, {by: x}]}
  response:
     stops:
     - answered
     - resolved   # both
     says: |
       # no comment
         kept   as it is
     within: {by impact, urgency: {high: {high: 1h}}}
x-own: 1
timezone: Europe/Berlin
# the end
"""

TIDY = """\
# Header of the file

upheld: 1
# what it is called
agreement: acme       # stable
timezone: Europe/Berlin
commitments:

  # the promise
  uptime: {measure: availability, target: ">= 99.9%", of: {service: arrays}, excluding: [maintenance, {by: x}]}
  response:
    stops:
      - answered
      - resolved  # both
    says: |
      # no comment
        kept   as it is
    within: {"by impact, urgency": {high: {high: 1h}}}
x-own: 1
# the end
"""


def test_the_layout() -> None:
    assert fmt(UNTIDY) == TIDY
    assert fmt(TIDY) == TIDY


def test_a_whole_agreement_keeps_its_layout_but_for_what_yaml_would_misread() -> None:
    text = (Path(__file__).parent / "whole.yaml").read_text(encoding="utf-8")
    out = fmt(text)
    assert '  severity: {"by impact, urgency": {high: {high: 1' in out
    assert [line.split() for line in out.replace('"by impact, urgency"', "by impact, urgency").split("\n")] == [
        line.split() for line in text.split("\n")
    ]


def test_long_lines_are_broken_between_items_never_inside_a_text() -> None:
    items = ", ".join(f"key{i}: value number {i}" for i in range(30))
    words = " ".join(["word"] * 80)
    out = fmt(f'a: {{{items}}}\nb: {words}\nc: "{words}"\n')
    lines = out.split("\n")
    assert max(len(line) for line in lines if not line.startswith("c:")) <= WIDTH
    assert not any(line != line.rstrip() for line in lines)
    assert "value number 17" in out
    assert f'c: "{words}"' in out


def test_words_that_other_readers_would_guess_at_stay_what_they_were() -> None:
    text = "a: no\nb: 08:00\nc: 1.10\nd: 0o17\ne: ~\nf: 2026-01-01\ng: 'yes'\nh: 1_000\ni: .inf\nj: =\nk: 'it''s'\n"
    assert fmt(text) == text


def test_json_stays_json() -> None:
    assert fmt('{"a":1,"b":[1,{"c":2}]}') == '{"a": 1, "b": [1, {"c": 2}]}\n'


def test_windows_line_ends_become_line_feeds() -> None:
    assert fmt("b: 1\r\nupheld: 1\r\n") == "upheld: 1\nb: 1\n"


def test_keys_that_are_indented_or_share_a_line_keep_their_order() -> None:
    assert fmt("  b: 1\n  upheld: 1\n") == "b: 1\nupheld: 1\n"


def test_a_file_with_findings_is_refused() -> None:
    with pytest.raises(FindingsError, match="duplicate-key"):
        fmt("a: 1\na: 2\n")
    with pytest.raises(FindingsError):
        fmt("a: \ud800")


def test_a_comment_that_would_be_lost_refuses_the_file() -> None:
    with pytest.raises(FindingsError) as caught:
        fmt("a: {b: 1, # one\n  c: 2}\n")
    assert [f.slug for f in caught.value.findings] == ["layout"]


def test_every_known_key_has_its_place_once() -> None:
    assert len(set(ORDER)) == len(ORDER)


texts = st.text(st.sampled_from("ab \n'\"#:-{}[]>|%1é漢"), max_size=20)
keys = st.sampled_from([*ORDER[:6], "x-a", "k e", "< 99%", ">= 1", "by a, b", "y", "-", "?x"])
plains = st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=10)


class _Texts(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, plains, min_size=1, max_size=4), st.sampled_from([True, False, None]))
def test_the_layout_never_changes_what_is_said(value: dict[str, object], flow: bool | None) -> None:
    text = yaml.dump(value, allow_unicode=True, default_flow_style=flow, sort_keys=False, Dumper=_Texts)
    before = read("a", text.encode()).plain()
    try:
        out = fmt(text)
    except FindingsError as error:
        out, refused = text, [f.slug for f in error.findings]
        event("refused")
    else:
        refused = ["layout"]
    assert refused == ["layout"]
    assert read("a", out.encode()).plain() == before
    assert out == text or fmt(out) == out

"""Inheritance on nodes: what is taken over, what is replaced, where each value was written."""

from __future__ import annotations

import time

from upheld.agreement.merge import Merged, merge
from upheld.agreement.nodes import Map, Node
from upheld.agreement.reader import read

BASE = """\
upheld: 1
agreement: standard
version: 2
effective: {from: 2025-01-01}
title: Standard support
calendars: {office: {hours: {mon-fri: [08:00-17:00]}}, late: {hours: {mon-fri: [13:00-22:00]}}}
caps: [{up_to: 30%, of: fee}]
claim: {by: 30 days after window, needs: [dates]}
commitments:
  response:
    measure: clock
    starts: opened
    within: {by severity: {1: 1h, 2: 4h, else: 8h}}
    credit: {pay: {by result: {"< 95%": 10%, "< 90%": 20%}}, of: fee}
  repair: {like: response, stops: resolved, within: {by severity: {1: 4h}}}
"""


def tree(text: str, name: str = "own.yaml") -> Map:
    root = read(name, text.encode())
    assert isinstance(root, Map)
    return root


def merged(text: str, **bases: str) -> Merged:
    files = {"standard@2": BASE, **{name.replace("_", "@"): text for name, text in bases.items()}}

    def resolve(reference: str) -> Node | None:
        return tree(files[reference], f"{reference}.yaml") if reference in files else None

    return merge(tree(text), resolve)


def own(text: str) -> str:
    return f"upheld: 1\nagreement: acme\nversion: 1\nbased_on: standard@2\n{text}"


def at(result: Merged, *path: str) -> object:
    node = result.node.find(path)
    return node.plain() if node else None


def test_without_a_base_nothing_changes() -> None:
    root = tree("upheld: 1\ncommitments: {a: {measure: clock, credit: none}}\n")
    result = merge(root, lambda _: None)
    assert result.node.plain() == root.plain()
    assert (result.overrides, result.findings) == ((), ())


def test_keys_not_given_are_the_base_s_and_stay_at_their_place() -> None:
    result = merged(own("commitments: {response: {starts: reported}}\n"))
    assert not result.findings
    assert at(result, "title") == "Standard support"
    assert at(result, "commitments", "response", "starts") == "reported"
    assert at(result, "commitments", "response", "measure") == "clock"
    assert result.node.at(("commitments", "response", "starts")).file == "own.yaml"
    assert result.node.at(("commitments", "response", "measure")).file == "standard@2.yaml"
    assert (result.node.at(("commitments", "response", "measure")).line) == 11


def test_what_names_a_file_is_never_taken_over() -> None:
    result = merged("based_on: standard@2\n")
    assert not {"upheld", "agreement", "version", "effective"} & set(result.node.keys())


def test_a_look_up_is_merged_row_by_row() -> None:
    result = merged(own("commitments: {response: {within: {by severity: {1: 30m, 3: none}}}}\n"))
    assert at(result, "commitments", "response", "within") == {"by severity": {"1": "30m", "2": "4h", "else": "8h", "3": "none"}}
    (override,) = result.overrides
    assert override.path == ("commitments", "response", "within", "by severity", "1")
    assert (override.base.plain(), override.own.plain(), override.by) == ("1h", "30m", "based_on")


def test_a_look_up_on_other_attributes_replaces_the_whole() -> None:
    result = merged(own("commitments: {response: {within: {by tier: {gold: 30m}}}}\n"))
    assert at(result, "commitments", "response", "within") == {"by tier": {"gold": "30m"}}
    assert [o.path for o in result.overrides] == [("commitments", "response", "within")]


def test_rows_of_two_attributes_merge_at_each_depth() -> None:
    base = "upheld: 1\nprice: {by a, b: {x: {p: 1, q: 2}, y: {p: 5}}}"
    result = merged("based_on: two@1\nprice: {by a,b: {x: {q: 4}, y: 6, z: {p: 7}}}\n", two_1=base)
    assert at(result, "price") == {"by a, b": {"x": {"p": "1", "q": "4"}, "y": "6", "z": {"p": "7"}}}
    nested = "upheld: 1\nprice: {by a: {x: {by b: {p: 1, q: 2}}, y: 2}}"
    result = merged("based_on: two@1\nprice: {by a: {x: {by b: {q: 4}}}}\n", two_1=nested)
    assert at(result, "price") == {"by a": {"x": {"by b": {"p": "1", "q": "4"}}, "y": "2"}}


def test_a_key_that_is_no_look_up_is_replaced_whole() -> None:
    credit = "commitments: {response: {credit: {pay: 5%, of: fee}}}\n"
    result = merged(own(f"caps: [{{up_to: 15%, of: fee}}]\nclaim: {{by: 60 days after window}}\n{credit}"))
    assert at(result, "caps") == [{"up_to": "15%", "of": "fee"}]
    assert at(result, "claim") == {"by": "60 days after window"}
    assert at(result, "commitments", "response", "credit") == {"pay": "5%", "of": "fee"}
    assert sorted(o.path for o in result.overrides) == [("caps",), ("claim",), ("commitments", "response", "credit")]


def test_none_removes_a_key_a_commitment_and_a_clause() -> None:
    result = merged(own("caps: none\ncalendars: {late: none}\ncommitments: {repair: none, response: {credit: none}}\n"))
    assert at(result, "caps") is None
    assert at(result, "calendars", "late") is None
    assert at(result, "calendars", "office")
    assert at(result, "commitments", "repair") is None
    assert at(result, "commitments", "response", "credit") is None
    assert {o.path: o.own.plain() for o in result.overrides}[("caps",)] == "none"


def test_the_same_value_again_is_no_override() -> None:
    assert merged(own("title: Standard support\n")).overrides == ()


def test_a_named_thing_other_than_a_commitment_is_replaced_whole() -> None:
    result = merged(own("calendars: {office: {holidays: DE-BE}}\n"))
    assert at(result, "calendars", "office") == {"holidays": "DE-BE"}
    assert at(result, "calendars", "late")
    assert at(merged(own("calendars: everything\n")), "calendars") == "everything"
    assert at(merged(own("commitments: {response: 4h}\n")), "commitments", "response") == "4h"


def test_like_takes_the_other_s_keys_and_leaves_no_trace() -> None:
    result = merged("commitments:\n  a: {measure: clock, within: {by s: {1: 1h, 2: 2h}}, credit: {pay: 1%}}\n"
                    "  b: {like: a, within: {by s: {1: 3h}}, credit: none}\n  c: {like: b, starts: x}\n")
    assert not result.findings
    assert at(result, "commitments", "c") == {"measure": "clock", "within": {"by s": {"1": "3h", "2": "2h"}}, "starts": "x"}
    assert {o.by for o in result.overrides} == {"like"}


def test_a_base_s_likes_are_settled_in_the_base() -> None:
    result = merged(own("commitments: {response: {starts: reported}}\n"))
    assert at(result, "commitments", "repair", "starts") == "opened"
    assert at(result, "commitments", "repair", "within") == {"by severity": {"1": "4h", "2": "4h", "else": "8h"}}


def test_like_may_name_a_commitment_of_the_base_and_replaces_one_of_the_same_name() -> None:
    result = merged(own("commitments: {call: {like: response, stops: called}, repair: {like: call}}\n"))
    assert at(result, "commitments", "call", "starts") == "opened"
    assert at(result, "commitments", "repair", "stops") == "called"


def test_bases_have_bases() -> None:
    result = merged("based_on: mid@1\ntitle: Mine\n", mid_1="based_on: standard@2\nagreement: mid\nversion: 1\ncurrency: EUR\n")
    assert (at(result, "title"), at(result, "currency")) == ("Mine", "EUR")
    assert at(result, "commitments", "response", "measure") == "clock"


def test_a_chain_of_bases_without_end_is_refused() -> None:
    files = {f"b{i}@1": f"agreement: b{i}\nversion: 1\nbased_on: b{i + 1}@1\n" for i in range(40)}
    result = merge(tree("based_on: b0@1\n"), lambda ref: tree(files[ref]))
    assert [f.slug for f in result.findings] == ["base-cycle"]


def test_bad_inheritance_keeps_what_was_written() -> None:
    for text, slug in (("based_on: [a]\n", "base-unpinned"), ("based_on: a@1@2\n", "base-unpinned"),
                       ("based_on: q@1\n", "base-unknown"), ("commitments: {a: {like: [b]}}\n", "like-unknown"),
                       ("commitments: {a: {like: a}}\n", "like-cycle"),
                       ("commitments: {a: {like: b}, b: {like: c, x: 1}, c: 3}\n", "like-unknown")):
        assert [f.slug for f in merged(text).findings] == [slug], text
    assert merged("commitments: none\nbased_on: standard@2\n").node.keys() == ("title", "calendars", "caps", "claim", "based_on")
    assert merged(own("crdit: none\n")).findings[0].help == "leave it out"


def test_likes_cannot_be_made_to_explode() -> None:
    keys = ", ".join(f"k{i}: 1" for i in range(2_000))
    text = f"commitments:\n  a: {{{keys}}}\n" + "".join(f"  b{i}: {{like: a}}\n" for i in range(5_000))
    start = time.process_time()
    assert [f.slug for f in merged(text).findings] == ["size"]
    chain = "commitments:\n" + "".join(f"  c{i}: {{like: c{i + 1}, k{i}: 1}}\n" for i in range(8_000)) + "  c8000: {z: 1}\n"
    assert [f.slug for f in merged(chain).findings] == ["size"]
    assert time.process_time() - start < 30   # a second; this only catches what has run away

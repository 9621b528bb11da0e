"""Laws of the difference in meaning, over every agreement of the examples."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from foresight_world import FILES, HARDWARE, example, rewritten
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.agreement.fmt import fmt
from upheld.agreement.nodes import List, Map, Node, Text
from upheld.agreement.reader import read
from upheld.foresight.difference import difference
from upheld.foresight.report import to_json, to_markdown, to_text

IDS = ["/".join(p.parts[-3:]) for p in FILES]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_an_agreement_does_not_differ_from_itself(path):
    assert difference(example(path), example(path)).same_meaning


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_formatting_is_no_difference(path):
    laid_out = fmt(path.read_text(encoding="utf-8"), path.name)
    assert difference(example(path), rewritten(path, laid_out)).same_meaning


@given(st.sampled_from(FILES), st.sampled_from(FILES))
@settings(max_examples=150, deadline=None)
def test_going_back_is_the_same_changes_turned_round(one, other):
    there, back = (difference(example(a), example(b)) for a, b in ((one, other), (other, one)))
    assert Counter(there.changes) == Counter(change.turned_round() for change in back.changes)
    assert (there.before, there.after) == (back.after, back.before)
    assert (there.count("better"), there.count("worse")) == (back.count("worse"), back.count("better"))


@given(st.sampled_from(FILES), st.sampled_from(FILES))
@settings(max_examples=40, deadline=None)
def test_every_form_tells_every_change(one, other):
    found = difference(example(one), example(other))
    assert to_json(found).count('"sentence"') == len(found.changes)
    for change in found.changes:
        assert change.sentence in to_text(found)
        assert change.before != change.after or change.kind != "changed", change.sentence
    assert len(to_markdown(found).splitlines()) >= len(found.changes)


# ---- another order is no other meaning -------------------------------------------------------------------------------


@given(st.sampled_from(FILES), st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_another_order_is_no_difference(path, dice):
    shuffled = said(mixed(read(path.name, path.read_bytes()), dice), 0)
    found = rewritten(path, shuffled)
    assert found.plan is not None, found.findings
    # of a table that reads its highest row, the order of rows is the order of values: everything else must be the same
    assert [c for c in difference(example(path), found).changes if c.aspect != "the order of its values"] == []


def mixed(node: Node, dice: random.Random) -> Node:
    """The node with the entries of every mapping in another order; lists keep theirs."""
    match node:
        case Map(entries=entries):
            kept = [type(e)(e.key, e.key_place, mixed(e.node, dice)) for e in entries]
            dice.shuffle(kept)
            return Map(node.place, tuple(kept))
        case List(items=items):
            return List(node.place, tuple(mixed(n, dice) for n in items))
    return node


def said(node: Node, depth: int) -> str:
    """The node written out as flow YAML: nothing of the layout is left."""
    match node:
        case Map(entries=entries):
            inside = ", ".join(f"{quoted(e.key)}: {said(e.node, depth + 1)}" for e in entries)
            return "{" + inside + "}" if depth else "\n".join(f"{quoted(e.key)}: {said(e.node, 1)}" for e in entries) + "\n"
        case List(items=items):
            return "[" + ", ".join(said(n, depth + 1) for n in items) + "]"
        case Text(text=text):
            return quoted(text)
    raise TypeError(type(node))


def quoted(text: str) -> str:
    """A text in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# ---- another figure is another meaning -------------------------------------------------------------------------------

_UNREAD = {"upheld", "agreement", "version", "effective", "adopted", "based_on", "examples", "accept"}


@given(st.sampled_from(FILES), st.randoms(use_true_random=False))
@settings(max_examples=250, deadline=None)
def test_another_number_is_a_difference(path, dice):
    text = path.read_text(encoding="utf-8")
    node = read(path.name, text.encode())
    spots = [n.place for p, n in node.walk() if isinstance(n, Text) and re.search("[0-9]", n.text) and not _UNREAD & {str(x) for x in p}]
    place = dice.choice(spots)
    lines = text.split("\n")
    line = lines[place.line - 1]
    within = line[place.col - 1 : place.col - 1 + place.length]
    numbers = list(re.finditer("[1-9][0-9]*", within))
    if not numbers:
        return
    number = dice.choice(numbers)
    other = dice.choice([int(number[0]) + 1, int(number[0]) * 2 + 1])
    changed = within[: number.start()] + str(other) + within[number.end() :]
    lines[place.line - 1] = line[: place.col - 1] + changed + line[place.col - 1 + place.length :]
    after = rewritten(path, "\n".join(lines))
    if after.plan is not None:
        assert not difference(example(path), after).same_meaning, (place, within, changed)


@given(st.sampled_from(FILES), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_another_word_is_a_difference(path, dice):
    text = path.read_text(encoding="utf-8")
    node = read(path.name, text.encode())
    # what is written before `before` in a notice, and per what the highest pays, is said for the reader: nothing is computed of it
    unread = {*_UNREAD, "pays_once", "notice"}
    spots = [n.place for p, n in node.walk() if isinstance(n, Text) and not unread & {str(x) for x in p}]
    place = dice.choice(spots)
    lines = text.split("\n")
    line = lines[place.line - 1]
    within = line[place.col - 1 : place.col - 1 + place.length]
    changed = f"{within[:-1]}x{within[-1]}" if within[-1:] in ("'", '"') else f"{within}x"
    lines[place.line - 1] = line[: place.col - 1] + changed + line[place.col - 1 + place.length :]
    after = rewritten(path, "\n".join(lines))
    if after.plan is not None:
        assert not difference(example(path), after).same_meaning, (place, within, changed)


INHERITING = [p for p in FILES if re.search("based_on:|like:", p.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", INHERITING, ids=lambda p: p.stem)
def test_what_is_inherited_or_written_out_is_the_same(path):
    node = example(path).node
    assert isinstance(node, Map)
    whole = Map(node.place, tuple(e for e in node.entries if e.key != "based_on"))
    assert difference(example(path), rewritten(path, said(whole, 0))).same_meaning


# ---- a published pair ------------------------------------------------------------------------------------------------


def test_the_amendment_of_the_hardware_example():
    folder = HARDWARE / "agreements" / "northwind-acme"
    found = difference(example(folder / "v1.yaml"), example(folder / "v2.yaml"))
    assert [(c.direction, c.sentence, c.before_place.line, c.after_place.line) for c in found.changes] == [
        ("better", "uptime: the target goes from >= 99.9% to >= 99.95%", 23, 23),
        ("better", "uptime: the line beyond which it is a breach goes from < 99.8% to < 99.93%", 24, 24),
        ("better", "uptime: the credit for result >= 99.8%, < 99.93% goes from nothing to 10%", 26, 26),
        ("better", "updates: the time allowed for severity 1 goes from 95% within 2h to 95% within 1h", 36, 36),
        ("better", "updates: the time allowed for severity 2 goes from 95% within 8h to 95% within 4h", 36, 36),
    ]

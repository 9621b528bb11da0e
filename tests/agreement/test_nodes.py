"""Nodes: paths lead to places, and a path that leads nowhere leads to the nearest key."""

from __future__ import annotations

import pytest

from upheld.agreement.nodes import List, Map, Node, Text
from upheld.agreement.reader import read
from upheld.values.finding import Place

ROOT = read("a.yaml", b"upheld: 1\ncommitments:\n  uptime:\n    of: [a, {b: c}]\n    target: 99%\n")


def shown(place: Place) -> str:
    return place.text[place.col - 1 :][: place.length]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ((), "upheld"),
        (("upheld",), "1"),
        (("upheld", "[key]"), "upheld"),
        (("commitments",), "uptime"),
        (("commitments", "uptime", "measure"), "uptime"),
        (("commitments", "uptime", "availability", "target"), "99%"),
        (("commitments", "uptime", "of", 1), "{b: c}"),
        (("commitments", "uptime", "of", 1, "b"), "c"),
        (("commitments", "uptime", "of", 1, "b", "[key]"), "b"),
        (("commitments", "uptime", "of", 7), "of"),
        (("commitments", "uptime", "of", 0, "[key]"), "a"),
        (("nowhere",), "upheld"),
    ],
)
def test_at(path: tuple[str | int, ...], what: str) -> None:
    assert shown(ROOT.at(path)) == what


def test_key_at() -> None:
    assert shown(ROOT.key_at(("commitments", "uptime", "target"))) == "target"
    assert shown(ROOT.key_at(("commitments", "uptime", "missing"))) == "uptime"


def test_find_and_step() -> None:
    assert ROOT.find(("commitments", "uptime", "of", 1, "b")) == Text(ROOT.at(("commitments", "uptime", "of", 1, "b")), "c")
    assert ROOT.find(("commitments", "nothing", "of")) is None
    assert ROOT.step(0) is None
    of = ROOT.find(("commitments", "uptime", "of"))
    assert isinstance(of, List)
    assert of.step("0") is None
    assert of.step(-1) is None
    assert isinstance(ROOT, Map)
    assert ROOT.keys() == ("upheld", "commitments")


def test_walk_gives_every_node_once_in_order() -> None:
    assert [path for path, _ in ROOT.walk()] == [
        (), ("upheld",), ("commitments",), ("commitments", "uptime"), ("commitments", "uptime", "of"),
        ("commitments", "uptime", "of", 0), ("commitments", "uptime", "of", 1), ("commitments", "uptime", "of", 1, "b"),
        ("commitments", "uptime", "target"),
    ]


def test_there_are_three_kinds() -> None:
    with pytest.raises(TypeError):
        Node(Place("a")).plain()

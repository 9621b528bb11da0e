"""What is agreed in words: tiers, services, escalations, roles, texts. Compared leaf by leaf, as the contract will read.

Law: layout and quoting are no words; a quantity spelled in another unit is the same quantity; what is acted on is compared elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from upheld.agreement.model.form import Path
from upheld.agreement.nodes import List, Map, Node, Text
from upheld.foresight import say
from upheld.foresight.change import SINGULAR
from upheld.foresight.order import more
from upheld.foresight.pair import About, Pair
from upheld.values import quantity
from upheld.values.exact import exact_number
from upheld.values.quantity import Duration, Money, Wrong

__all__ = ["compare_prose"]

SECTIONS = (
    "title", "description", "language", "law", "parties", "tiers", "services", "scope", "out_of_scope", "definitions", "responsibilities",
    "contacts", "roles", "rotas", "escalations", "playbooks", "communication", "changes", "continuity", "security", "data", "retention",
    "reviews", "price", "liability", "renewal", "termination", "transition", "texts", "notes",
)
"""The keys of an agreement whose words are compared as words."""

_IN_COMMITMENTS = ("title", "says", "notes", "escalation")
_IN_OTHERS = ("title", "says")
_UNREAD = ("accept", "examples")
_AMOUNT = re.compile(r"(-?[0-9][0-9.]*)( [A-Z]{3}\b.*)")


def compare_prose(pair: Pair) -> None:
    """Words added, taken out and changed."""
    for section in SECTIONS:
        _compare(pair, section, (section,))
    for name in pair.after.plan.commitments:
        if name in pair.before.plan.commitments:
            for key in _IN_COMMITMENTS:
                _compare(pair, "commitments", ("commitments", name, key))
            for key in ("to", "says"):
                _compare(pair, "commitments", ("commitments", name, "claim", key))
    for named in pair.after.uses:
        if named in pair.before.uses:
            for key in _IN_OTHERS:
                _compare(pair, f"{named.kind}s", (f"{named.kind}s", named.name, key))
    for path in (("claim", "to"), ("claim", "says")):
        _compare(pair, "claim", path)


def _compare(pair: Pair, section: str, path: Path) -> None:
    before, after = (dict(_leaves(side.node.find(path), path)) for side in (pair.before, pair.after))
    for at in dict.fromkeys((*after, *before)):
        x, y = before.get(at), after.get(at)
        if x is not None and y is not None and _plain(x) == _plain(y):
            continue
        subject, aspect = _told(section, at)
        about = About(section, subject, at, at, 1)
        if x is None:
            pair.add(about, aspect, "", say.quoted(y or ""), 0, kind="added")
        elif y is None:
            pair.add(about, aspect, say.quoted(x), "", 0, kind="removed")
        else:
            pair.add(about, aspect, say.quoted(x), say.quoted(y), _way(section, at, x, y))


def _told(section: str, path: Path) -> tuple[str, str]:
    """Whose words they are, and which."""
    words = " ".join(str(p) if isinstance(p, str) else str(p + 1) for p in path[2:])
    if section == "commitments":
        return str(path[1]), "the escalation" if path[2] == "escalation" else f"the text ({path[2]})"
    if len(path) == 1:
        return "", f"the {section.replace('_', ' ')}"
    one = SINGULAR.get(section, section)
    return str(path[1]), f"the {one}'s {words}" if words else f"the text of the {one}"


def _leaves(node: Node | None, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text with its path; a list of texts is one text."""
    match node:
        case Text(text=text):
            if text.strip():
                yield path, text
        case List(items=items):
            if all(isinstance(n, Text) for n in items):
                yield path, ", ".join(n.text for n in items if isinstance(n, Text))
                return
            for i, item in enumerate(items):
                yield from _leaves(item, (*path, i))
        case Map(entries=entries):
            for e in entries:
                if not e.key.startswith("x-") and e.key not in _UNREAD:
                    yield from _leaves(e.node, (*path, e.key))


def _plain(text: str) -> Any:
    """A text as what it says: an exact quantity, or its words with single spaces."""
    flat = " ".join(text.split())
    for read in (quantity.share, quantity.money, quantity.duration):
        found = read(flat)
        if isinstance(found, Duration):
            return (found.unit, found.amount, found.calendar, found.at, found.after, found.before)
        if isinstance(found, Money):
            return (found.minor, found.currency)
        if not isinstance(found, Wrong):
            return ("share", found)
    return flat


def _way(section: str, path: Path, x: str, y: str) -> int:
    """A fee that only changes its amount: less is better."""
    a, b = _AMOUNT.fullmatch(" ".join(x.split())), _AMOUNT.fullmatch(" ".join(y.split()))
    if section not in ("tiers", "services") or path[-1] != "fee" or a is None or b is None or a[2] != b[2]:
        return 0
    before, after = exact_number(a[1]), exact_number(b[1])
    return more(after, before) if before is not None and after is not None else 0

"""The difference in meaning between two versions of an agreement: what is promised now and was not, and the other way round.

Law: comments, order, formatting, spelling and how a rule is inherited are no difference; whatever else a figure depends on is. Going
back is the same changes turned round.
"""

from __future__ import annotations

from upheld.agreement.load import Loaded
from upheld.foresight.change import Difference, Version
from upheld.foresight.money import compare_money
from upheld.foresight.pair import Pair
from upheld.foresight.promises import compare_commitments
from upheld.foresight.prose import compare_prose
from upheld.foresight.rules import compare_agreement, compare_rules
from upheld.foresight.side import Side
from upheld.values.quantity import show_day

__all__ = ["difference"]

_ORDER = ("agreement", "commitments", "exclusions", "states", "calendars", "attributes", "amounts", "caps", "claim", "rights", "disputes",
          "pays_once", "conditions", "earn_back", "rounding")


def difference(before: Loaded, after: Loaded) -> Difference:
    """All changes from the one to the other. Raises ``ValueError`` where one of them has no plan."""
    pair = Pair(Side(before), Side(after))
    compare_agreement(pair)
    compare_commitments(pair)
    compare_rules(pair)
    compare_money(pair)
    compare_prose(pair)
    names = [*pair.after.plan.commitments, *(n for n in pair.before.plan.commitments if n not in pair.after.plan.commitments)]
    place = {name: i for i, name in enumerate(names)}
    found = sorted(pair.changes, key=lambda c: (_ORDER.index(c.section) if c.section in _ORDER else len(_ORDER),
                                                place.get(c.subject, 0) if c.section == "commitments" else 0))
    return Difference(_version(pair.before), _version(pair.after), tuple(found))


def _version(side: Side) -> Version:
    effective = side.model.effective
    return Version(side.plan.agreement, side.plan.version, side.plan.title, side.loaded.name, show_day(effective.start),
                   "" if effective.until is None else show_day(effective.until))

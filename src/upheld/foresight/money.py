"""Money compared: credits, caps, claims, rights, earn-back, and the duties that a breach starts.

Law: what is paid is compared where it is paid, band by band; a credit in another form is told whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from upheld.foresight import say
from upheld.foresight.meaning import Named, meaning
from upheld.foresight.order import longer, more, pays_more, superset, unordered, wider_condition, wider_selector
from upheld.foresight.pair import About, Pair
from upheld.plans.lookup import Lookup, constant
from upheld.plans.remedies import Base, Cap, Claim, Credit, CreditRule, Dispute, EarnBack, Extension, Joined, Pay, Remedies, Right, Span

__all__ = ["compare_money"]

T = TypeVar("T")


def compare_money(pair: Pair) -> None:
    """Every remedy of both sides."""
    x, y = pair.before.plan.remedies, pair.after.plan.remedies
    for name in pair.after.plan.commitments:
        if name in pair.before.plan.commitments:
            path = ("commitments", name)
            signs = {pair.before.orientation(name), pair.after.orientation(name)}
            _of_commitment(pair, About("commitments", name, path, path, signs.pop() if len(signs) == 1 else 0), name, x, y)
    _amounts(pair, x, y)
    _caps(pair, x.caps, y.caps)
    _claim(pair, About("claim", "", ("claim",), ("claim",), 1), x.claim, y.claim)
    _rights(pair, x.rights, y.rights)
    _disputes(pair, x, y)
    _shared(pair, x, y)


def _of_commitment(pair: Pair, about: About, name: str, x: Remedies, y: Remedies) -> None:
    a, b = x.credits.get(name), y.credits.get(name)
    place = about.below("credit")
    if a is None and b is not None:
        pair.add(place, "the credit", "", credit_words(b), 1, kind="added")
    elif b is None and a is not None:
        pair.add(place, "the credit", credit_words(a), "", -1, kind="removed")
    elif a is not None and b is not None:
        _credit(pair, place, a, b)
    if set(x.deems.get(name, ())) != set(y.deems.get(name, ())):
        mine, theirs = x.deems.get(name, ()), y.deems.get(name, ())
        pair.add(about.below("deems"), "what a breach of it also breaches", say.listed(mine), say.listed(theirs), superset(mine, theirs))
    _tasks(pair, about.below("then"), x.tasks.get(name, ()), y.tasks.get(name, ()))
    back = [[e for e in r.earn_back if e.commitment == name] for r in (x, y)]
    _earn_back(pair, about.below("earn_back"), back[0], back[1])
    if name in x.claims or name in y.claims:
        paths = [(*path, "claim") if name in r.claims else ("claim",) for path, r in ((about.before, x), (about.after, y))]
        _claim(pair, About(about.section, about.subject, paths[0], paths[1], 1), x.claim_of(name), y.claim_of(name))


# ---- credits ---------------------------------------------------------------------------------------------------------


def credit_words(credit: Credit) -> str:
    """A credit in words: what is paid, of what, how often, up to what."""
    match credit:
        case CreditRule():
            of = f" of {credit.of.text}" if credit.of is not None else ""
            per = "" if credit.per.kind == "result" else f" per {credit.per.text}"
            limit = f", up to {table_words(credit.up_to)}" if credit.up_to is not None else ""
            return f"{table_words(credit.pay)}{of}{per}{limit}"
        case Extension():
            return credit.text
        case Joined():
            how = "the customer's choice" if credit.how == "choice" else f"the {credit.how}"
            return f"{how} of {'; '.join(credit_words(p) for p in credit.parts)}"
    raise TypeError(type(credit))


def table_words(table: Lookup[Pay]) -> str:
    """A table of payments in one line."""
    if table.is_constant:
        return say.written(table.leaves[0])
    rows = (f"{say.written(leaf)} at {label}" for label, leaf in zip(table.labels, table.leaves, strict=True))
    return "; ".join(rows)


def _credit(pair: Pair, about: About, x: Credit, y: Credit) -> None:
    if isinstance(x, CreditRule) and isinstance(y, CreditRule):
        _rule(pair, about, x, y)
    elif isinstance(x, Joined) and isinstance(y, Joined) and x.how == y.how and len(x.parts) == len(y.parts):
        key = {"greatest": "greatest of", "least": "least of", "sum": "sum of", "choice": "choice of customer"}[x.how]
        for i, parts in enumerate(_beside(pair, x.parts, y.parts)):
            _credit(pair, about.below(key, i), *parts)
    else:
        pair.value(about, "the credit", x, y, credit_words)


def _beside(pair: Pair, x: Sequence[Credit], y: Sequence[Credit]) -> list[tuple[Credit, Credit]]:
    """The parts of two joined credits laid beside each other: equal ones first, so that their order says nothing."""
    left, right, found = list(x), list(y), []
    for one in x:
        like = next((o for o in right if pair.same(one, o)), None)
        if like is not None:
            left.remove(one)
            right.remove(like)
            found.append((one, like))
    return [*found, *zip(left, right, strict=True)]


def _rule(pair: Pair, about: About, x: CreditRule, y: CreditRule) -> None:
    pair.table(about.below("pay"), "the credit", x.pay, y.pay, say.written, pays_more, nothing="nothing")
    pair.value(about.below("of"), "what the credit is a part of", x.of, y.of, _base)
    pair.value(about.below("per"), "what the credit is paid per", x.per, y.per, say.plain)
    a, b = (constant(None) if t is None else t for t in (x.up_to, y.up_to))
    pair.table(about.below("up_to"), "the limit of the credit", a, b, say.written, _limits)
    pair.value(about.below("up_to_of"), "what the limit is a part of", x.up_to_of, y.up_to_of, _base)
    pair.value(about.below("where"), "the cases it is paid for", x.where, y.where, _any, wider_selector)
    pair.value(about.below("late"), "how lateness is counted", x.whole_days, y.whole_days, lambda v: "in whole days" if v else "exactly")
    pair.value(about.below("from"), "the least that is paid", x.least, y.least, say.written, lambda a, b: -pays_more(a, b))
    _text(pair, about.below("says"), x.says, y.says)


def _any(selector: Any) -> str:
    return "any" if selector is None else say.plain(selector)


def _base(base: Base | None) -> str:
    return "none" if base is None else base.text


def _limits(x: Pay | None, y: Pay | None) -> int:
    """More is paid under a higher limit, most under none."""
    return (y is None) - (x is None) if x is None or y is None else pays_more(x, y)


def _text(pair: Pair, about: About, x: str, y: str) -> None:
    if " ".join(x.split()) != " ".join(y.split()):
        pair.add(about, "the text", say.quoted(x), say.quoted(y), 0)


def _tasks(pair: Pair, about: About, x: Sequence[Any], y: Sequence[Any]) -> None:
    for one, other, i, j in _matched(x, y, lambda t: (t.do, t.by)):
        _one_of(pair, about, i, j, "what a breach starts", one, other, lambda t: f"{t.do} by {t.by} within {t.within.text}",
                lambda a, b: -longer(a.within, b.within))


def _earn_back(pair: Pair, about: About, x: Sequence[EarnBack], y: Sequence[EarnBack]) -> None:
    for one, other, _, _ in _matched(x, y, lambda e: e.commitment):
        _one_of(pair, about.turned(-about.sign), None, None, "what is earned back", one, other,
                lambda e: f"{say.plain(e.share * 100)}% after {e.windows} windows met in a row",
                lambda a, b: 1 if a.share <= b.share and a.windows >= b.windows else -1 if a.share >= b.share and a.windows <= b.windows else 0)


# ---- clauses in lists ------------------------------------------------------------------------------------------------


def _matched(x: Sequence[T], y: Sequence[T], key: Callable[[T], Hashable]) -> list[tuple[T | None, T | None, int | None, int | None]]:
    """The clauses of two lists laid beside each other by what they are about, in the order of the later, then those taken out."""
    left: dict[tuple[Hashable, int], int] = {}
    for i, one in enumerate(x):
        left[key(one), sum(k == key(one) for k, _ in left)] = i
    found: list[tuple[T | None, T | None, int | None, int | None]] = []
    seen: dict[Hashable, int] = {}
    for j, other in enumerate(y):
        k = key(other)
        at = left.pop((k, seen.get(k, 0)), None)
        seen[k] = seen.get(k, 0) + 1
        found.append((None if at is None else x[at], other, at, j))
    return [*found, *((x[i], None, i, None) for i in left.values())]


def _one_of(pair: Pair, about: About, i: int | None, j: int | None, aspect: str, x: Any, y: Any, words: Callable[[Any], str],
            order: Callable[[Any, Any], int] = unordered) -> None:
    """One clause of a list: added, removed or changed. ``about.sign``: what having it is to the customer."""
    paths = tuple(path if at is None else (*path, at) for path, at in ((about.before, i), (about.after, j)))
    if x is None:
        pair.add(about, aspect, "", words(y), 1, kind="added", places=(None, paths[1]))
    elif y is None:
        pair.add(about, aspect, words(x), "", -1, kind="removed", places=(paths[0], None))
    elif not pair.same(x, y):
        pair.add(about, aspect, words(x), words(y), order(x, y), places=(paths[0], paths[1]))


def _caps(pair: Pair, x: Sequence[Cap], y: Sequence[Cap]) -> None:
    about = About("caps", "", ("caps",), ("caps",), -1)

    def kind(cap: Cap) -> Hashable:
        of = meaning(cap.of, _name)
        return (cap.within, frozenset(cap.for_each), frozenset(cap.commitments), of, cap.up_to is None)

    matched = _matched(x, y, kind)
    for one, other, i, j in matched:
        cap = other if other is not None else one
        aspect = f"the {'cap' if cap is not None and cap.up_to is not None else 'least'} in {'' if cap is None else _cap_time(cap)}"
        if one is None or other is None:
            _one_of(pair, about, i, j, aspect, one, other, _cap_words)
            continue
        place = About("caps", "", ("caps", i or 0), ("caps", j or 0), 1)
        a, b = (constant(None) if c.up_to is None else c.up_to for c in (one, other))
        pair.table(place.below("up_to"), aspect, a, b, say.written, _limits)
        pair.value(place.below("from"), f"{aspect}, below which nothing is paid", one.least, other.least, say.written,
                   lambda a, b: -pays_more(a, b))
    kept = [(i, j) for _, _, i, j in matched if i is not None and j is not None]
    if [i for i, _ in kept] != sorted(i for i, _ in kept):
        pair.add(about, "the order of caps", ", then ".join(_cap_words(c) for c in x), ", then ".join(_cap_words(c) for c in y), 0)


def _name(named: Named) -> str:
    return named.name


def _cap_time(cap: Cap) -> str:
    of = f" for {say.listed(cap.commitments)}" if cap.commitments else ""
    each = f" for each {' and '.join(cap.for_each)}" if cap.for_each else ""
    return f"any {cap.within}".replace("any any", "any") + of + each if cap.within != "term" else f"the term{of}{each}"


def _cap_words(cap: Cap) -> str:
    of = f" of {cap.of.text}" if cap.of is not None else ""
    limit = f"up to {table_words(cap.up_to)}{of}" if cap.up_to is not None else ""
    least = f"from {cap.least.text}{of}" if cap.least is not None else ""
    return f"{' and '.join(p for p in (limit, least) if p)} in {_cap_time(cap)}"


# ---- claims, rights, disputes ----------------------------------------------------------------------------------------


def _claim(pair: Pair, about: About, x: Claim | None, y: Claim | None) -> None:
    if x is None or y is None:
        if x is not y:
            words = ["nothing needs to be claimed" if c is None else _claim_words(c) for c in (x, y)]
            pair.add(about, "the claim", words[0], words[1], (y is None) - (x is None))
        return
    if x.by is not None and y.by is not None:
        pair.value(about.below("by"), "the time to claim", x.by, y.by, _span, _spans)
    elif x.by is not y.by:
        words = ["any time" if c.by is None else _span(c.by) for c in (x, y)]
        pair.add(about.below("by"), "the time to claim", words[0], words[1], (y.by is None) - (x.by is None))
    if set(x.needs) != set(y.needs):
        pair.add(about.below("needs"), "what a claim needs", say.listed(x.needs), say.listed(y.needs), -superset(x.needs, y.needs))


def _claim_words(claim: Claim) -> str:
    return ("at any time" if claim.by is None else f"within {_span(claim.by)}") + (f" with {say.listed(claim.needs)}" if claim.needs else "")


def _span(span: Span) -> str:
    text = span.text or span.length.text
    return text if " after " in text or " before " in text else f"{text} after {span.after}"


def _spans(x: Span, y: Span) -> int:
    return longer(x.length, y.length) if x.after == y.after else 0


def _rights(pair: Pair, x: Sequence[Right], y: Sequence[Right]) -> None:
    for one, other, i, j in _matched(x, y, lambda r: (r.give, r.to, frozenset(r.when.breached))):
        right = other if other is not None else one
        to = "" if right is None else right.to
        about = About("rights", "", ("rights",), ("rights",), 1 if to == "customer" else -1 if to == "provider" else 0)
        _one_of(pair, about, i, j, f"the right of {to} to {'' if right is None else right.give}", one, other, _right_words, _easier)
        if one is not None and other is not None:
            _text(pair, About("rights", f"{to} to {one.give}", ("rights", i or 0), ("rights", j or 0), 0), one.says, other.says)


def _right_words(right: Right) -> str:
    return f"when {right.when.text}" + (f", to be used within {right.use_within.text}" if right.use_within is not None else "")


def _easier(x: Right, y: Right) -> int:
    """+1: it arises at least as easily and may be used at least as long, and one of them more so."""
    a, b = x.when, y.when
    ways = [
        more(b.at_least, a.at_least), 0 if a.in_a_row is None or b.in_a_row is None else more(b.in_a_row, a.in_a_row),
        0 if a.months is None or b.months is None else more(a.months, b.months),
        0 if a.windows is None or b.windows is None else more(a.windows, b.windows),
        wider_condition(a.late, b.late), wider_condition(a.result, b.result),
        (y.use_within is None) - (x.use_within is None) if x.use_within is None or y.use_within is None else longer(x.use_within, y.use_within),
    ]
    kinds = [(w.in_a_row is None, w.months is None, w.windows is None, w.late is None, w.result is None) for w in (a, b)]
    if kinds[0] != kinds[1] or (1 in ways and -1 in ways):
        return 0
    return 1 if 1 in ways else -1 if -1 in ways else 0


def _disputes(pair: Pair, x: Remedies, y: Remedies) -> None:
    for name in dict.fromkeys((*y.disputes, *x.disputes)):
        a, b = x.disputes.get(name), y.disputes.get(name)
        by = next(d.by for d in (b, a) if d is not None)
        about = About("disputes", name, ("disputes", name), ("disputes", name), 1 if by == "customer" else -1 if by == "provider" else 0)
        _one_of(pair, about, None, None, "what may be contested", a, b, _dispute_words, _contested)


def _dispute_words(dispute: Dispute) -> str:
    needs = f" with {say.listed(dispute.needs)}" if dispute.needs else ""
    adds = f", adding {', '.join(f'{k} {v}' for k, v in sorted(dispute.adds.items()))}" if dispute.adds else ""
    return f"by {dispute.by} within {_span(dispute.until)}{needs}{adds}" + (f", decided by {dispute.decides}" if dispute.decides else "")


def _contested(x: Dispute, y: Dispute) -> int:
    """Longer, where nothing else of it changed."""
    alike = (x.by, set(x.needs), dict(x.adds), x.decides) == (y.by, set(y.needs), dict(y.adds), y.decides)
    return _spans(x.until, y.until) if alike else 0


def _amounts(pair: Pair, x: Remedies, y: Remedies) -> None:
    used = [{b.name for r in (s.plan.remedies,) for b in _bases(r) if b.kind == "amount"} for s in (pair.before, pair.after)]
    for name in y.amounts:
        if name in x.amounts and name in used[0] & used[1]:
            about = About("amounts", name, ("amounts", name), ("amounts", name), 1)
            pair.table(about.below("pay"), "the amount", x.amounts[name].pay, y.amounts[name].pay, say.written, pays_more)
            pair.value(about.below("of"), "what it is a part of", x.amounts[name].of, y.amounts[name].of, _base)


def _bases(remedies: Remedies) -> list[Base]:
    def of(credit: Credit) -> list[Base]:
        if isinstance(credit, CreditRule):
            return [b for b in (credit.of, credit.up_to_of) if b is not None]
        return [b for part in credit.parts for b in of(part)] if isinstance(credit, Joined) else []

    bases = [b for credit in remedies.credits.values() for b in of(credit)]
    bases += [c.of for c in remedies.caps if c.of is not None]
    return [*bases, *(a.of for a in remedies.amounts.values() if a.of is not None)]


def _shared(pair: Pair, x: Remedies, y: Remedies) -> None:
    once = About("pays_once", "", ("pays_once",), ("pays_once",), -1)
    for one, other, i, j in _matched(x.pays_once, y.pays_once, lambda p: frozenset(p.highest_of)):
        if one is None or other is None:
            _one_of(pair, once, i, j, "the rule that only the highest pays", one, other, lambda p: f"of {say.listed(p.highest_of)}")
    standing = About("conditions", "", ("conditions",), ("conditions",), -1)
    names = [[Named("state", o.unless) for o in r.only_if] for r in (x, y)]
    for named in pair.names_only_before(names[0], names[1]):
        pair.add(standing, "the condition of credits", f"none while {named.name}", "", -1, kind="removed")
    for named in (n for n in names[1] if not any(pair.same(o, n) for o in names[0])):
        pair.add(standing, "the condition of credits", "", f"none while {named.name}", 1, kind="added")
    _earn_back(pair, About("earn_back", "", ("earn_back",), ("earn_back",), 1),
               [e for e in x.earn_back if not e.commitment], [e for e in y.earn_back if not e.commitment])
    money = About("rounding", "", ("rounding",), ("rounding",), 0)
    pair.value(money, "the rounding of money", x.rounding, y.rounding,
               lambda r: f"{r.mode.replace('_', ' ')}, to {say.plain(r.step)} of the smallest unit")

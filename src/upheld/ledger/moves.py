"""The steps of a line's money: computed → reviewed → approved → issued → applied, voided or expired; a dispute stands beside each.

Law: money moves only from where it stands, and only as much as stands there; who approves reviewed nothing of the line, who
voids what is approved or issued approved nothing of it, and none of them is the system; what a person decides has a reason.
"""

from __future__ import annotations

from typing import TypeGuard

from upheld.ledger.answer import Refusal
from upheld.ledger.book import Book, Sheet, person
from upheld.ledger.commands import Apply, Approve, Decide, Dispute, Expire, Issue, Move, Reverse, Review, Void, is_system
from upheld.ledger.restate import Entry
from upheld.ledger.transfer import DISPUTED, LIVE, OTHER, SIDES, Kind, Side, State, Transfer, account
from upheld.values.instant import format_instant
from upheld.values.money import show_money

__all__ = ["moved", "reversed_"]

Step = tuple[Kind, State, State]
"""What the step is called, from which state, to which."""


def moved(book: Book, command: Move) -> list[Entry] | Refusal:
    """The entries of one step, or why it cannot be taken."""
    sheet = book.sheet(command.agreement, command.line)
    if sheet is None:
        return _no_line(command)
    refused = _beside_the_way(command, sheet) or _by_whom(command, sheet) or _when(command)
    if refused is not None:
        return refused
    return _out_of(command, sheet, _step(command))


def _step(command: Move) -> Step:
    match command:
        case Review():
            return "reviewed", "computed", "reviewed"
        case Approve():
            return "approved", "reviewed", "approved"
        case Issue():
            return "issued", "approved", "issued"
        case Apply():
            return "applied", "issued", "applied"
        case Expire():
            return "expired", "issued", "expired"
        case Void():
            return "voided", command.state, "voided"
        case Dispute():
            return "disputed", command.state, DISPUTED[command.state]
        case Decide(verdict="stands"):
            return "upheld", DISPUTED[command.state], command.state
        case Decide():
            return "voided", DISPUTED[command.state], "voided"
    raise AssertionError(f"no step for {type(command).__name__}")


def _out_of(command: Move, sheet: Sheet, step: Step) -> list[Entry] | Refusal:
    kind, start, end = step
    sides = [side for side in SIDES if sheet.held[side, start] and command.side in (None, side)]
    if command.minor is not None and len(sides) > 1:
        return Refusal("side", f"line {sheet.line} has money {start} both ways: {_standing(sheet, start)}", "say which side: credit or reward",
                       start)
    stands = sum(sheet.held[side, start] for side in sides)
    if not stands or stands < (command.minor or 0):
        asked = "nothing" if command.minor is None else show_money(command.minor, sheet.currency)
        verb = "can" if command.minor is None else "cannot"
        return Refusal("ledger", f"{asked} of line {sheet.line} {verb} be {kind}: {show_money(stands, sheet.currency)} stands {start}",
                       _where(sheet, command.side), start, stands)
    entries = []
    for side in sides:
        minor = command.minor or sheet.held[side, start]
        if end in ("voided", "expired") and start in ("issued", DISPUTED["issued"]):
            twice = _taken_twice(sheet, side, start, minor)
            if twice is not None:
                return twice
        entries.append(_turned(kind, side, sheet, (start, end), minor))
    return entries


def _taken_twice(sheet: Sheet, side: Side, start: State, minor: int) -> Refusal | None:
    """What was issued and is clawed back on the other side is taken already: it does not lapse or get voided as well."""
    other = OTHER[side]
    clawed = sheet.clawed.get(other, 0)
    is_open = min(clawed, sheet.open(other))
    stands = sheet.held[side, start]
    if is_open:
        what = f"line {sheet.line} has a claw-back of {show_money(is_open, sheet.currency)} open on its {other} side"
        return Refusal("ledger", f"{what}: what is {start} would be taken twice", "apply or void the claw-back first", start, stands)
    if sheet.lasting(side) - minor < min(clawed, sheet.lasting(other)):
        what = f"{show_money(min(clawed, sheet.lasting(other)), sheet.currency)} of line {sheet.line} was clawed back already"
        return Refusal("ledger", f"{what}: {show_money(minor, sheet.currency)} {start} would be taken twice",
                       "apply as much as was clawed back first", start, stands)
    return None


def _turned(kind: Kind, side: Side, sheet: Sheet, states: tuple[State, State], minor: int) -> Entry:
    start, end = (account(side, sheet.agreement, sheet.line, state) for state in states)
    return (kind, start, end, minor, "") if side == "credit" else (kind, end, start, minor, "")


def _standing(sheet: Sheet, state: State) -> str:
    return ", ".join(f"{show_money(sheet.held[side, state], sheet.currency)} {side}" for side in SIDES if sheet.held[side, state])


def _where(sheet: Sheet, side: Side | None) -> str:
    """Where the line's money stands, for the help of a refusal."""
    parts = [f"{show_money(minor, sheet.currency)} {state}{' (reward)' if of == 'reward' else ''}"
             for (of, state), minor in sheet.held.items() if minor and side in (None, of)]
    return f"the line's money: {', '.join(parts)}" if parts else "the line has no money on that side" if side else "the line has no money"


# ---- who and when ---------------------------------------------------------------------------------------------------


def _no_line(command: Move | Reverse) -> Refusal:
    return Refusal("unknown", f"agreement {command.agreement} has no line {command.line}", "name a line that was booked")


def _beside_the_way(command: Move, sheet: Sheet) -> Refusal | None:
    """What has ended, or is disputed already, is neither voided nor disputed."""
    if not isinstance(command, Void | Dispute | Decide) or command.state in LIVE:
        return None
    state = command.state
    stands = sum(sheet.held[side, state] for side in SIDES if command.side in (None, side))
    verb = {"Void": "voided", "Dispute": "disputed", "Decide": "decided"}[type(command).__name__]
    if state in DISPUTED.values():
        mend = "decide the dispute: name the state the money came from"
    else:
        mend = "reverse the transfer that put it there, or restate the line"
    what = f"what is {state} cannot be {verb}: {show_money(stands, sheet.currency)} of line {sheet.line} stands {state}"
    return Refusal("ledger", what, mend, state, stands)


def _by_whom(command: Move, sheet: Sheet) -> Refusal | None:
    if isinstance(command, Review | Approve | Void | Dispute | Decide):
        what = {"Review": "reviews", "Approve": "approves", "Void": "voids", "Dispute": "disputes", "Decide": "decides"}[type(command).__name__]
        if is_system(command.actor):
            return Refusal("person", f"`{command.actor}` is the system: a person {what}", "let a person do it under their own name")
    if isinstance(command, Approve) and sheet.reviewed_by.get(person(command.actor), 0) > 0:
        return Refusal("person", f"{command.actor} reviewed line {sheet.line} and cannot approve it", "let a second person approve")
    if _voids_approved(command) and sheet.approved_by.get(person(command.actor), 0) > 0:
        return Refusal("person", f"{command.actor} approved line {sheet.line} and cannot void what is {command.state} of it",
                       "let a second person void it")
    if isinstance(command, Void | Dispute | Decide) and not command.reason.strip():
        return Refusal("reason", "what a person decides about money needs a reason", "say why, in a sentence")
    return None


def _voids_approved(command: Move) -> TypeGuard[Void | Decide]:
    """Whether it takes away what a second person agreed to."""
    return isinstance(command, Void | Decide) and command.state in ("approved", "issued") and getattr(command, "verdict", "voided") == "voided"


def _when(command: Move) -> Refusal | None:
    match command:
        case Dispute(by=int(by)) if command.at > by:
            return Refusal("window", f"line {command.line} could be disputed until {format_instant(by)}, and this is "
                           f"{format_instant(command.at)}", "what both parties agree on later is a restatement")
        case Expire(expires=int(end)) if command.at <= end:
            return Refusal("window", f"line {command.line} may be used until {format_instant(end)}: it has not expired at "
                           f"{format_instant(command.at)}")
        case Apply(expires=int(end)) if command.at > end:
            return Refusal("window", f"line {command.line} could be used until {format_instant(end)}, and this is {format_instant(command.at)}",
                           "book that it expired")
    return None


# ---- reversal -------------------------------------------------------------------------------------------------------


def reversed_(book: Book, command: Reverse) -> list[Entry] | Refusal:
    """The entry that takes a transfer back, or why it cannot be."""
    sheet = book.sheet(command.agreement, command.line)
    if sheet is None:
        return _no_line(command)
    first = sheet.transfers.get(command.transfer)
    if first is None:
        return Refusal("unknown", f"line {sheet.line} has no transfer {command.transfer}", "name a transfer of this line")
    if is_system(command.actor):
        return Refusal("person", f"`{command.actor}` is the system: a person reverses", "let a person do it under their own name")
    if not command.reason.strip():
        return Refusal("reason", "what a person decides about money needs a reason", "say why, in a sentence")
    return _taken_back(command, sheet, first)


def _taken_back(command: Reverse, sheet: Sheet, first: Transfer) -> list[Entry] | Refusal:
    """Money goes back from the state it was moved to, as far as it still stands there."""
    places = [sheet.places[name] for name in (first.debit, first.credit) if name in sheet.places]
    if first.reverses:
        return Refusal("ledger", f"transfer {first.key} is itself a reversal, of {first.reverses}", "take the step anew instead", "reversed", 0)
    if len(places) < 2:
        state, stands = places[0][1], sheet.held[places[0]]
        return Refusal("ledger", f"transfer {first.key} booked what the line comes to ({first.kind})", "restate the line instead", state,
                       stands)
    remains = sheet.remains[first.key]
    minor = remains if command.minor is None else command.minor
    side = places[0][0]
    state = (places[1] if side == "credit" else places[0])[1]
    stands = sheet.held[side, state]
    if not remains:
        return Refusal("ledger", f"transfer {first.key} was reversed already: by {_reversals(sheet, first)}", "a transfer is reversed once",
                       state, stands)
    if minor > remains:
        what = (f"{show_money(minor, sheet.currency)} of transfer {first.key} cannot be reversed: {show_money(remains, sheet.currency)} of its "
                f"{show_money(first.minor, sheet.currency)} remains")
        return Refusal("ledger", what, f"reverse at most {show_money(remains, sheet.currency)}", state, remains)
    if minor > stands:
        return Refusal("ledger", f"{show_money(minor, sheet.currency)} of transfer {first.key} cannot be reversed: it moved on, and "
                       f"{show_money(stands, sheet.currency)} stands {state}", _where(sheet, side), state, stands)
    return [("reversed", first.credit, first.debit, minor, first.key)]


def _reversals(sheet: Sheet, first: Transfer) -> str:
    return ", ".join(key for key, transfer in sheet.transfers.items() if transfer.reverses == first.key)

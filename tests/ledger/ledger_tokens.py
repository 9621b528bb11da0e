"""The ledger once more, with a token for each minor unit: slow, and written from the rules in docs/ledger.md, not from the code.

A token lies in one place (side, state). A step moves tokens one by one; a restatement takes one away or lays one down until the line comes to
what it should. Nothing is added up, subtracted or bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from upheld.ledger.commands import Apply, Approve, Command, Decide, Dispute, Expire, Issue, Restate, Reverse, Review, Void

Place = tuple[str, str]
GIVES_WAY = "voided expired approved reviewed computed disputed-approved disputed-reviewed disputed-computed disputed-issued".split()
ENDED = ("applied", "voided", "expired")


@dataclass
class Token:
    side: str
    state: str
    clawed: bool = False


@dataclass
class Past:
    """A step taken: which way, by whom, how much of it is not taken back."""

    what: str
    side: str
    start: str
    end: str
    by: str
    left: int
    reversal: bool = False


@dataclass
class Line:
    tokens: list[Token] = field(default_factory=list)
    past: dict[str, Past] = field(default_factory=dict)
    booked: bool = False

    def at(self, side: str, state: str) -> list[Token]:
        return [t for t in self.tokens if (t.side, t.state) == (side, state)]

    def of(self, side: str) -> list[Token]:
        return [t for t in self.tokens if t.side == side]

    # ---- what a request does: "" if it is done, else the slug of the refusal ------------------------------------------

    def ask(self, command: Command) -> str:
        match command:
            case Restate():
                return self.restate(command.minor)
            case Reverse():
                return self.reverse(command)
            case _:
                return self.step(command)

    def restate(self, target: int) -> str:
        while (now := len(self.of("credit")) - len(self.of("reward"))) != target:
            rising, falling = ("credit", "reward") if now < target else ("reward", "credit")
            loose = [t for state in GIVES_WAY for t in self.at(falling, state)]
            self.booked = True
            if loose:
                # what is owed for itself goes before a claw-back
                gone = loose[0]
                own = next((t for t in self.of(falling) if not t.clawed), None)
                if own is not None:
                    own.clawed, gone.clawed = gone.clawed, False
                self.tokens.remove(gone)
            else:
                self.tokens.append(Token(rising, "computed", clawed=len(self.of(falling)) > len(self.of(rising))))
        return ""

    def step(self, command: Command) -> str:
        if not self.booked:
            return "unknown"
        name = type(command).__name__
        state = getattr(command, "state", "")
        if state in ENDED or state.startswith("disputed"):
            return "ledger"
        if name in ("Review", "Approve", "Void", "Dispute", "Decide") and command.actor == "system":
            return "person"
        if isinstance(command, Approve) and self.did("reviewed", command.actor):
            return "person"
        if state in ("approved", "issued") and (name == "Void" or (name == "Decide" and command.verdict == "voided")) and self.did(
                "approved", command.actor):
            return "person"
        if name in ("Void", "Dispute", "Decide") and not command.reason:
            return "reason"
        if (isinstance(command, Dispute) and command.by is not None and command.at > command.by) or (
                isinstance(command, Apply) and command.expires is not None and command.at > command.expires) or (
                isinstance(command, Expire) and command.expires is not None and command.at <= command.expires):
            return "window"
        what, start, end = self.way(command)
        sides = [side for side in ("credit", "reward") if command.side in (None, side) and self.at(side, start)]
        if command.minor is not None and len(sides) > 1:
            return "side"
        if not sides or len(self.at(sides[0], start)) < (command.minor or 0):
            return "ledger"
        moves = {side: self.at(side, start)[:command.minor] for side in sides}
        if end in ("voided", "expired") and start in ("issued", "disputed-issued") and any(
                self.taken_twice(side, len(tokens)) for side, tokens in moves.items()):
            return "ledger"
        for number, (side, tokens) in enumerate(moves.items(), 1):
            for token in tokens:
                token.state = end
            self.past[f"{command.key}#{number}"] = Past(what, side, start, end, command.actor, len(tokens))
        return ""

    def taken_twice(self, side: str, much: int) -> bool:
        other = "reward" if side == "credit" else "credit"
        clawed = sum(t.clawed for t in self.of(other))
        under_way = [t for t in self.of(other) if t.state not in ENDED]
        lasts = [t for t in self.of(other) if t.state not in ("voided", "expired")]
        mine = [t for t in self.of(side) if t.state not in ("voided", "expired")]
        return bool(clawed and under_way) or len(mine) - much < min(clawed, len(lasts))

    @staticmethod
    def way(command: Command) -> tuple[str, str, str]:
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
                return "disputed", command.state, "disputed-" + command.state
            case Decide():
                return "decided", "disputed-" + command.state, command.state if command.verdict == "stands" else "voided"
        raise AssertionError(command)

    def did(self, what: str, actor: str) -> bool:
        return any(p.left for p in self.past.values() if p.what == what and p.by == actor)

    def reverse(self, command: Reverse) -> str:
        if not self.booked:
            return "unknown"
        past = self.past.get(command.transfer)
        if past is None:
            return "unknown"
        if command.actor == "system":
            return "person"
        if not command.reason:
            return "reason"
        if past.reversal or not past.left:
            return "ledger"
        much = past.left if command.minor is None else command.minor
        there = self.at(past.side, past.end)
        if past.what == "booked" or much > past.left or much > len(there):
            return "ledger"
        for token in there[:much]:
            token.state = past.start
        past.left -= much
        self.past[f"{command.key}#1"] = Past("reversed", past.side, past.end, past.start, command.actor, 0, reversal=True)
        return ""

"""What must hold whatever happened: the store against a batch run over every fact that was acknowledged.

Law: nothing here asks the worker's own tables what should be; the facts are read from the leaves of the log, one after the other, and all of
them go through the batch agenda at once.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from upheld.clocks.agenda import agenda
from upheld.clocks.notices import notices
from upheld.clocks.table import KINDS, NEVER, STATES, VERDICTS, Agenda, step_key
from upheld.facts.arrive import STREAM, Arrival
from upheld.facts.batch import Batch
from upheld.facts.leaves import batches_of
from upheld.facts.record import record
from upheld.facts.tables import OPEN, Facts
from upheld.plans.plan import Plan
from upheld.stores import live
from upheld.stores.live_schema import clocks, outbox, steps
from upheld.stores.logs import leaf_hash
from upheld.stores.store import Store

__all__ = ["Broken", "Fired", "Oracle", "require"]

Name = tuple[str, str, bytes]
ENDED = ("sent", "muted", "folded", "dead")
SEEN = 5


class Broken(AssertionError):
    """An invariant does not hold. ``name`` says which."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        super().__init__(f"{name}: {text}")


def require(holds: object, name: str, text: object = "") -> None:
    """Raises ``Broken`` where it does not hold."""
    if not holds:
        raise Broken(name, str(text))


class Fired(NamedTuple):
    """A step as the worker kept it."""

    at: int
    fired_at: int
    seq: int
    case: str
    untold: str


class Oracle:
    """Everything that was acknowledged, and the batch run over it."""

    def __init__(self, store: Store, plans: Sequence[Plan]) -> None:
        self.store, self.plans = store, [{p.version: p for p in plans}]
        self.acknowledged: dict[Name, tuple[int, bytes, Arrival]] = {}
        self.tried_at: dict[Name, set[int]] = defaultdict(set)
        self.of_case: dict[str, list[int]] = defaultdict(list)
        self.joined: dict[str, set[str]] = defaultdict(set)
        self.corrections: list[tuple[str, tuple[str, str]]] = []
        self.spoken: dict[str, int] = {}
        self.seen: set[Name] = set()
        self.leaves: list[bytes] = []
        self.ids: dict[tuple[str, str], dict[str, Any]] = {}
        self.batches: list[Batch] = []
        self.noticed: Counter[str] = Counter()
        self.judged: set[str] = set()
        self.asked: set[str] = set()
        self.union: dict[str, int] = {}
        self.looked = 0
        self.recomputed = 0

    def acknowledge(self, key: Name, arrival: Arrival, seq: int, hash_: bytes) -> None:
        """The server said that it is kept, and where: an answer to another try says the same."""
        before = self.acknowledged.get(key)
        if before is not None:
            require(before[:2] == (seq, hash_), "the same fact has the same answer", (key, before[0], seq))
            return
        self.acknowledged[key] = (seq, hash_, arrival)

    # ---- the log -----------------------------------------------------------------------------------------------------

    def read_log(self) -> None:
        """The leaves since the last time: without gap, each fact once, each as somebody sent it; and all that was acknowledged among them."""
        new = list(self.store.logs.leaves(STREAM, len(self.leaves)))
        for place, leaf in enumerate(new, len(self.leaves)):
            require(leaf.idx == place, "log without gaps", f"leaf {leaf.idx} at {place}")
            if leaf.kind == "notice":
                self.noticed[json.loads(leaf.data)["key"]] += 1
                continue
            body = json.loads(leaf.data)
            if body.get("kind") != "fact":
                continue
            key, before = (body["source"], body["id"]), self.ids.get((body["source"], body["id"]))
            require(before is None or (before["end"] == OPEN != body["end"]), "a fact is recorded once", key)
            self.ids[key] = body
            for name in body.get("says", ()) if body["shape"] == "events" else ():
                self.spoken.setdefault(name, place)
            case = body.get("case", "")
            self.of_case[case].append(place)
            if case and "replaces" in body:
                self.corrections.append((case, (body["source"], body["replaces"])))
        for case, name in self.corrections:
            other = self.ids[name]["case"]
            if other != case:
                self.joined[case].add(other)
                self.joined[other].add(case)
        self.corrections.clear()
        data = [leaf.data for leaf in new]
        self.leaves += data
        self.batches += batches_of(data)
        for key, (seq, hash_, arrival) in self.acknowledged.items():
            if key in self.seen:
                continue
            self.seen.add(key)
            made = {arrival.leaf(seq + 1, at) for at in self.tried_at.pop(key)}
            require(seq < len(self.leaves) and self.leaves[seq] in made, "what was acknowledged is there", (key, seq))
            require(hash_ == leaf_hash(self.leaves[seq]), "what was acknowledged is there", key)
        require(self.store.stream.size() == len(self.leaves), "log without gaps", "size")

    def facts(self) -> Facts:
        """All of them, recorded."""
        return record(self.batches)

    def facts_at(self, seq: int, cases: Iterable[str]) -> Facts:
        """Of the first ``seq`` leaves: the facts of these cases, of those a correction joined with them, and those everybody shares."""
        wanted, fresh = set(cases), set(cases)
        while fresh:
            fresh = {other for case in fresh for other in self.joined[case]} - wanted
            wanted |= fresh
        places = sorted(p for case in (*wanted, "") for p in self.of_case[case] if p < seq)
        spoken = {"events": frozenset(name for name, place in self.spoken.items() if place < seq)}
        return replace(record(batches_of([self.leaves[p] for p in places])), spoken=spoken)

    # ---- the batch run -----------------------------------------------------------------------------------------------

    def check(self, at: int) -> Agenda:
        """Everything at rest at ``at``: clocks and steps against a fresh batch run, messages against the steps."""
        self.read_log()
        self.looked += 1
        whole = agenda(self.plans[-1].values(), self.facts(), at)
        fired = self._fired()
        self._steps(whole, fired)
        self._clocks(whole, at)
        overdue, n = live.should_have_fired(self.store.database, at)
        require(n == 0, "the auditor agrees", overdue[:3])
        self._messages(fired)
        fresh = [key for key in fired if key not in self.asked]
        self.told(fired, fresh[:: max(1, len(fresh) // 8)])
        self.asked |= fired.keys()
        return whole

    def _fired(self) -> dict[str, Fired]:
        with self.store.database.reading() as connection:
            rows = connection.execute(steps.select()).mappings().all()
        found = {row["key"]: Fired(row["at"], row["fired_at"], row["seq"], row["casename"], row["untold"]) for row in rows}
        require(len(found) == len(rows), "a step has one row")
        return found

    def _steps(self, whole: Agenda, fired: dict[str, Fired]) -> None:
        due = {step_key(row.key, row.step): row.at for row in whole.rows() if KINDS[0] != "budget"}
        missing = [key for key in due if key not in fired]
        require(not missing, "every due step fired", [(k, due[k]) for k in missing[:SEEN]] + [len(missing)])
        lost = [key for key in self.union if key not in fired]
        require(not lost, "what fired stands", lost[:SEEN])
        self.union |= {key: row.at for key, row in fired.items()}
        early = [key for key, row in fired.items() if row.at > row.fired_at]
        require(not early, "no step before its instant", early[:SEEN])
        # what the last batch run gives with the same instant is accounted for; anything else must follow from the basis it was found on
        strange: dict[tuple[int, int], list[str]] = defaultdict(list)
        for key, row in fired.items():
            if key not in self.judged and due.get(key) != row.at:
                strange[row.seq, row.fired_at].append(key)
        for (seq, at), keys in strange.items():
            self._derivable(seq, at, keys, fired)
        self.judged |= fired.keys()

    def _derivable(self, seq: int, at: int, keys: list[str], fired: dict[str, Fired]) -> None:
        self.recomputed += 1
        facts = self.facts_at(seq, {fired[key].case for key in keys})
        # by the versions that were there then, which is before or after an amendment
        then = [{step_key(row.key, row.step): row.at for row in agenda(plans.values(), facts, at).rows()} for plans in self.plans]
        for key in keys:
            found = [steps[key] for steps in then if key in steps]
            require(found, "no unexpected step", f"{key} fired at {fired[key]}: not due on that basis")
            require(fired[key].at in found, "a step has its own instant", f"{key} fired for {fired[key].at}, due at {found}")

    def told(self, fired: dict[str, Fired], keys: Sequence[str]) -> None:
        """The messages of some steps, against whom the agreement tells on the basis they fired on."""
        groups: dict[tuple[int, int], set[str]] = defaultdict(set)
        for key in keys:
            groups[fired[key].seq, fired[key].fired_at].add(key)
        with self.store.database.reading() as connection:
            rows = connection.execute(outbox.select().with_only_columns(outbox.c.key, outbox.c.clock, outbox.c.step)).all()
        kept: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            kept[f"{row.clock}/{row.step}"].add(row.key)
        for (seq, at), wanted in groups.items():
            facts = self.facts_at(seq, {fired[key].case for key in wanted})
            owed: dict[str, list[set[str]]] = defaultdict(list)
            for plans in self.plans:
                then = agenda(plans.values(), facts, at)
                for step in then.rows():
                    if step_key(step.key, step.step) in wanted:
                        told = {n.key for n in notices(plans[step.version], then, step, facts, at)}
                        owed[step_key(step.key, step.step)].append(told)
            for name in wanted:
                if not fired[name].untold:
                    require(kept[name] in owed[name], "a message for everybody who is told", f"{name}: owed {owed[name]}, kept {kept[name]}")

    def _clocks(self, whole: Agenda, at: int) -> None:
        table = whole.clocks
        with self.store.database.reading() as connection:
            rows = connection.execute(clocks.select()).mappings().all()
        kept = {(r["agreement"], r["commitment"], r["casename"], r["cycle"], r["part"]): r for r in rows}
        require(len(kept) == len(rows), "a clock has one row")
        mine = [i for i in range(len(table)) if KINDS[table.kind[i]] != "budget"]
        missing = [table.key[i] for i in mine if tuple(table.key[i]) not in kept]
        require(not missing, "live clocks equal batch", f"missing {missing[:SEEN]} of {len(missing)}")
        extra = set(kept) - {tuple(table.key[i]) for i in mine}
        require(not extra, "live clocks equal batch", f"no longer there: {sorted(extra)[:SEEN]}")
        for i in mine:
            row = kept[tuple(table.key[i])]
            due = (row["kind"], row["version"], row["ladder"], row["start"], row["due"], row["stop"], row["missed_at"], row["target_us"],
                   row["state"], row["verdict"], row["next_at"])
            owed = (KINDS[table.kind[i]], table.version[i], table.ladder[i], int(table.start[i]),
                    int(table.due[i]) if table.has_due[i] else None, int(table.stop[i]) if table.has_stop[i] else None,
                    int(table.missed_at[i]) if table.has_miss[i] else None,
                    int(table.target_us[i]), STATES[table.state[i]], VERDICTS[table.verdict[i]],
                    None if table.next_at[i] == NEVER else int(table.next_at[i]))
            require(due == owed, "live clocks equal batch", f"{table.key[i]} looked at {row['at']} on {row['seq']}, now {at} on "
                    f"{len(self.leaves)}:\n kept {due}\n owed {owed}")
            if STATES[table.state[i]] in ("stopped", "ended"):
                require(row["elapsed_us"] == int(table.elapsed_us[i]), "live clocks equal batch", f"{table.key[i]} elapsed")

    # ---- messages ----------------------------------------------------------------------------------------------------

    def _messages(self, fired: dict[str, Fired]) -> None:
        with self.store.database.reading() as connection:
            rows = connection.execute(outbox.select().with_only_columns(
                outbox.c.key, outbox.c.clock, outbox.c.step, outbox.c.state, outbox.c.step_at, outbox.c.folded_into, outbox.c.recipient,
                outbox.c.channel)).all()
        told: Counter[str] = Counter()
        states, into = {row.key: row.state for row in rows}, {row.key: row.folded_into for row in rows}
        for row in rows:
            if row.recipient == "operator":
                continue
            name = f"{row.clock}/{row.step}"
            told[name] += 1
            step = fired.get(name)
            require(step is not None, "no message without its step", row.key)
            assert step is not None
            require(row.step_at == step.at, "a message has its step's instant", row.key)
            require(row.key == f"{name}/{row.recipient}/{row.channel}", "a message is named by its step", row.key)
            end, links = row.key, 0
            while states.get(end) == "folded" and links < 100:
                end, links = into[end], links + 1
            require(states.get(end, "folded") != "folded", "what is folded goes with another", row.key)
        silent = [key for key, step in fired.items() if not step.untold and not told[key]]
        require(not silent, "every step that fired has its messages", silent[:SEEN])
        for key, n in self.noticed.items():
            require(n == 1, "who was told is recorded once", key)
            require(states.get(key) == "sent", "who was told is recorded once", f"{key} is {states.get(key)}")
        unsaid = [key for key, state in states.items() if state == "sent" and not self.noticed[key]]
        require(not unsaid, "who was told is recorded", unsaid[:SEEN])

"""Running clocks as they are kept, and whose turn it is: what a tick claims, reads and writes.

Law: every function takes the tick's own connection, so that a tick is one transaction. Units are locked before anything of them is read
and kept until the end: what was recorded before the reading is in it, what comes later finds its mark still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Select, Text, and_, delete, func, insert, literal, or_, select, update

from upheld.stores.bulk import delete_rows, put_rows
from upheld.stores.database import Database
from upheld.stores.live_schema import cases, clocks, heard, judged, steps, wakes, workers
from upheld.stores.many import among
from upheld.stores.schema import texts, touched

__all__ = ["CLOCK_COLUMNS", "STEP_COLUMNS", "Due", "OpenClock", "Probe", "Touch", "WorkerRow", "agreement_unit", "candidates", "case_unit",
           "clock_keys", "fired", "forget_touches", "heard_in", "hearers", "judge_anew", "judged_by", "lock", "make_lock_rows",
           "open_clocks", "probe", "put_clocks", "put_steps", "read_workers", "recovered", "set_aside", "should_have_fired",
           "silence_clocks", "stopped_clocks", "texts_size", "touches_of", "touches_shared", "unit_name", "wake", "wake_all",
           "wake_clocks", "woken",
           "write_beat"]

CLOCK_COLUMNS = tuple(c.name for c in clocks.columns)
STEP_COLUMNS = tuple(c.name for c in steps.columns)
_KEY = tuple(c.name for c in clocks.primary_key.columns)


class Touch(NamedTuple):
    """A mark that something was recorded: about a case, or (``shared``) of a shape."""

    id: int
    kind: str
    name: str
    seq: int


class Due(NamedTuple):
    """A clock whose instant has passed."""

    agreement: str
    commitment: str
    case: str
    cycle: str
    next_at: int


class WorkerRow(NamedTuple):
    """A worker as it last said itself."""

    name: str
    version: str
    schema: str
    started: int
    beat: int
    host: str
    pid: int
    state: str


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether there is anything to do: the first touch, the next instant of a clock, the next wake. None: there is none."""

    touch: int | None
    next_at: int | None
    wake_at: int | None

    def due(self, at: int) -> bool:
        """Whether a tick at this instant would find anything."""
        return self.touch is not None or any(t is not None and t <= at for t in (self.next_at, self.wake_at))

    def next(self) -> int | None:
        """The next instant at which there will be something to do, if nothing is recorded before."""
        return min((t for t in (self.next_at, self.wake_at) if t is not None), default=None)


class OpenClock(NamedTuple):
    """A clock kept: ``group`` is JSON, times µs UTC."""

    case: str
    cycle: str
    group: str
    kind: str
    start: int
    stop: int | None
    missed_at: int | None


def case_unit(case: str) -> str:
    """The unit of a case."""
    return f"case/{case}"


def agreement_unit(agreement: str) -> str:
    """The unit of an agreement's schedules and budgets."""
    return f"agreement/{agreement}"


def unit_name(unit: str) -> tuple[str, str]:
    """``(case | agreement, name)`` of a unit."""
    kind, _, name = unit.partition("/")
    return kind, name


def probe(database: Database) -> Probe:
    """One statement, each part one look into an index."""
    asked = select(
        select(func.min(touched.c.id)).scalar_subquery(),
        select(func.min(clocks.c.next_at)).where(clocks.c.next_at.is_not(None)).scalar_subquery(),
        select(func.min(wakes.c.at)).scalar_subquery(),
    )
    with database.reading() as connection:
        return Probe(*connection.execute(asked).one())


def texts_size(database: Database) -> str:
    """What changes with every text that is put, and with nothing else."""
    with database.reading() as connection:
        return str(connection.scalar(select(func.max(texts.c.seq))) or 0)


# ---- claiming -------------------------------------------------------------------------------------------------------


def candidates(connection: Connection, at: int, most: int) -> list[str]:
    """Units whose turn it is, the most urgent first: due clocks, then wakes, then cases something was recorded about; at most ``most``."""
    due = connection.execute(select(clocks.c.unit).where(clocks.c.next_at.is_not(None), clocks.c.next_at <= at)
                             .order_by(clocks.c.next_at).limit(most)).scalars()
    woken_now = connection.execute(select(wakes.c.unit).where(wakes.c.at <= at).order_by(wakes.c.at).limit(most)).scalars()
    recorded = connection.execute(select(touched.c.name).where(touched.c.kind == "case").order_by(touched.c.id).limit(most)).scalars()
    found = dict.fromkeys((*due, *woken_now, *(case_unit(name) for name in recorded)))
    return list(found)[:most]


def make_lock_rows(connection: Connection, units: Sequence[str]) -> None:
    """A lock row for every unit."""
    known = set(connection.execute(select(cases.c.name).where(among(connection, cases.c.name, units))).scalars())
    put_rows(connection, cases, ("name",), [(unit,) for unit in sorted(set(units) - known)])


def lock(connection: Connection, units: Sequence[str], most: int) -> list[str]:
    """Those of the units nobody else holds, locked until the transaction ends, in their order; at most ``most``."""
    asked = select(cases.c.name).where(among(connection, cases.c.name, units)).limit(most)
    if connection.dialect.name == "postgresql":
        asked = asked.with_for_update(skip_locked=True)
    held = set(connection.execute(asked).scalars())
    return [unit for unit in units if unit in held]


def touches_of(connection: Connection, names: Iterable[str], most: int) -> list[int]:
    """The marks on these cases, by id, among the first ``most`` there are; read after the lock and before the facts."""
    wanted = set(names)
    asked = select(touched.c.id, touched.c.name).where(touched.c.kind == "case").order_by(touched.c.id).limit(most)
    return [row.id for row in connection.execute(asked) if row.name in wanted]


def touches_shared(connection: Connection, most: int) -> list[Touch]:
    """Marks that facts everybody may read were recorded; held until the transaction ends, those another holds left out."""
    asked = select(touched.c.id, touched.c.kind, touched.c.name, touched.c.seq).where(touched.c.kind == "shared") \
        .order_by(touched.c.id).limit(most)
    if connection.dialect.name == "postgresql":
        asked = asked.with_for_update(skip_locked=True)
    return [Touch(*row) for row in connection.execute(asked)]


def forget_touches(connection: Connection, ids: Sequence[int]) -> None:
    """These marks have been seen to."""
    if ids:
        connection.execute(delete(touched).where(among(connection, touched.c.id, list(ids))))


def wake(connection: Connection, units: Mapping[str, int], tries: int = 0, error: str = "") -> None:
    """Look at each unit again at its instant."""
    put_rows(connection, wakes, ("unit", "at", "tries", "error"), [(unit, at, tries, error) for unit, at in sorted(units.items())],
             update=("tries", "error"))


def wake_clocks(connection: Connection, agreement: str, since: int, at: int, known_since: int) -> None:
    """Look again, at ``at``, at every case of the agreement with a clock that had not stopped before ``since``.

    ``known_since``: clocks looked at on this basis are left out (they have read it already).
    """
    chosen = select(clocks.c.unit, literal(at, BigInteger), literal(0, BigInteger), literal("", Text)).distinct().where(
        clocks.c.agreement == agreement, clocks.c.kind == "case", or_(clocks.c.stop.is_(None), clocks.c.stop >= since),
        clocks.c.seq < known_since)
    _wake_chosen(connection, chosen)


def judged_by(connection: Connection) -> dict[str, str]:
    """The hash of the texts by which the clocks of each agreement were last worked out."""
    return {row.agreement: row.hash for row in connection.execute(select(judged.c.agreement, judged.c.hash))}


def judge_anew(connection: Connection, hashes: Mapping[str, str], gone: Iterable[str], at: int) -> None:
    """These agreements have new texts, ``gone`` are no more: every case is looked at again, and each agreement's own clocks."""
    put_rows(connection, judged, ("agreement", "hash"), sorted(hashes.items()), update=("hash",))
    delete_rows(connection, judged, ("agreement",), [(name,) for name in gone])
    chosen = select(cases.c.name, literal(at, BigInteger), literal(0, BigInteger), literal("", Text)).where(cases.c.name.like("case/%"))
    _wake_chosen(connection, chosen)
    wake(connection, {agreement_unit(name): at for name in (*hashes, *gone)})


def wake_all(connection: Connection, at: int) -> None:
    """Look at everything again at ``at``: every case, and every agreement's own clocks."""
    _wake_chosen(connection, select(cases.c.name, literal(at, BigInteger), literal(0, BigInteger), literal("", Text)))


def _wake_chosen(connection: Connection, chosen: Select[Any]) -> None:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as adding

        connection.execute(adding(wakes).from_select(["unit", "at", "tries", "error"], chosen).on_conflict_do_nothing())
    else:
        connection.execute(insert(wakes).prefix_with("OR IGNORE").from_select(["unit", "at", "tries", "error"], chosen))


def woken(connection: Connection, units: Sequence[str], at: int) -> dict[str, int]:
    """How often each of the units has failed so far; its wakes up to ``at`` are seen to."""
    mine = and_(among(connection, wakes.c.unit, units), wakes.c.at <= at)
    found: dict[str, int] = {}
    for unit, tries in connection.execute(select(wakes.c.unit, wakes.c.tries).where(mine)):
        found[unit] = max(found.get(unit, 0), tries)
    if found:
        connection.execute(delete(wakes).where(mine))
    return found


# ---- clocks and steps -----------------------------------------------------------------------------------------------


def clock_keys(connection: Connection, units: Sequence[str]) -> dict[tuple[object, ...], str]:
    """The clocks kept of these units, by (agreement, commitment, case, cycle, part), with their kind."""
    asked = select(*(clocks.c[name] for name in _KEY), clocks.c.kind).where(among(connection, clocks.c.unit, units))
    return {tuple(row)[:5]: row.kind for row in connection.execute(asked)}


def open_clocks(connection: Connection, agreement: str, commitment: str, since: int) -> list[OpenClock]:
    """The clocks kept of a commitment that were open at some time after ``since`` (µs UTC)."""
    columns = (clocks.c.casename, clocks.c.cycle, clocks.c.grp, clocks.c.kind, clocks.c.start, clocks.c.stop, clocks.c.missed_at)
    asked = select(*columns).where(
        clocks.c.agreement == agreement, clocks.c.commitment == commitment, or_(clocks.c.stop.is_(None), clocks.c.stop > since))
    return [OpenClock(*row) for row in connection.execute(asked)]


def put_clocks(connection: Connection, rows: Sequence[Sequence[object]], gone: Iterable[tuple[object, ...]]) -> None:
    """Keeps clocks (values in the order of ``CLOCK_COLUMNS``) and forgets those ``gone``."""
    put_rows(connection, clocks, CLOCK_COLUMNS, rows, update=[name for name in CLOCK_COLUMNS if name not in _KEY])
    delete_rows(connection, clocks, _KEY, list(gone))


def fired(connection: Connection, units: Sequence[str]) -> set[str]:
    """The keys of the steps of these units that have fired."""
    return set(connection.execute(select(steps.c.key).where(among(connection, steps.c.unit, units))).scalars())


def put_steps(connection: Connection, rows: Sequence[Sequence[object]]) -> None:
    """Keeps steps that fire now (values in the order of ``STEP_COLUMNS``); one that has fired is left as it is."""
    put_rows(connection, steps, STEP_COLUMNS, rows)


def hearers(connection: Connection, rows: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Keeps (agreement, case) pairs in which a schedule's stop may lie: those that are new."""
    wanted = set(rows)
    if not wanted:
        return set()
    names = {case for _, case in wanted}
    known = {tuple(row) for row in connection.execute(select(heard.c.agreement, heard.c.casename)
                                                      .where(among(connection, heard.c.casename, names)))}
    put_rows(connection, heard, ("agreement", "casename"), sorted(wanted - known))
    return {pair for pair in wanted if pair not in known}


def heard_in(connection: Connection, agreement: str) -> list[str]:
    """The cases that may stop a schedule of the agreement: no other needs to be read for it."""
    return list(connection.execute(select(heard.c.casename).where(heard.c.agreement == agreement).order_by(heard.c.casename)).scalars())


def stopped_clocks(connection: Connection, names: Iterable[str]) -> set[str]:
    """Those of the clocks (``agreement/commitment/case/cycle/part``, as messages name them) that have stopped or are no more.

    A clock is looked up by its steps, which name both.
    """
    wanted = list(names)
    rows = connection.execute(
        select(steps.c.clock, clocks.c.state).distinct().select_from(steps.outerjoin(clocks, and_(*(clocks.c[n] == steps.c[n] for n in _KEY))))
        .where(among(connection, steps.c.clock, wanted)))
    return {name for name, state in rows if state in (None, "stopped", "ended")}


def should_have_fired(database: Database, before: int, most: int = 20) -> tuple[list[Due], int]:
    """The auditor's question, asked without the worker: clocks whose instant lies before ``before`` and that nobody has looked at; how many."""
    overdue = and_(clocks.c.next_at.is_not(None), clocks.c.next_at < before)
    with database.reading() as connection:
        n = connection.scalar(select(func.count()).select_from(clocks).where(overdue)) or 0
        rows = connection.execute(select(clocks.c.agreement, clocks.c.commitment, clocks.c.casename, clocks.c.cycle, clocks.c.next_at)
                                  .where(overdue).order_by(clocks.c.next_at).limit(most)).all() if n else []
    return [Due(*row) for row in rows], n


def silence_clocks(connection: Connection, unit: str) -> None:
    """The clocks of a unit that cannot be worked out ask for nothing by themselves."""
    connection.execute(update(clocks).where(clocks.c.unit == unit).values(next_at=None))


def recovered(connection: Connection, units: Sequence[str]) -> None:
    """These units could be worked out: what was said of their troubles is forgotten."""
    connection.execute(delete(wakes).where(among(connection, wakes.c.unit, units), wakes.c.error != ""))


def set_aside(database: Database, most: int = 100) -> list[tuple[str, int, int, str]]:
    """``(unit, next try, tries, what went wrong)`` of the units that could not be worked out."""
    asked = select(wakes.c.unit, wakes.c.at, wakes.c.tries, wakes.c.error).where(wakes.c.error != "").order_by(wakes.c.at).limit(most)
    with database.reading() as connection:
        return [(row.unit, row.at, row.tries, row.error) for row in connection.execute(asked)]


# ---- workers --------------------------------------------------------------------------------------------------------


def write_beat(database: Database, row: WorkerRow) -> None:
    """A worker's sign of life."""
    with database.writing() as connection:
        changed = connection.execute(update(workers).where(workers.c.name == row.name).values(beat=row.beat, state=row.state))
        if not changed.rowcount:
            connection.execute(insert(workers).values(**row._asdict()))


def read_workers(database: Database) -> list[WorkerRow]:
    """Every worker there has been, the last to be heard of first."""
    with database.reading() as connection:
        return [WorkerRow(*row) for row in connection.execute(select(*workers.columns).order_by(workers.c.beat.desc()))]

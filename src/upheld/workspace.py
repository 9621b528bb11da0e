"""A workspace: a folder of agreements, source files, frozen calendars and facts, read whole.

Law: what is read is bytes and names relative to the workspace; the core never sees a path of the machine. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from upheld.agreement.checks.across import across
from upheld.agreement.load import Loaded
from upheld.agreement.load import load as load_agreement
from upheld.agreement.nodes import Map, Text
from upheld.agreement.reader import MAX_BYTES, read
from upheld.calendars.spec import HolidayList
from upheld.plans.plan import Plan
from upheld.values.finding import Finding, FindingsError, Place, ordered

if TYPE_CHECKING:
    from upheld.facts.tables import Facts
    from upheld.sources.files import Gathering

__all__ = ["NoWorkspaceError", "Workspace", "example_findings", "open_workspace", "read_agreement_file",
           "workspace_of"]


class NoWorkspaceError(Exception):
    """There is no ``agreements/`` here or in a folder above."""


@dataclass(frozen=True)
class Workspace:
    """The agreements of a folder, all versions, each with its findings. ``root`` is where sources and facts are looked for."""

    root: Path
    agreements: tuple[Loaded, ...]
    findings: tuple[Finding, ...]

    def plans(self, agreement: str | None = None) -> dict[str, tuple[Plan, ...]]:
        """The versions of each agreement that compiled, by agreement id."""
        found: dict[str, list[Plan]] = {}
        for loaded in self.agreements:
            if loaded.plan is not None and agreement in (None, loaded.plan.agreement):
                found.setdefault(loaded.plan.agreement, []).append(loaded.plan)
        return {name: tuple(plans) for name, plans in found.items()}

    def facts(self, progress: Callable[[str, int, int], None] | None = None) -> Facts:
        """All facts of the workspace, as ``gathering`` finds them. Raises ``FindingsError``, ``StoreError``."""
        return self.gathering(progress).facts()

    def gathering(self, progress: Callable[[str, int, int], None] | None = None) -> Gathering:
        """The facts of the workspace's source files and those its store has on record, each once.

        Raises ``FindingsError`` for source files that cannot be read, ``StoreError`` for a store that cannot.
        """
        from upheld.sources.files import gather
        from upheld.stores.place import is_there, place_of

        found = gather(self.root, progress=progress)
        place = place_of(self.root)
        return _with_recorded(found, place) if is_there(place) else found


def _with_recorded(found: Gathering, place: str) -> Gathering:
    from upheld.stores.once import once
    from upheld.stores.store import peeked_stream

    with peeked_stream(place) as stream:
        if stream is None or not stream.size():
            return found
        recorded, watched = stream.batches(), stream.watched()
    batches, refused = once(found.batches, recorded)
    # the word of a file is the later one: what it said before is what was recorded
    return replace(found, batches=tuple(batches), complete={**watched, **found.complete}, refused=(*found.refused, *refused))


def open_workspace(start: Path, only: Sequence[str] = ()) -> Workspace:
    """The workspace at ``start`` or above it. ``only``: agreement files to read instead of all (names relative to the root).

    Raises ``NoWorkspaceError``. Findings of agreements are kept in the result, not raised.
    """
    root = _root(start)
    calendars, findings = _calendars(root)
    names = list(only) or agreement_names(root)
    texts = _texts(root, agreement_names(root))
    return _loaded(root, texts | {name: _bytes(root / name) for name in names if name not in texts}, names, calendars, findings)


def workspace_of(texts: Mapping[str, bytes]) -> Workspace:
    """The workspace whose files are these (``agreements/…``, ``calendars/…``): what a store holds instead of a folder. It has no facts."""
    calendars, findings = _frozen((name, data) for name, data in sorted(texts.items()) if name.startswith("calendars/"))
    agreements = {name: data for name, data in sorted(texts.items()) if name.startswith("agreements/")}
    return _loaded(Path(), agreements, list(agreements), calendars, findings)


def _loaded(root: Path, texts: Mapping[str, bytes], names: Sequence[str], calendars: Mapping[str, tuple[HolidayList, ...]],
            findings: list[Finding]) -> Workspace:
    loaded: list[Loaded] = []
    bases = _Bases(texts)
    for name in names:
        one = load_agreement({name: texts[name]}, name=name, holidays=calendars, bases=bases)
        loaded.append(one)
        findings += one.findings
    findings += across(loaded)
    return Workspace(root, tuple(loaded), ordered(findings))


def agreement_names(root: Path) -> list[str]:
    """The agreement files under ``agreements/``, relative, in order; symlinks that leave the workspace are not followed."""
    folder = root / "agreements"
    found = (p for p in folder.rglob("*") if p.suffix in (".yaml", ".yml", ".json") and p.is_file())
    return sorted(p.relative_to(root).as_posix() for p in found if p.resolve().is_relative_to(root.resolve()))


def read_agreement_file(path: Path, against: Path | None = None) -> Loaded:
    """One agreement file read on its own: its workspace's calendars and bases, else those of ``against`` (a draft), else none."""
    try:
        root = _root(path.parent)
    except NoWorkspaceError:
        if against is not None:
            with suppress(NoWorkspaceError):
                return _beside(path, _root(against))
        return load_agreement({str(path): _bytes(path)}, name=str(path), holidays=_calendars(path.parent)[0], bases=_Bases({}))
    return _beside(path, root)


def _beside(path: Path, root: Path) -> Loaded:
    inside = path.resolve().is_relative_to(root.resolve())
    name = path.resolve().relative_to(root.resolve()).as_posix() if inside else str(path)
    texts = _texts(root, agreement_names(root))
    return load_agreement({str(path): texts.get(name, _bytes(path))}, name=str(path), holidays=_calendars(root)[0], bases=_Bases(texts))


def example_findings(loaded: Loaded) -> tuple[Finding, ...]:
    """What the examples beside the clauses say that the clauses do not. Measuring is only loaded where there is one."""
    model = loaded.model
    if model is None or not (model.examples or any(c.examples for c in model.commitments.values())):
        return ()
    from upheld.assessment.examples import example_findings as found

    return found(loaded)


class _Bases:
    """Finds the file of an agreement's version among the agreement files, reading each at most once, and only when asked."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._texts = texts
        self._found: dict[tuple[str, str], tuple[str, bytes]] | None = None

    def __call__(self, agreement: str, version: str) -> tuple[str, bytes] | None:
        if self._found is None:
            self._found = {}
            for name, data in self._texts.items():
                try:
                    node = read(name, data)
                except FindingsError:
                    continue   # told when that file itself is loaded
                if isinstance(node, Map):
                    own = [n.text if isinstance(n := node.step(key), Text) else "" for key in ("agreement", "version")]
                    self._found[own[0], own[1]] = (name, data)
        return self._found.get((agreement, version))


def _root(start: Path) -> Path:
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / "agreements").is_dir():
            return folder
    msg = f"no agreements/ folder in {start} or above it"
    raise NoWorkspaceError(msg)


def _texts(root: Path, names: Sequence[str]) -> dict[str, bytes]:
    return {name: _bytes(root / name) for name in names}


def _bytes(path: Path) -> bytes:
    # one byte more than is allowed: enough for the reader to refuse the size, never a whole huge file in memory
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _calendars(root: Path) -> tuple[dict[str, tuple[HolidayList, ...]], list[Finding]]:
    files: list[tuple[str, bytes]] = []
    unread: list[Finding] = []
    for path in sorted((root / "calendars").glob("*.y*ml")):
        name = path.relative_to(root).as_posix()
        try:
            files.append((name, _bytes(path)))
        except OSError as problem:
            unread.append(Finding("unreadable", f"{problem.strerror or problem}", Place(name)))
    found, findings = _frozen(files)
    return found, [*unread, *findings]


def _frozen(files: Iterable[tuple[str, bytes]]) -> tuple[dict[str, tuple[HolidayList, ...]], list[Finding]]:
    found: dict[str, tuple[HolidayList, ...]] = {}
    findings: list[Finding] = []
    for name, data in files:
        from upheld.calendars.holidays import read_frozen

        try:
            frozen = read_frozen(name, data)
            found[frozen.name] = (*found.get(frozen.name, ()), frozen.holidays)
        except FindingsError as problem:
            findings += problem.findings
    return found, findings

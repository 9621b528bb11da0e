"""Folding: what each person is told of each clock when several steps are due at once.

Law: pure. Of one clock a person gets one message at a time: the highest step reached, with what else had fallen due listed in it. A clock that
had stopped before its step could be told of is not told of. Nothing is dropped: what is not sent stands in the outbox with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upheld.clocks.notice import Notice
from upheld.clocks.table import step_key
from upheld.stores.outbox import Message
from upheld.values.instant import format_instant

__all__ = ["BEFORE", "LATE_US", "STOPPED", "New", "clock_name", "fold", "late_line"]

LATE_US = 300_000_000
"""A step seen so long after its instant is late, µs."""

STOPPED = "the clock had stopped before this could be told"
BEFORE = "it was due before the agreement was first put on record here"


@dataclass(frozen=True, slots=True)
class New:
    """A notice of a step that fires now. ``stopped``: its clock has stopped or ended by now; ``late``: it should have been told before."""

    notice: Notice
    stopped: bool
    late: bool


def clock_name(notice: Notice) -> str:
    """``agreement/commitment/case/cycle/part``: the step key without the step."""
    return step_key(notice.step.key, "")[:-1]


def late_line(subject: str, at: int) -> str:
    """How a message lists another one that goes with it."""
    return f"- {format_instant(at)}: {subject}"


def fold(found: Iterable[New], at: int) -> list[Message]:
    """The rows of the outbox, one a notice, in the order given."""
    news = list(found)
    rows: list[Message] = []
    leaders = _leaders(news)
    groups: dict[str, list[Notice]] = {}
    for new in news:
        leader = leaders.get(new.notice.key)
        if leader is not None and leader.key != new.notice.key:
            groups.setdefault(leader.key, []).append(new.notice)
    for new in news:
        notice = new.notice
        leader = leaders.get(notice.key)
        if notice.muted:
            rows.append(_row(notice, at, "muted", notice.muted))
        elif new.stopped and new.late:
            rows.append(_row(notice, at, "muted", STOPPED))
        elif leader is not None and leader.key != notice.key:
            rows.append(_row(notice, at, "folded", "told together with a later step", into=leader.key))
        else:
            rows.append(_row(notice, at, "waiting", "", text=_with(notice, groups.get(notice.key, ()))))
    return rows


def _leaders(news: Sequence[New]) -> dict[str, Notice]:
    """Of each notice that would be sent, the one it goes with: the highest step of the clock for the person (late: on one channel only)."""
    groups: dict[tuple[str, ...], list[New]] = {}
    for new in news:
        if not new.notice.muted and not (new.stopped and new.late):
            groups.setdefault((clock_name(new.notice), new.notice.recipient), []).append(new)
    found: dict[str, Notice] = {}
    for group in groups.values():
        if any(new.late for new in group):
            top = max(enumerate(group), key=lambda pair: (pair[1].notice.step.at, pair[0] == 0, -pair[0]))[1].notice
            found |= {new.notice.key: top for new in group}
            continue
        by_channel: dict[str, Notice] = {}
        for new in group:
            best = by_channel.get(new.notice.channel)
            if best is None or new.notice.step.at >= best.step.at:
                by_channel[new.notice.channel] = new.notice
        found |= {new.notice.key: by_channel[new.notice.channel] for new in group}
    return found


def _with(notice: Notice, others: Sequence[Notice]) -> str:
    if not others:
        return notice.text
    lines = [late_line(other.subject, other.step.at) for other in sorted(others, key=lambda n: (n.step.at, n.key))]
    return "\n".join((notice.text.rstrip(), "", "---", "Before this:", *dict.fromkeys(lines)))


def _row(notice: Notice, at: int, state: str, reason: str, *, into: str = "", text: str | None = None) -> Message:
    return Message(
        notice.key, clock_name(notice), notice.step.step, notice.step.key.agreement, notice.recipient, notice.channel, notice.address,
        notice.language, notice.subject, notice.text if text is None else text, notice.path, notice.step.at, notice.send_at, state, reason, 0,
        0, "", None, "", into, at)

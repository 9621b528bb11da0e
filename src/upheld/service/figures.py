"""The service in numbers: what a monitoring system reads.

Law: one registry a process; names say the unit; nothing here names a customer or a case.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from upheld.service.deliver import Delivered
from upheld.service.tick import Ticked
from upheld.service.watch import Watch

__all__ = ["REGISTRY", "count_beat", "count_delivery", "count_tick", "count_watch"]

REGISTRY = CollectorRegistry()

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 15, 60, 300)
ticks = Counter("upheld_ticks", "Ticks that found something to do", registry=REGISTRY)
tick_seconds = Histogram("upheld_tick_seconds", "How long a tick takes", buckets=_SECONDS, registry=REGISTRY)
units = Counter("upheld_units", "Cases and agreements looked at", registry=REGISTRY)
steps = Counter("upheld_steps", "Steps that fired", registry=REGISTRY)
step_delay = Histogram("upheld_step_delay_seconds", "How long after its instant a step fired", buckets=_SECONDS, registry=REGISTRY)
poisoned = Counter("upheld_poisoned", "Units that could not be worked out", registry=REGISTRY)
messages = Counter("upheld_messages", "Messages by what became of them", ["outcome"], registry=REGISTRY)
message_delay = Histogram("upheld_message_delay_seconds", "How long after it was due a message was first tried", buckets=_SECONDS,
                          registry=REGISTRY)
overdue = Gauge("upheld_overdue_clocks", "Clocks that should have been looked at more than a minute ago", registry=REGISTRY)
waiting = Gauge("upheld_overdue_messages", "Messages that should have left more than a quarter of an hour ago", registry=REGISTRY)
aside = Gauge("upheld_set_aside", "Units set aside because they cannot be worked out", registry=REGISTRY)
queue = Gauge("upheld_outbox", "Messages in each state", ["state"], registry=REGISTRY)
behind = Gauge("upheld_clock_behind_seconds", "How far the clock stands before an instant acted on already", registry=REGISTRY)
beat = Gauge("upheld_worker_beat_timestamp_seconds", "The worker's last sign of life", registry=REGISTRY)
failures = Counter("upheld_worker_failures", "Rounds of the worker that failed, by what failed", ["what"], registry=REGISTRY)


def count_tick(done: Ticked, seconds: float) -> None:
    """A tick's numbers."""
    behind.set(done.reading.behind_us / 1_000_000)
    if not done.units:
        return
    ticks.inc()
    tick_seconds.observe(seconds)
    units.inc(done.units)
    steps.inc(done.steps)
    poisoned.inc(len(done.poisoned))
    if done.steps:
        step_delay.observe(done.latest_us / 1_000_000)


def count_delivery(done: Delivered) -> None:
    """A delivery's numbers."""
    for outcome in ("sent", "failed", "dead", "quiet", "put_off"):
        messages.labels(outcome).inc(getattr(done, outcome))
    if done.took:
        message_delay.observe(done.latest_us / 1_000_000)


def count_watch(found: Watch) -> None:
    """What the auditor found."""
    overdue.set(found.overdue)
    waiting.set(found.waiting)
    aside.set(found.aside)
    for state in ("waiting", "leased", "sent", "muted", "folded", "dead"):
        queue.labels(state).set(found.queues.get(state, 0))


def count_beat(at: int) -> None:
    """A sign of life, µs UTC."""
    beat.set(at / 1_000_000)

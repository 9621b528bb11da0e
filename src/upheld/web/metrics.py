"""What a server counts: facts by outcome, refusals by slug, requests by route and status with their times, the queue.

Law: a registry of its own for each application; a label never holds a text that came from outside.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Metrics"]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.facts = Counter("upheld_facts", "Facts handed in, by outcome", ["state"], registry=self.registry)
        self.refused = Counter("upheld_facts_refused", "Faults told, by slug", ["slug"], registry=self.registry)
        self.requests = Counter("upheld_requests", "Requests answered", ["route", "method", "status"], registry=self.registry)
        self.seconds = Histogram("upheld_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self.registry)
        self.queue = Gauge("upheld_intake_rows", "Facts waiting to be written", registry=self.registry)
        self.quarantine = Gauge("upheld_quarantined", "Webhook bodies of which not all became facts", registry=self.registry)
        self.log_size = Gauge("upheld_stream_leaves", "Leaves of the stream", registry=self.registry)
        self.workers = Gauge("upheld_worker_heartbeat_age_seconds", "Since the last sign of life of any worker", registry=self.registry)
        self.outbox = Gauge("upheld_outbox_messages", "Messages by state, whoever sends them", ["state"], registry=self.registry)

    def text(self) -> bytes:
        """All of it, in the text format."""
        return generate_latest(self.registry)

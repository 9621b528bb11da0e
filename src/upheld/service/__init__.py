"""The running service: the worker that moves clocks, the outbox, and the ways to people. It may read the clock; the core may not."""

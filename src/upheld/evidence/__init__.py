"""Evidence: append-only logs, signed checkpoints, receipts and bundles that the other party verifies without trusting us."""

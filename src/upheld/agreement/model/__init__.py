"""The written agreement: one module a clause kind, frozen models of what people write."""

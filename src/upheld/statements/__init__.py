"""Statements: what a closed period comes to, as figures that can be signed, compared and read."""

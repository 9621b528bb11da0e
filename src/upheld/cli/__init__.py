"""The command line: one module a command."""

from __future__ import annotations


def main() -> None:
    """Entry point of ``upheld``."""
    from upheld.cli.main import cli

    cli()

"""``upheld schema``: the JSON Schema of agreements, for editors."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema (2020-12) of agreement files.

    Save it, and name it in an agreement's first line for completion in an editor:
    ``# yaml-language-server: $schema=agreement.schema.json``. It is for editors; ``upheld check`` is what decides.
    """
    from upheld.agreement.schema import schema

    click.echo(json.dumps(schema(), ensure_ascii=False, indent=1))

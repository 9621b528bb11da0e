"""``upheld cosign``: the other party confirms the log it has verified."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from upheld.cli.options import fail


@click.command("cosign")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--secret", "secret", type=click.Path(path_type=Path), required=True, help="Your key file; made if it is not there.")
@click.option("--name", help="The name of a key to be made: yourcompany.example.")
@click.option("--key", help="The log's verifier key, as in your contract.")
@click.option("--known", type=click.Path(path_type=Path, dir_okay=False), help="The checkpoint you cosigned last; the new one replaces it.")
def command(bundle: Path, secret: Path, name: str | None, key: str | None, known: Path | None) -> None:
    """Verify BUNDLE, check that it continues the checkpoint you cosigned last, and add your cosignature to it.

    Keep the checkpoint file: with it, a history that was rewritten behind your back becomes provable.
    """
    from datetime import UTC, datetime

    from upheld.closing.keys import KeyFileError, make_key, read_key
    from upheld.evidence import verify as level1
    from upheld.evidence.signing import cosign

    notes = [known.read_bytes()] if known is not None and known.exists() else []
    done = level1.verify(bundle, key, (), notes)
    bad = [(check, words) for check, good, words in done if not good]
    for check, words in bad:
        click.echo(f"FAIL  {check:<10}  {words}", err=True)
    if bad:
        fail("this bundle is not cosigned", 1)
    try:
        if not secret.exists() and not name:
            fail(f"there is no key {secret}", 2, "make one: --name yourcompany.example")
        witness = read_key(secret) if secret.exists() else make_key(secret, name or "", 4)
        if witness.algorithm != 4:
            fail(f"{secret} is the key of a log, not of a witness", 2)
        path = bundle / "logs" / "0" / "checkpoint"
        note = cosign(path.read_bytes(), witness, int(datetime.now(UTC).timestamp()))
    except (KeyFileError, ValueError) as problem:
        fail(str(problem), 1)
    path.write_bytes(note)
    if known is not None:
        known.write_bytes(note)
    click.echo(f"cosigned by {witness.name}; your verifier key, for the other party and for --witness:")
    click.echo(witness.verifier)
    sys.exit(0)

"""``upheld verify``: check a bundle, then compute its figures again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from upheld.cli.options import fail

RECOMPUTED = """This proves that the statement was issued as it is, that it rests on exactly these records, complete and unchanged,
and that its figures follow from them by the agreement. It does not prove that the records are true, or that nothing happened
unrecorded. The PDF and other renderings only quote the figures; they are not proof."""


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", help="The log's verifier key, as in your contract.")
@click.option("--witness", "witnesses", multiple=True, help="A verifier key that must have cosigned.")
@click.option("--known", type=click.Path(path_type=Path, exists=True, dir_okay=False), multiple=True, help="A checkpoint you hold from before.")
@click.option("--receipt", "receipts", type=click.Path(path_type=Path, exists=True, dir_okay=False), multiple=True,
              help="A receipt you hold for something handed in.")
@click.option("--report", type=click.Path(path_type=Path), help="Write both checkpoints here if they contradict each other.")
@click.option("--level", type=click.IntRange(1, 2), default=2, show_default=True, help="1: integrity and completeness; 2: recompute too.")
def command(bundle: Path, key: str | None, witnesses: tuple[str, ...], known: tuple[Path, ...], receipts: tuple[Path, ...],
            report: Path | None, level: int) -> None:
    """Verify BUNDLE, a folder or zip of `upheld statement`: the same checks as its own verify.py, and the figures recomputed."""
    from upheld.evidence import verify as level1

    _there(bundle)
    notes = [path.read_bytes() for path in known]
    done = level1.verify(bundle, key, witnesses, notes, [path.read_bytes() for path in receipts])
    for check, good, words in done:
        click.echo(f"{'ok' if good else 'FAIL':<4}  {check:<10}  {words}")
    good = all(holds for _, holds, _ in done)
    if not good and report is not None and any("equivocation" in words or "rollback" in words for _, holds, words in done if not holds):
        report.write_bytes(b"\n---- the other ----\n".join([level1.Folder(bundle).read("logs/0/checkpoint"), *notes]))
        click.echo(f"both checkpoints are in {report}")
    if not good:
        click.echo("\nREFUSED: do not rely on this bundle.")
        sys.exit(1)
    if level == 2 and not _recomputed(bundle):
        click.echo("\nREFUSED: the figures do not follow from the records.")
        sys.exit(1)
    for name in _otherwise(bundle) if level == 2 else ():
        click.echo(f"note  renderings  {name} is not what these figures give here: changed since, or made by another Upheld or other fonts")
    proves = RECOMPUTED if level == 2 else level1.PROVES
    click.echo("\n" + proves + ("" if key else "\n\n" + level1.UNPINNED))


def _there(bundle: Path) -> None:
    """Leave in words where nothing is there, or what is there was never signed."""
    unsigned = "a period that has not ended, or is not all known, is provisional: upheld statement says what is missing to close it"
    if not bundle.exists():
        fail(f"nothing is there: {bundle}", 2, unsigned if (bundle.parent / "provisional").is_dir() else "")
    if bundle.is_dir() and bundle.name == "provisional" and not (bundle / "logs").exists():
        fail(f"{bundle} is not signed, so there is nothing to verify", 1, unsigned)


def _otherwise(bundle: Path) -> list[str]:
    """The renderings that this release makes otherwise of the figures. They prove nothing, but they are what people read."""
    from upheld import __version__
    from upheld.documents.statement import renderings
    from upheld.evidence.verify import Folder, read_json

    folder = Folder(bundle)
    statement = read_json(folder.read("statement.json"), "statement.json")
    if statement["envelope"]["engine"] != f"upheld {__version__}":
        return []
    made = renderings(statement["envelope"], statement["figures"])
    return [name for name, data in made.items() if f"renderings/{name}" in folder.names and folder.read(f"renderings/{name}") != data]


def _recomputed(bundle: Path) -> bool:
    from upheld.cli.progress import steps
    from upheld.closing.recompute import recompute
    from upheld.values.finding import FindingsError
    from upheld.workspace import NoWorkspaceError

    try:
        with steps("recomputing"):
            found = recompute(bundle)
    except (ValueError, KeyError, FindingsError, NoWorkspaceError) as problem:
        fail(f"the records give no figures: {problem}", 1)
    if found.same:
        click.echo(f"ok    recompute   the figures follow from the records: {found.computed}")
        return True
    click.echo(f"FAIL  recompute   signed {found.signed}, computed {found.computed}")
    for line in found.differs[:20]:
        click.echo(f"      {line}")
    return False

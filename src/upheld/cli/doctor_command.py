"""``upheld doctor``: say what is wrong with this installation or workspace, and what to do."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from upheld.cli.options import workspace_option

Check = tuple[bool, str, str]
"""Fine or not, what was looked at, what to do."""

_NEEDED = ("numpy", "polars", "pydantic", "PyYAML", "ruamel.yaml", "click", "rich", "holidays", "python-dateutil", "icalendar", "tzdata")


@click.command("doctor")
@workspace_option
@click.option("--database", default="", metavar="URL", help="The store of the service (default: upheld.toml, else records/store.db).")
@click.option("--send-test", is_flag=True, help="Send a trial message by every way there is.")
@click.option("--send-again", is_flag=True, help="Try again what was given up, under its keys.")
def command(root: Path, database: str, send_test: bool, send_again: bool) -> None:
    """Look at the installation, the workspace and the service, and say what is wrong and how to mend it. Exit code 1 if something is."""
    worst = 0
    for fine, what, todo in (*_installation(), *_workspace(root), *_service(root, database, trial=send_test, again=send_again)):
        click.echo(f"{'ok  ' if fine else 'BAD '} {what}")
        if not fine:
            click.echo(f"     {todo}")
            worst = 1
    sys.exit(worst)


def _installation() -> Iterator[Check]:
    yield sys.version_info >= (3, 11), f"Python {platform.python_version()}", "Upheld needs Python 3.11 or newer"
    for name in _NEEDED:
        try:
            yield True, f"{name} {importlib.metadata.version(name)}", ""
        except importlib.metadata.PackageNotFoundError:
            yield False, f"{name} is missing", "install upheld again with its dependencies"
    from upheld.values.zone import UnknownZone, zone

    try:
        zone("Europe/Berlin")
        yield True, "zone database of the tzdata package answers", ""
    except UnknownZone as problem:
        yield False, f"zone database: {problem}", "install tzdata again"


def _workspace(root: Path) -> Iterator[Check]:
    from upheld.sources.files import sources_of
    from upheld.values.finding import FindingsError
    from upheld.workspace import NoWorkspaceError, open_workspace

    try:
        workspace = open_workspace(root)
    except NoWorkspaceError as problem:
        yield True, f"no workspace here ({problem})", ""
        return
    errors = sum(f.severity == "error" for f in workspace.findings)
    yield not errors, f"{len(workspace.agreements)} agreements, {errors} errors, {len(workspace.findings) - errors} warnings and notes", \
        "upheld check tells each"
    try:
        for source in sources_of(workspace.root):
            missing = [f for f in source.files if not list(workspace.root.glob(f))]
            yield not missing, f"source {source.name}: {', '.join(source.files)}", f"no file is there for {', '.join(missing)}"
    except FindingsError as problem:
        yield False, f"{len(problem.findings)} findings in source files", f"{problem.findings[0].place}: {problem.findings[0].message}"


def _service(root: Path, database: str, *, trial: bool, again: bool) -> Iterator[Check]:
    """Settings, store, workers, queues, rotas; where there is neither a settings file nor a store with clocks, nothing."""
    from upheld.service.config import CONFIG, load_config
    from upheld.values.finding import FindingsError

    there = (root / CONFIG).exists()
    try:
        config = load_config(root)
    except FindingsError as problem:
        for finding in problem.findings:
            yield False, f"{finding.place}: {finding.message}", finding.help
        return
    where = database or config.database
    if not there and not database:
        return
    from upheld.service.clock import RealClock
    from upheld.service.doctor import check_config, check_feeds, check_reach, check_store, check_texts, workspace_files
    from upheld.service.feeds import fetch_feeds, kept_feeds
    from upheld.service.notifiers import Notifiers
    from upheld.stores.store import open_store
    from upheld.stores.trouble import StoreError

    clock = RealClock()
    checks = list(check_config(config, there=there))
    try:
        with open_store(where, create=False) as store:
            if again:
                from upheld.stores.outbox import send_again

                yield True, f"{send_again(store.database)} messages are tried again", ""
            fresh = fetch_feeds(config)
            feeds = kept_feeds(store, config) | fresh
            checks += [*check_store(store, clock), *check_feeds(store, config, fresh), *check_texts(store, workspace_files(root), clock, feeds)]
    except StoreError as problem:
        yield False, f"store: {problem.what}", problem.help
    checks += check_reach(config, Notifiers(config, clock), clock, send=trial)
    yield from ((check.fine, check.what, check.todo) for check in checks)

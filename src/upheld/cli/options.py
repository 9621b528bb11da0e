"""What several commands take: the workspace, the knowledge cut, the form of the result. And how failures leave the process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from upheld.values.finding import Finding, FindingsError, has_errors

__all__ = ["INSTANT", "as_of_option", "fail", "findings_or_exit", "format_option", "leave_on_errors", "show_findings", "workspace_option"]

F = TypeVar("F", bound=Callable[..., Any])


class _Instant(click.ParamType[int]):
    """A date (its first instant, UTC) or an RFC 3339 time with an offset, as µs."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from upheld.values.instant import parse_instant

        if isinstance(value, int):
            return value
        text = str(value)
        try:
            return parse_instant(text if len(text) != 10 else f"{text}T00:00:00Z")
        except ValueError as problem:
            self.fail(f"{problem} (write 2026-03-31 or 2026-03-31T12:00:00+02:00)", param, ctx)


INSTANT = _Instant()


def workspace_option(command: F) -> F:
    """``-w DIR``: where the agreements, sources and facts are."""
    return click.option("-w", "--workspace", "root", type=click.Path(path_type=Path, file_okay=False), default=Path(),
                        help="The folder with agreements/ and sources/ (default: here or above).")(command)


def as_of_option(command: F) -> F:
    """``--as-of TIME``: facts recorded later do not exist."""
    return click.option("--as-of", type=INSTANT, default=None, metavar="TIME",
                        help="Use only what was known then: a date or an RFC 3339 time.")(command)


def format_option(*forms: str) -> Callable[[F], F]:
    """``--format``, the first form being the default."""

    def wrap(command: F) -> F:
        return click.option("--format", "form", type=click.Choice(forms), default=forms[0], show_default=True,
                            help="The form of the result on stdout.")(command)

    return wrap


def show_findings(findings: Sequence[Finding], form: str = "text", *, to_stdout: bool = False) -> None:
    """All findings at once, in the form asked for, to stderr unless they are the result."""
    from upheld.cli.text import console
    from upheld.values.finding_format import render

    out = console(stderr=not to_stdout)
    text = render(findings, form, color=form == "text" and out.is_terminal and not out.no_color)  # type: ignore[arg-type]
    click.echo(text, err=not to_stdout, nl=not text.endswith("\n"))


def findings_or_exit(problem: FindingsError) -> NoReturn:
    """Show what stopped the command and leave: 3 where input could not be read."""
    show_findings(problem.findings)
    sys.exit(3 if has_errors(problem.findings) else 1)


def leave_on_errors(findings: Sequence[Finding]) -> None:
    """Show what was found in a file and leave with 3, if there is an error among it."""
    if has_errors(findings):
        show_findings(findings)
        sys.exit(3)


def fail(message: str, code: int, help: str = "") -> NoReturn:  # noqa: A002
    """Say in one line what is wrong and, if known, what to do; leave with the code."""
    click.echo(f"upheld: {message}", err=True)
    if help:
        click.echo(f"  help: {help}", err=True)
    sys.exit(code)

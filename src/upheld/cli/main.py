"""The command ``upheld``: finds a command's module only when it is asked for, so that ``--help`` stays quick.

Law: results on stdout, everything else on stderr; exit codes 0 fine, 1 findings, 2 usage, 3 unreadable input, 4 outside
system failed, 70 our bug.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from upheld import __version__

__all__ = ["COMMANDS", "SECTIONS", "cli"]

SECTIONS = {
    "Begin": {
        "init": "guess a source file and a starter agreement from your own CSV",
        "check": "read agreements and say everything there is to mend",
        "fmt": "lay an agreement out in the canonical form, comments kept",
        "import": "read facts through their source files and report what could not be mapped",
        "demo": "measure the embedded examples, explain one red figure, close and verify two periods",
    },
    "Measure and explain": {
        "assess": "measure every promise on what really happened",
        "explain": "the ledger of one figure: every span counted or left out, and why",
        "diff": "what changes in meaning from one version to another, and what that comes to in money",
        "backtest": "what proposed terms would have meant over past months, next to the terms in force",
        "calendar": "freeze holidays to a file, show opening hours, compare lists",
        "conform": "run clock cases of other systems and tell which agree",
    },
    "Money and proof": {
        "credits": "what is owed, line by line, with its working",
        "statement": "close a period: figures, credits and evidence, signed, as PDF, HTML, text and JSON",
        "verify": "check a bundle of evidence, and compute its figures again",
        "cosign": "confirm, as the other party, the log that was verified",
        "ledger": "what was booked; review, approve, issue and apply credits",
        "key": "the key that signs the logs: show it, hand over to a new one",
    },
    "What the parties say": {
        "claim": "claim the credit of a result",
        "dispute": "contest a result by a clause of the agreement",
        "decide": "decide a dispute, with an actor and a reason",
        "declare": "put an approval, a waiver, a choice or another declaration on record",
    },
    "While it runs": {
        "clocks": "what runs now, when it is due, who is told next, and what the budgets still allow",
        "acknowledge": "take a running clock, so that its repeats wait",
        "silence": "tell nobody of what matches, until then",
        "oncall": "who is on duty now and next, and the gaps ahead",
        "drill": "play an escalation in a dry run: who would be told what, when, and where a gap is",
        "changes": "what is announced, whether it will count as excluded, and what it does to the promises",
        "announce": "announce a change, move or cancel it, and see at once whether its window will count",
    },
    "Serve and keep": {
        "record": "put the workspace's texts and facts on record in a store",
        "serve": "take facts over HTTP, and keep the clocks in the same process",
        "worker": "keep the clocks, climb the ladders, tell people; beside a server, or several on one database",
        "token": "make, list and revoke the tokens with which programs ask a server",
        "quarantine": "webhook bodies that could not be mapped whole: list, show, forget",
        "doctor": "say what is wrong with this workspace or installation",
        "schema": "the JSON Schema of agreement files, for editors",
    },
}
COMMANDS = {name: says for section in SECTIONS.values() for name, says in section.items()}


_SERVER = frozenset(("aiosmtplib", "apprise", "fastapi", "httpx2", "msgspec", "prometheus_client", "psycopg", "standardwebhooks", "starlette",
                     "structlog", "uvicorn"))
"""What the extra ``server`` brings."""


class _Lazy(click.Group):
    """A group whose commands are modules of the same name, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"upheld.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # the one-line summaries come from the table above: no command is imported to print them
        widest = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), says) for name, says in commands.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"no command {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except BrokenPipeError:
            # the reader of our output (head, less) has gone: that is no failure
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except MemoryError:
            click.echo("upheld: not enough memory for these facts; measure fewer periods or sources at once", err=True)
            sys.exit(4)
        except Exception as bug:
            if os.environ.get("UPHELD_TRACEBACK"):
                raise
            missing = (bug.name or "").partition(".")[0] if isinstance(bug, ModuleNotFoundError) else ""
            if missing in _SERVER:
                click.echo(f"upheld: this needs {missing}, which is not installed\n  help: pip install 'upheld[server]'", err=True)
                sys.exit(2)
            if type(bug).__name__ == "StoreError":   # not imported for those who never meet it
                click.echo(f"upheld: {bug}", err=True)
                sys.exit(4)
            click.echo(f"upheld: our bug, not yours: {type(bug).__name__}: {bug}", err=True)
            click.echo("        run again with UPHELD_TRACEBACK=1 and send us what it prints", err=True)
            sys.exit(70)


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, message="upheld %(version)s")
def cli() -> None:
    """Service level agreements that run: measured on facts, explained to the minute."""

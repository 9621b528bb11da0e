"""Makes docs/cli.md from the commands' own help.

Law: an option is explained once, where it is read. ``--check`` says whether the page is what the commands say now.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from upheld.cli.main import cli

PAGE = Path(__file__).with_name("cli.md")
HEAD = """\
# Commands

What `upheld COMMAND --help` says, all in one place. Results go to stdout, everything else to stderr.
"""


def helps(command: click.Command, path: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Each command's path and help, parents first."""
    context = click.Context(command, parent=parent, info_name=path.rsplit(" ", maxsplit=1)[-1], terminal_width=100, max_content_width=100)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            one = command.get_command(context, name)
            if one is not None and not one.hidden:
                yield from helps(one, f"{path} {name}", context)


def trimmed(text: str) -> str:
    """The text without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def page() -> str:
    """The whole page."""
    found = [f"## {path}\n\n```text\n{trimmed(text)}\n```\n" for path, text in helps(cli, "upheld", None)]
    return "\n".join([HEAD, *found])


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit("cli.md is not what the commands say: run python docs/build_cli.py")

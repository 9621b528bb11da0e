"""The examples of the language's page are read by the very models they describe, and the readme names commands that exist."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from upheld.agreement import reader
from upheld.agreement.model.agreement import Agreement
from upheld.agreement.model.commitment import Clock
from upheld.agreement.model.form import Clause
from upheld.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
SAID: dict[str, tuple[dict[str, str], str]] = runpy.run_path(str(ROOT / "docs/build_language.py"))["sentences"]()


def kinds(model: type[Clause]) -> Iterator[type[Clause]]:
    yield model
    for below in model.__subclasses__():
        yield from kinds(below)


@pytest.mark.parametrize("name", sorted(SAID))
def test_the_example_is_read_by_its_model(name: str) -> None:
    models = {m.__name__: m for m in kinds(Clause)} | {"Commitment": Clock, "Agreement": Agreement}
    example = SAID[name][1]
    assert example
    models[name].model_validate(reader.read(name, example.encode()).plain())


def test_the_readme_names_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"^(?:    |\| `)upheld (\w+)", text, re.MULTILINE))
    assert named
    assert named <= set(cli.list_commands(click.Context(cli)))

"""The page of the manual does what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from upheld.ledger.commands import Apply, Approve, Review, Void
from upheld.ledger.transfer import DISPUTED, STATES

PAGE = (Path(__file__).resolve().parents[2] / "docs/ledger.md").read_text("utf-8")


def test_the_example_prints_what_stands_below_it() -> None:
    found = re.search(r"```python\n(?P<code>.*?)```\n\nprints\n\n```text\n(?P<printed>.*?)```", PAGE, re.DOTALL)
    assert found
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(found["code"], "docs/ledger.md", "exec"), {})
    assert printed.getvalue() == found["printed"]


def test_every_state_is_on_the_page() -> None:
    for state in (*STATES, *DISPUTED):
        assert state.partition("-")[0] in PAGE


def test_the_table_of_restatements_is_what_happens() -> None:
    from test_restate import Story

    def issued(minor: int, applied: int) -> Story:
        return Story().comes_to(minor).until("issued").does(Apply, minor=applied)

    stories = [
        (Story().comes_to(90).does(Review, minor=60).does(Approve, minor=30, actor="bob"), 50, {"restated": [30, 10]}),
        (issued(100, 60), 70, {"claw-back": [30]}),
        (issued(100, 60).comes_to(70), 90, {"restated": [20]}),
        (issued(100, 70).does(Void), 70, {"restated": [30]}),
        (issued(100, 100), -50, {"claw-back": [100], "restated": [50]}),
    ]
    rows = re.findall(r"^\| (.+) \| (−?\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [int(target.replace("−", "-")) for _, target, _ in rows] == [target for _, target, _ in stories]
    for story, target, booked in stories:
        story.comes_to(target)
        found: dict[str, list[int]] = {}
        for transfer in story.last:
            found.setdefault(transfer.kind, []).append(transfer.minor)
        assert found == booked

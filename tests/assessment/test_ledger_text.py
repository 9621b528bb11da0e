"""The ledger of values in words: slices as shares, counts as counts, never as time."""

from __future__ import annotations

from pathlib import Path

from upheld.assessment.explain import explain
from upheld.assessment.ledger_text import to_lines, to_markdown
from upheld.workspace import open_workspace

PUBLISHED = Path(__file__).resolve().parents[2] / "examples" / "published"


def lines(folder: str, commitment: str, window: str) -> list[str]:
    workspace = open_workspace(PUBLISHED / folder)
    (plans,) = workspace.plans().values()
    return list(to_lines(explain(plans, workspace.facts(), None, commitment, window)))


def test_a_mean_of_slices_shows_each_slice_as_a_share_and_what_they_add_up_to() -> None:
    told = lines("aws-s3-standard", "errors", "2025-02")
    assert any(line.split() == "8055.900 in all / 8064 slices (8055 of them empty) = 99.8996%".split() for line in told)
    assert told[-1].split()[4:6] == ["90.000%", "counted"]
    assert not any(line.lstrip().startswith("counted ") for line in told)


def test_a_ratio_of_counts_shows_counts() -> None:
    told = lines("ms365-user-minutes", "uptime", "2025-02")
    assert any(line.strip() == "6040000 good / 6048000 = 99.868%" for line in told)
    assert [line.split()[4] for line in told[-3:]] == ["2016000", "0", "4024000"]


def test_time_still_adds_up_as_time() -> None:
    workspace = open_workspace(PUBLISHED / "slack-quarter")
    (plans,) = workspace.plans().values()
    text = to_markdown(explain(plans, workspace.facts(), None, "uptime", "2025-Q2"))
    assert "- counted   24 min" in text

"""Guesses: what is proposed can be read back, and what could not be settled is asked."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.sources.files import load
from upheld.sources.guess import guess
from upheld.sources.model import read_source
from upheld.values.finding import FindingsError

LOG = (
    "ticket;status;updated at;prio\nA;New;1/2/2024 10:00;1\nA;Weird Stage;13/2/2024 10:00;1\nB;New;2/2/2024 11:00;2\nB;Done;3/2/2024 11:00;?\n"
)


def test_a_state_log(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "sources").mkdir()
    path = tmp_path / "data" / "desk.csv"
    path.write_text(LOG)
    found = guess(path)
    assert found.unmapped == (("Weird Stage", 1),)
    assert 'stamps: {format: "%d/%m/%Y %H:%M", zone: UTC}' in found.source
    assert any("name no zone" in line for line in found.report)
    (tmp_path / "sources" / "desk.yaml").write_text(found.source)
    facts = load(tmp_path)
    assert facts.refused == ()
    assert facts.events is not None
    assert facts.events.case_names == ("A", "B")
    assert set(facts.events.event.names) == {"opened", "resolved", "weird-stage"}


def test_a_table_of_milestones_and_other_formats(tmp_path: Path) -> None:
    rows = {
        "order id": ["7", "8", "9"],
        "ordered_at": ["2024-01-01T00:00:00Z"] * 3,
        "shipped_at": ["2024-01-02T00:00:00Z", None, None],
        "kind": ["x", "y", "x"],
    }
    frame = pl.DataFrame(rows)
    frame.write_parquet(tmp_path / "o.parquet")
    frame.write_ndjson(tmp_path / "o.jsonl")
    frame.write_csv(tmp_path / "o.csv")
    for ending in ("parquet", "jsonl", "csv"):
        found = guess(tmp_path / f"o.{ending}")
        spec = read_source("s", found.source.encode())
        assert [r.texts["event"].literal for r in spec.rules] == ["ordered", "shipped"]
        assert spec.rules[0].texts["case"].column == "order id"
        assert "starts: ordered" in found.agreement


@pytest.mark.parametrize(("stamps", "form", "asked"), [
    (("03/04/2026 10:00 AM", "03/14/2026 10:00 AM"), "%m/%d/%Y %I:%M %p", False),
    (("14/03/2026 10:00 AM", "03/04/2026 10:00 AM"), "%d/%m/%Y %I:%M %p", False),
    (("03/04/2026 10:00", "05/06/2026 10:00"), "%d/%m/%Y %H:%M", True), (("03/14/2026", "03/04/2026"), "%m/%d/%Y", False),
    (("14/03/2026 10:00", "03/04/2026 10:00"), "%d/%m/%Y %H:%M", False), (("14.03.2026", "03.04.2026"), "%d.%m.%Y", False)])
def test_day_and_month_are_asked_about_where_nothing_tells(tmp_path: Path, stamps: tuple[str, str], form: str, asked: bool) -> None:
    (tmp_path / "x.csv").write_text("ticket,created\nT1," + stamps[0] + "\nT2," + stamps[1] + "\n")
    found = guess(tmp_path / "x.csv")
    assert f'format: "{form}"' in found.source
    assert any("cannot be told apart" in line for line in found.report) == asked


def test_one_stamp_a_row_is_a_question_and_gives_an_agreement_in_order(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("time,value\n2026-01-05T10:00:00Z,3.5\n2026-01-05T11:00:00Z,4.5\n")
    found = guess(tmp_path / "x.csv")
    assert "stops: resolved" in found.agreement
    assert any("what ends a case?" in line for line in found.report)


def test_nothing_to_go_by_is_a_question(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    found = guess(tmp_path / "x.csv")
    assert any(line.startswith("question: no case column") for line in found.report)
    read_source("s", found.source.encode())


@pytest.mark.parametrize(
    ("name", "content"), [("x.csv", b""), ("x.parquet", b"x"), ("x.jsonl", b"["), ("x.jsonl", b"[1]"), ("x.csv.gz", b"no")]
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FindingsError):
        guess(tmp_path / name)
    with pytest.raises(FindingsError):
        guess(tmp_path / "missing.csv")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_any_table_gives_a_mapping_that_can_be_read(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("g") / "x.csv"
    path.write_text("\n".join(",".join(row) for row in cells), encoding="utf-8")
    try:
        found = guess(path)
    except FindingsError:
        return
    read_source("s", found.source.encode())

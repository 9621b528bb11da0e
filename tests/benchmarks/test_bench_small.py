"""Every row of the benchmarks on tiny inputs: that it runs and that its answer is right, never how fast."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def speed():
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def tiny(speed):
    return speed("speed.rows").TINY


def test_inputs_are_the_same_every_time(speed):
    inputs = speed("speed.inputs")
    assert (inputs.instants(50)[0] == inputs.instants(50)[0]).all()
    assert (inputs.case_log(20).at == inputs.case_log(20).at).all()
    assert (inputs.outages(40, 3).start == inputs.outages(40, 3).start).all()
    assert (inputs.slices(40).good == inputs.slices(40).good).all()
    log = inputs.case_log(30)
    assert (np.diff(log.at) >= 0).all()
    assert np.bincount(log.case).tolist() == [8] * 30


def test_calendar_rows_answer_as_the_oracle(speed, tiny):
    rows = speed("speed.calendar_rows")
    assert rows.against_oracle(40)[0] == 0
    found = rows.calendar_rows(tiny)
    assert [row.name for row in found] == [
        "upheld elapsed", "upheld due", "upheld elapsed, two threads", "upheld due, two threads", "upheld compile a calendar"]


def test_two_threads_give_what_one_gives(speed):
    from concurrent.futures import ThreadPoolExecutor

    rows, inputs = speed("speed.calendar_rows"), speed("speed.inputs")
    grid = rows.ten_years(inputs.OFFICE)
    start, end, _ = inputs.instants(1001)
    out = np.zeros(1001, np.int64)
    with ThreadPoolExecutor(2) as pool:
        rows._halves(pool, grid.elapsed, start, end, out)
    assert (out == grid.elapsed(start, end)).all()


def test_clock_rows_answer_as_the_oracle(speed, tiny):
    for row in speed("speed.clock_rows").clock_rows(tiny):
        done, of = row.right.split()[0].split("/")
        assert done == of == "400"


def test_clocks_half_way_through_answer_as_the_oracle(speed):
    from dataclasses import replace

    rows, inputs = speed("speed.clock_rows"), speed("speed.inputs")
    log = inputs.case_log(80)
    until = int(log.at[400])
    facts = rows.event_facts(rows.log_batch(log), int(log.at.max()))
    context = replace(rows.context_of(rows.CASE_PLAN, facts, inputs.utc_us(2025), int(log.at.max())), until=until)
    wrong, of = rows.wrong_verdicts(log, rows.outcomes(context, facts.events), until, 80)
    assert (wrong, of > 60) == (0, True)


def test_outage_rows_answer_as_the_oracle(speed, tiny):
    rows = speed("speed.outage_rows")
    kernel, measure = rows.outage_rows(tiny)
    assert kernel.right == "60/60 cells as the oracle"
    assert measure.right == "the whole measure agrees cell by cell"


def test_slice_rows_answer_as_the_oracle(speed, tiny):
    kernel, measure = speed("speed.values_rows").slice_rows(tiny)
    assert len(set(kernel.right.split()[0].split("/"))) == 1
    assert len(set(measure.right.split()[0].split("/"))) == 1


def test_command_rows_count_every_case(speed, tiny):
    rows = {row.name: row for row in speed("speed.command_rows").command_rows(tiny)}
    assert list(rows) == ["upheld --help", "upheld check, one agreement", "upheld assess, wall", "upheld assess, peak memory"]
    assert rows["upheld assess, wall"].right == "every case counted once in each"
    assert rows["upheld assess, wall"].bar is None                 # the bar is set for a million cases


def test_growth_rows_run_in_processes_of_their_own(speed):
    scaling = speed("speed.scaling")
    rows = scaling.scaling_rows((800,))
    assert [row.name for row in rows] == list(scaling.KINDS)
    assert not [row.note for row in rows if "FAILED" in row.note]


def test_table_and_json_say_the_same(speed, tmp_path, capsys):
    run = speed("run")
    out = tmp_path / "bench.json"
    run.main(["--tiny", "--only", "values", "--out", str(out)])
    printed = capsys.readouterr().out
    told = json.loads(out.read_text())
    assert told["machine"]["cores"]
    for row in told["rows"]:
        assert row["name"] in printed
        assert row["verdict"] in ("", "ok", "below")
    assert "bars reached" in printed


def test_a_bar_that_is_missed_says_below(speed):
    rows = speed("speed.rows")
    row = rows.Row("t", "slow", 10, 1.0, 1.0, 5.0, "M/s", 60)
    assert row.verdict == "below"
    assert "below" in rows.text_table([row])
    assert rows.Row("t", "quick", 1, 1.0, 1.0, 0.1, "s", 0.25).verdict == "ok"
    assert rows.Row("t", "slow", 1, 1.0, 1.0, 0.3, "s", 0.25).verdict == "below"


def test_the_peers_never_enter_the_product(speed):
    from importlib.util import find_spec

    assert not [name for name in ("pm4py", "business_duration", "businesstimedelta", "bioframe", "staircase") if find_spec(name)]
    lock = (BENCHMARKS.parent / "requirements-peers.lock").read_text()
    assert "http" not in lock
    assert "--index" not in lock
    assert all("==" in line for line in lock.splitlines() if line[:1].isalpha())


@pytest.mark.parametrize("topic", ["calendar", "availability"])
def test_peer_rows_score_every_tool(speed, tiny, tmp_path, topic):
    process = speed("speed.peer_process")
    if not process.available():
        pytest.skip("make bench-peers builds the peers' environment")
    with process.Peers(tmp_path) as peers:
        if topic == "calendar":
            rows = speed("speed.calendar_rows").elapsed_peers(tiny, peers)
            assert len(rows) == len(process.ELAPSED) + len(process.DUE)
        else:
            rows = speed("speed.outage_rows").outage_peers(tiny, peers)
            assert len(rows) == 1 + len(process.OUTAGES)
    assert all(row.right for row in rows)

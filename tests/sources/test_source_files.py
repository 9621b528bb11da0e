"""Source files: what each form gives, and every bad file of the catalogue (rows 20-46, files) with its exact finding."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from upheld.facts.cut import cut
from upheld.facts.tables import OPEN, Attribute, Facts
from upheld.sources.files import load
from upheld.sources.model import read_source
from upheld.sources.table import Limits
from upheld.values.finding import FindingsError

LOG = """upheld-source: 1
source: desk
files: [data/*.csv]
stamps: {format: "%d/%m/%Y %H:%M", zone: UTC}
nulls: ["?"]
case: number
events:
  state: {column: state, at: at, map: {New: opened, Busy: worked, Done: resolved}, ignore: [Noise]}
attributes: {severity: {column: priority, map: {"1": high, "2": low}, default: none}}
"""

OUTAGES = """upheld-source: 1
source: pager
files: [data/*]
id: id
replaces: replaces
void: void
known_at: known
intervals: {kind: outage, subject: service, start: start, end: end}
attributes: [cause]
"""


def workspace(root: Path, source: str, **files: str | bytes) -> Path:
    (root / "sources").mkdir(exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    (root / "sources" / "a.yaml").write_text(source)
    for name, content in files.items():
        path = root / "data" / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def words(column: Attribute) -> list[str | None]:
    return [column.names[c] if c >= 0 else None for c in column.codes.tolist()]


def refusals(facts: Facts) -> list[tuple[int, str, str, str]]:
    return [(r.row, r.column, r.slug, r.text) for r in facts.refused]


def test_a_state_log_becomes_events(tmp_path: Path) -> None:
    facts = load(
        workspace(
            tmp_path,
            LOG,
            a__csv="number,state,at,priority\nB,New,1/2/2024 10:00,1\nA,New,1/2/2024 09:00,?\nB,Done,2/2/2024 09:30,2\nA,Noise,1/2/2024 10:00,1\n",  # noqa: E501
        )
    )
    assert facts.refused == ()
    events = facts.events
    assert events is not None
    assert events.case_names == ("A", "B")
    assert events.bounds.tolist() == [0, 1, 3]
    assert words(events.event) == ["opened", "opened", "resolved"]
    assert words(events.attributes["severity"]) == ["none", "high", "low"]
    assert events.header.origin is not None
    assert events.header.origin.locate(int(events.header.seq[0])) == ("data/a.csv", 2)


def test_values_without_a_mapping_are_told_with_their_count(tmp_path: Path) -> None:
    facts = load(
        workspace(
            tmp_path,
            LOG,
            a__csv="number,state,at,priority\nA,Odd,1/2/2024 10:00,1\nA,Odd,1/2/2024 10:01,1\nA,New,1/2/2024 10:02,9\nA,?,1/2/2024 10:03,1\n",
        )
    )
    assert refusals(facts) == [
        (3, "priority", "unmapped-value", "9"),
        (1, "state", "unmapped-value", "Odd"),
        (4, "state", "missing-value", ""),
    ]
    assert facts.refused[1].message == "is not in the map and not under ignore: 2 rows (1, 2)"
    assert facts.events is None


def test_milestones_are_known_when_they_have_come(tmp_path: Path) -> None:
    source = LOG.replace("ignore: [Noise]}", "ignore: [Noise]}\n  milestones: {opened: {at: o, attributes: first}, closed: c}").replace(
        "case:", "known_at: at\ncase:"
    )
    rows = "number,state,at,priority,o,c\nA,Busy,1/2/2024 10:00,1,1/2/2024 09:00,5/2/2024 09:00\nA,Done,3/2/2024 10:00,2,1/2/2024 09:00,5/2/2024 09:00\n"  # noqa: E501
    facts = load(workspace(tmp_path, source, a__csv=rows))
    events = facts.events
    assert events is not None
    assert words(events.event) == ["opened", "worked", "resolved", "closed"]
    assert words(events.attributes["severity"]) == ["high", "high", "low", None]
    known = dict(zip(words(events.event), events.header.known_at.tolist(), strict=True))
    assert known["opened"] == known["worked"]  # said by the first row, known with it
    assert known["closed"] == events.at[3]  # said from the first row on, known when it has come
    early = cut(facts, int(events.at[2])).events
    assert early is not None
    assert words(early.event) == ["opened", "worked", "resolved"]


def test_milestone_table_with_no_log(tmp_path: Path) -> None:
    source = "upheld-source: 1\nsource: orders\nfiles: [data/o.csv]\nstamps: {format: '%Y-%m-%d', zone: UTC}\ncase: id\nevents: {milestones: {ordered: o, shipped: s}}\nattributes: [kind]\n"  # noqa: E501
    facts = load(workspace(tmp_path, source, o__csv="id,o,s,kind\n7,2024-01-01,,x\n8,2024-01-02,2024-01-05,y\n"))
    events = facts.events
    assert facts.refused == ()
    assert events is not None
    assert words(events.event) == ["ordered", "ordered", "shipped"]
    assert words(events.attributes["kind"]) == ["x", "y", "y"]


def test_json_lines_with_lists_and_inner_objects(tmp_path: Path) -> None:
    source = "upheld-source: 1\nsource: s\nfiles: [data/*.jsonl.gz]\nexplode: parts\nintervals: {kind: {column: impact.level, map: {x: maintenance}, rest: outage}, subject: parts, start: a, end: b}\n"  # noqa: E501
    lines = [
        {"a": "2024-01-01T00:00:00Z", "b": None, "parts": ["p", "q"], "impact": {"level": "x"}},
        {"a": "2024-01-02T00:00:00Z", "b": "2024-01-03T00:00:00Z", "impact": {"level": "y"}},
    ]
    facts = load(workspace(tmp_path, source, x__jsonl__gz=gzip.compress("\n".join(map(json.dumps, lines)).encode())))
    table = facts.intervals
    assert facts.refused == ()
    assert table is not None
    assert words(table.kind) == ["maintenance", "maintenance", "outage"]
    assert words(table.subject) == ["p", "q", None]
    assert table.end.tolist()[:2] == [OPEN, OPEN]
    assert facts.coverage is not None
    assert facts.coverage.assumed.all()


def test_probes_are_samples_of_one_and_nought(tmp_path: Path) -> None:
    source = "upheld-source: 1\nsource: probe\nfiles: [data/*.log]\ncolumns: [at, result]\ntrim: true\nstamps: {format: '%Y-%m-%d %H:%M', zone: UTC}\nsamples: {series: web, at: at, value: {column: result, map: {success: '1', failed: '0'}}}\ncomplete: {from: 2021-06-01}\n"  # noqa: E501
    facts = load(workspace(tmp_path, source, p__log="2021-06-10 08:38, success\n2021-06-10 09:37, failed\n2021-06-10 10:39, odd\n"))
    assert facts.samples is not None
    assert facts.samples.value.tolist() == [1, 0]
    assert refusals(facts) == [(3, "result", "unmapped-value", "odd")]
    assert facts.coverage is not None
    assert not facts.coverage.assumed.any()


def test_counts_samples_and_registers(tmp_path: Path) -> None:
    source = """upheld-source: 1
source: all
files: [data/x.csv]
stamps: {format: "%Y-%m-%d", zone: UTC}
samples: {series: temp, at: a, value: v, scale: "10"}
counts: {series: calls, start: a, each: 5m, good: g, total: t}
subscriptions: {customer: c, agreement: {is: gold}, from: a, until: b}
charges: {customer: c, currency: {column: cur}, from: a, until: b, amount: v}
declarations: {kind: approval, about: c, at: a}
coverage: {what: calls, from: a, until: b}
"""
    facts = load(
        workspace(
            tmp_path,
            source,
            x__csv="a,b,v,g,t,c,cur\n2024-01-01,2024-01-05,1.5,3,4,ACME,EUR\n2024-01-02,2024-01-05,2.55,5,4,ACME,JPY\n2024-01-03,2024-01-05,-3,0,-1,ACME,EUR\n",
        )
    )
    assert facts.samples is not None
    assert facts.samples.value.tolist() == [15, -30]
    assert facts.samples.scales == (10,)
    assert facts.counts is not None
    assert facts.counts.total.tolist() == [4]
    assert (facts.counts.end - facts.counts.start).tolist() == [300_000_000]
    assert facts.charges is not None
    assert facts.charges.minor.tolist() == [150, -300]
    assert facts.subscriptions is not None
    assert words(facts.subscriptions.agreement) == ["gold"] * 3
    assert facts.declarations is not None
    assert len(facts.declarations.at) == 3
    assert {"finer-than-scale", "bad-count"} <= {r.slug for r in facts.refused}


def test_a_weight_below_nothing_is_refused(tmp_path: Path) -> None:
    source = "upheld-source: 1\nsource: probe\nfiles: [data/x.csv]\nstamps: {format: '%Y-%m-%d', zone: UTC}\nintervals: {kind: down, subject: s, start: a, end: b, weight: w}\n"  # noqa: E501
    span = "2024-01-01,2024-01-02"
    facts = load(workspace(tmp_path, source, x__csv=f"s,a,b,w\nx,{span},0.5\ny,{span},-0.5\nz,{span},0\n"))
    assert facts.intervals is not None
    assert facts.intervals.weight.tolist() == [5, 0]
    assert refusals(facts) == [(2, "w", "bad-number", "-0.5")]


def test_parquet_typed_columns(tmp_path: Path) -> None:
    root = workspace(
        tmp_path,
        "upheld-source: 1\nsource: p\nfiles: [data/x.parquet]\ncase: c\nstamps: {format: epoch ms}\nevents: {state: {column: s, at: t}}\nattributes: [n]\nsamples: {series: r, at: u, value: f}\n",  # noqa: E501
    )
    frame = pl.DataFrame(
        {
            "c": [2, 1, 10],
            "s": ["a", "b", "a"],
            "t": [1_700_000_000_000, None, 5],
            "n": [1, 2, None],
            "u": pl.Series([1, 2, 3]).cast(pl.Datetime("ms", "UTC")),
            "f": [0.1, float("nan"), 2.5],
        }
    )
    frame.write_parquet(root / "data" / "x.parquet")
    facts = load(root)
    assert facts.events is not None
    assert facts.events.case_names == ("10", "2")
    assert words(facts.events.attributes["n"]) == [None, "1"]
    assert facts.samples is not None
    assert facts.samples.value.tolist() == [100_000, 2_500_000]
    assert refusals(facts) == [(2, "t", "missing-value", ""), (2, "f", "bad-number", "nan")]


def test_naive_parquet_times_need_a_zone(tmp_path: Path) -> None:
    text = "upheld-source: 1\nsource: p\nfiles: [data/x.parquet]\ncase: c\nevents: {state: {column: s, at: t}}\n"
    root = workspace(tmp_path, text)
    frame = pl.DataFrame({"c": ["A", "B"], "s": ["a", "a"], "t": pl.Series([0, 1_711_852_200_000_000]).cast(pl.Datetime("us"))})
    frame.write_parquet(root / "data" / "x.parquet")
    assert [r.slug for r in load(root).refused] == ["naive-stamp", "naive-stamp"]
    facts = load(workspace(tmp_path, text + "stamps: {zone: Europe/Berlin}\n"))
    assert [(r.slug, r.row) for r in facts.refused] == [("skipped-time", 2)]
    assert facts.events is not None
    assert facts.events.at.tolist() == [-3_600_000_000]


# ---- bad files ------------------------------------------------------------------------------------------------------

GOOD = "number,state,at,priority\nA,New,1/2/2024 10:00,1\n"


@pytest.mark.parametrize(
    ("content", "slug", "said"),
    [
        (b"", "empty-file", "the file is empty"),
        (GOOD.encode("utf-16"), "encoding", "UTF-16"),
        (GOOD.encode() + b"A\0,New,1/2/2024 10:00,1\n", "nul-byte", "NUL"),
        (GOOD.encode() + "A,Né,1/2/2024 10:00,1\n".encode("latin-1"), "encoding", "byte E9"),
        (GOOD.encode() + b'A,"New,1/2/2024 10:00,1\nA,New,1/2/2024 10:00,1\n', "unclosed-quote", "never closed"),
        (GOOD.replace(",", ";").encode(), "delimiter", "3 semicolons: say delimiter: semicolon"),
        (GOOD.replace("state", "State").encode(), "unknown-column", "there is no column 'state'; the header says 'State'"),
        (GOOD.replace("state", "state\u00a0").encode(), "unknown-column", "U+00A0"),
        (GOOD.replace("state", "stat").encode(), "unknown-column", "did you mean 'stat'?"),
        (GOOD.replace("at,p", "state,p").encode(), "doubled-column", "names state more than once"),
        ((",".join(f"c{i}" for i in range(2_001)) + "\n").encode(), "too-many-columns", "2,001 columns"),
    ],
)
def test_files_that_cannot_be_read_at_all(tmp_path: Path, content: bytes, slug: str, said: str) -> None:
    facts = load(workspace(tmp_path, LOG, a__csv=content, b__csv=GOOD))
    assert [(r.file, r.row, r.slug) for r in facts.refused] == [("data/a.csv", 0, slug)]
    assert said in facts.refused[0].message
    assert facts.events is not None
    assert len(facts.events) == 1  # the other file is read all the same


@pytest.mark.parametrize(
    ("row", "slug", "said"),
    [
        ("A,New,1/2/2024 10:00", "ragged-row", "has 3 fields, the header has 4"),
        ("A,New,1/2/2024 10:00,1,9", "ragged-row", "has 5 fields, the header has 4"),
        ("A;New;1/2/2024 10:00;1", "ragged-row", "has 1 fields"),
        ("number,state,at,priority", "repeated-header", "is the header again"),
        ('A,N"e"w,1/2/2024 10:00,1', "stray-quote", "quotation mark inside a cell"),
        ("A,New,31/2/2024 10:00,1", "no-such-day", "does not exist"),
        ("A,New,2024-02-01 10:00,1", "bad-stamp", "%d/%m/%Y %H:%M"),
        ("A,New,?,1", "missing-value", "needs its at"),
        ("?,New,1/2/2024 10:00,1", "missing-value", "needs its case"),
        (f"{'x' * 70_000},New,1/2/2024 10:00,1", "cell-size", "65,536"),
    ],
)
def test_rows_that_cannot_be_read(tmp_path: Path, row: str, slug: str, said: str) -> None:
    facts = load(workspace(tmp_path, LOG, a__csv=GOOD + row + "\nB,New,1/2/2024 11:00,1\n"))
    assert [(r.row, r.slug) for r in facts.refused] == [(2, slug)]
    assert said in facts.refused[0].message
    assert facts.events is not None
    assert facts.events.case_names == ("A", "B")


def test_quoted_cells_keep_commas_breaks_and_row_numbers(tmp_path: Path) -> None:
    body = '"number","state","at","priority"\r\n"A, ""x""\nB",New,1/2/2024 10:00,1\r\nC,Odd,1/2/2024 10:00,1\r\n'
    facts = load(workspace(tmp_path, LOG, a__csv=body))
    assert facts.events is not None
    assert facts.events.case_names == ('A, "x"\nB',)
    assert refusals(facts) == [(2, "state", "unmapped-value", "Odd")]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert load(workspace(tmp_path, LOG, a__csv=b"\xef\xbb\xbf" + GOOD.encode())).refused == ()


def test_gzip_bombs_cuts_and_lies(tmp_path: Path) -> None:
    packed = gzip.compress(b"a" * 5_000_000)
    source = LOG.replace("*.csv", "*.csv.gz")
    for content, slug in ((packed, "too-large"), (gzip.compress(GOOD.encode())[:-9], "bad-gzip"), (GOOD.encode(), "bad-gzip")):
        facts = load(workspace(tmp_path, source, a__csv__gz=content), limits=Limits(ratio=20))
        assert [r.slug for r in facts.refused] == [slug]
    facts = load(workspace(tmp_path, source, a__csv__gz=gzip.compress(GOOD[:30].encode()) + gzip.compress(GOOD[30:].encode())))
    assert facts.refused == ()


def test_the_size_of_a_file_is_looked_at_before_it_is_read(tmp_path: Path) -> None:
    assert [r.slug for r in load(workspace(tmp_path, LOG, a__csv=GOOD), limits=Limits(bytes=10)).refused] == ["too-large"]


def test_no_file_and_damaged_parquet_are_told(tmp_path: Path) -> None:
    assert [r.slug for r in load(workspace(tmp_path, LOG)).refused] == ["no-file"]
    facts = load(workspace(tmp_path, LOG.replace("*.csv", "*.parquet"), a__parquet=b"PAR1 nothing"))
    assert [r.slug for r in facts.refused] == ["bad-parquet"]


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(GOOD)
    root = tmp_path / "work"
    root.mkdir()
    workspace(root, LOG)
    (root / "data" / "a.csv").symlink_to(outside)
    assert [(r.file, r.slug) for r in load(root).refused] == [("data/a.csv", "path")]


@pytest.mark.parametrize(
    ("line", "slug", "said"),
    [
        ('{"id":"1","id":"2"}', "doubled-key", "says 'id' twice"),
        ('{"id":NaN}', "bad-number", "says NaN"),
        ('{"id":Infinity}', "bad-number", "says Infinity"),
        ('{"id":"\\ud800"}', "encoding", "lone surrogate"),
        ('{"id":"\\u0000"}', "nul-byte", "NUL in id"),
        ('{"id":', "bad-json", "is no JSON"),
        ("[1]", "bad-json", "is no object"),
        ('{"id":[1]}', "bad-json", "one text is needed"),
        ('{"id":' + "[" * 100_000, "too-deep", "nested too deep"),
        ('{"id":"' + "x" * 70_000 + '"}', "cell-size", "65,536"),
    ],
)
def test_json_lines_that_cannot_be_read(tmp_path: Path, line: str, slug: str, said: str) -> None:
    good = '{"id":"7","replaces":null,"void":false,"known":"2024-01-01T00:00:00Z","service":"w","start":"2024-01-01T00:00:00Z","end":null,"cause":1.10}'  # noqa: E501
    facts = load(workspace(tmp_path, OUTAGES, a__jsonl=good + "\n" + line + "\n"))
    assert [(r.row, r.slug) for r in facts.refused] == [(2, slug)]
    assert said in facts.refused[0].message
    assert facts.intervals is not None
    assert words(facts.intervals.attributes["cause"]) == ["1.10"]  # digits as written


@pytest.mark.parametrize("number", ["1_000", "٣.٥", "１２", "1e999", "NaN", "Infinity", "9" * 5_000, "1" * 29, "1,5", "0x10"])
def test_numbers_are_plain_decimals(tmp_path: Path, number: str) -> None:
    source = "upheld-source: 1\nsource: s\nfiles: [data/a.csv]\nsamples: {series: x, at: a, value: v}\n"
    facts = load(workspace(tmp_path, source, a__csv=f'a,v\n2024-01-01T00:00:00Z,"{number}"\n2024-01-01T00:00:00Z,-0.00\n'))
    assert [(r.row, r.slug) for r in facts.refused] == [(1, "bad-number")]
    assert facts.samples is not None
    assert facts.samples.value.tolist() == [0]


def test_floating_point_money_is_refused(tmp_path: Path) -> None:
    root = workspace(
        tmp_path,
        "upheld-source: 1\nsource: s\nfiles: [data/a.parquet]\ncharges: {customer: c, currency: EUR, from: a, until: b, amount: m}\n",
    )
    when = pl.Series([0, 1]).cast(pl.Datetime("us", "UTC"))
    pl.DataFrame({"c": ["x", "y"], "a": when, "b": when.dt.offset_by("1d"), "m": [0.1, 2.0]}).write_parquet(root / "data" / "a.parquet")
    assert [r.slug for r in load(root).refused] == ["float-money", "float-money"]


# ---- identity, correction ---------------------------------------------------------------------------------------------

HEAD = "id,replaces,void,known,service,start,end,cause\n"
T = "2024-01-0{}T00:00:00Z"


def row(name: str, *, replaces: str = "", void: str = "", known: int = 1, start: int = 1, end: int | str = 2, cause: str = "x") -> str:
    return f"{name},{replaces},{void},{T.format(known)},web,{T.format(start)},{T.format(end) if end else ''},{cause}\n"


def day(n: int) -> int:
    return (19722 + n) * 86_400_000_000


def outages(tmp_path: Path, *rows: str, as_of: int | None = None) -> tuple[list[tuple[int, int, bool]], list[str]]:
    facts = load(workspace(tmp_path, OUTAGES, a__csv=HEAD + "".join(rows)))
    table = cut(facts, as_of).intervals
    if table is None:
        return [], [r.slug for r in facts.refused]
    disputed = table.header.disputed if table.header.disputed is not None else np.zeros(len(table), np.bool_)
    return list(zip(table.start.tolist(), table.end.tolist(), disputed.tolist(), strict=True)), [r.slug for r in facts.refused]


def test_the_same_row_twice_is_one_fact(tmp_path: Path) -> None:
    assert outages(tmp_path, row("a"), row("a", known=3)) == ([(day(1), day(2), False)], [])


def test_one_id_with_two_bodies_is_disputed_from_when_it_is_known(tmp_path: Path) -> None:
    rows = (row("a"), row("a", known=3, end=5))
    assert outages(tmp_path, *rows) == ([(day(1), day(2), True)], ["same-id"])
    assert outages(tmp_path, *rows, as_of=day(2))[0] == [(day(1), day(2), False)]


def test_the_end_of_an_open_interval_is_progress(tmp_path: Path) -> None:
    rows = (row("a", end=""), row("a", known=4, end=3))
    assert outages(tmp_path, *rows) == ([(day(1), day(3), False)], [])
    assert outages(tmp_path, *rows, as_of=day(3))[0] == [(day(1), OPEN, False)]


def test_a_correction_replaces_whole_once_it_is_known(tmp_path: Path) -> None:
    rows = (row("a"), row("b", replaces="a", known=4, end=3))
    assert outages(tmp_path, *rows) == ([(day(1), day(3), False)], [])
    assert outages(tmp_path, *rows, as_of=day(3))[0] == [(day(1), day(2), False)]


def test_a_retraction_leaves_nothing_and_nothing_revives(tmp_path: Path) -> None:
    rows = (row("a"), row("b", replaces="a", void="true", known=3), row("c", replaces="b", void="true", known=4))
    assert outages(tmp_path, *rows) == ([], [])
    assert outages(tmp_path, *rows, as_of=day(2))[0] == [(day(1), day(2), False)]


def test_a_second_correction_is_disputed(tmp_path: Path) -> None:
    rows = (row("a"), row("b", replaces="a", known=3, end=4), row("c", replaces="a", known=5, end=6))
    assert outages(tmp_path, *rows) == ([(day(1), day(4), True)], ["corrected-twice"])
    assert outages(tmp_path, *rows, as_of=day(4))[0] == [(day(1), day(4), False)]
    retracted = (row("a"), row("b", replaces="a", void="yes", known=3), row("c", replaces="a", known=5, end=6))
    assert outages(tmp_path, *retracted) == ([(day(1), day(6), True)], ["corrected-twice"])


def test_corrections_of_nothing_and_of_themselves(tmp_path: Path) -> None:
    assert outages(tmp_path, row("a"), row("b", replaces="zzz")) == ([(day(1), day(2), False)], ["unknown-correction"])
    assert outages(tmp_path, row("a"), row("b", replaces="b"))[1] == ["circular-correction"]
    assert outages(tmp_path, row("a"), row("b", void="perhaps"))[1] == ["unmapped-value"]


def test_an_interval_that_ends_before_it_starts(tmp_path: Path) -> None:
    assert outages(tmp_path, row("a", start=3), row("b", start=2))[1] == ["end-before-start", "no-length"]


def test_an_end_after_the_cut_is_open(tmp_path: Path) -> None:
    assert outages(tmp_path, row("a", end=9), as_of=day(5))[0] == [(day(1), OPEN, False)]


# ---- source files themselves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "slug", "place"),
    [
        ("nulls:", "nuls:", "unknown-key", "s:5:1"),
        ("[data/*.csv]", "[/etc/passwd]", "path", "s:3:9"),
        ("[data/*.csv]", "[../x.csv]", "path", "s:3:9"),
        ("[data/*.csv]", "['https://example.org/x.csv']", "path", "s:3:9"),
        ("[data/*.csv]", "['C:/x.csv']", "path", "s:3:9"),
        ("zone: UTC", "zone: Mars/Base", "unknown-zone", "s:4:42"),
        ("zone: UTC", "zone: ../../etc/passwd", "unknown-zone", "s:4:42"),
        ("%d/%m/%Y %H:%M", "%d/%m %H", "stamp-form", "s:4:18"),
        ("zone: UTC", "zone: UTC, fold: maybe", "source-form", "s:4:53"),
        ("upheld-source: 1", "upheld-source: 2", "source-form", "s:1:16"),
        ("state, at: at,", "state,", "source-form", "s:8:10"),
        ("case: number\n", "", "source-form", "s:7:3"),
        ("source: desk\n", "", "source-form", "s:1:1"),
        ('nulls: ["?"]', "delimiter: abc", "source-form", "s:5:12"),
        ('nulls: ["?"]', "replaces: x", "source-form", "s:5:11"),
        ('nulls: ["?"]', "personal: [priority]", "personal-attribute", "s:5:11"),
        ('nulls: ["?"]', "planned: [delivery-du]", "unknown-event", "s:5:10"),
        ('nulls: ["?"]', "complete: {from: 2024-01-02, until: 2024-01-01}", "source-form", "s:5:11"),
        ('nulls: ["?"]', "complete: {from: soon}", "bad-stamp", "s:5:18"),
        ('nulls: ["?"]', "counts: {series: x, start: a, total: t}", "source-form", "s:5:9"),
        ('nulls: ["?"]', "counts: {series: x, start: a, total: t, each: 5}", "source-form", "s:5:47"),
        ('nulls: ["?"]', "samples: {series: x, at: a, value: t, scale: 0}", "source-form", "s:5:46"),
        ('nulls: ["?"]', "intervals: {kind: x}", "source-form", "s:5:12"),
        ('nulls: ["?"]', "trim: perhaps", "source-form", "s:5:7"),
    ],
)
def test_a_source_file_is_told_where_it_is_wrong(old: str, new: str, slug: str, place: str) -> None:
    assert old in LOG
    with pytest.raises(FindingsError) as caught:
        read_source("s", LOG.replace(old, new, 1).encode())
    assert [(f.slug, str(f.place)) for f in caught.value.findings] == [(slug, place)]


def test_findings_of_all_source_files_come_together(tmp_path: Path) -> None:
    workspace(tmp_path, LOG.replace("case", "kase"))
    (tmp_path / "sources" / "b.yaml").write_text("- x\n")
    with pytest.raises(FindingsError) as caught:
        load(tmp_path)
    assert {f.place.file for f in caught.value.findings} == {"sources/a.yaml", "sources/b.yaml"}


def test_only_the_sources_asked_for(tmp_path: Path) -> None:
    workspace(tmp_path, LOG, a__csv=GOOD)
    with pytest.raises(FindingsError, match="there is no source x"):
        load(tmp_path, ["x"])
    seen: list[tuple[str, int, int]] = []
    assert load(tmp_path, ["desk"], lambda *a: seen.append(a)).events is not None
    assert seen == [("data/a.csv", 0, 1), ("", 1, 1)]


def test_whole_columns_and_other_kinds_of_stamps_in_parquet(tmp_path: Path) -> None:
    source = """upheld-source: 1
source: p
files: [data/x.parquet]
stamps: {format: ISO, zone: UTC}
counts: {series: a, start: day, end: until, good: g, total: t}
samples: [{series: f, at: float, value: t}, {series: i, at: whole, value: t}, {series: n, at: nano, value: t, scale: 10}]
rank: t
"""
    root = workspace(tmp_path, source)
    day = pl.Series([0, 1]).cast(pl.Date)
    frame = pl.DataFrame(
        {
            "day": day,
            "until": day.dt.offset_by("1d"),
            "g": pl.Series([1, None], dtype=pl.UInt32),
            "t": pl.Series([2, 2**63], dtype=pl.UInt64),
            "float": [1.5, None],
            "whole": [7, None],
            "nano": pl.Series([1_999, 2_000]).cast(pl.Datetime("ns", "UTC")),
        }
    )
    frame.write_parquet(root / "data" / "x.parquet")
    facts = load(root)
    assert facts.counts is not None
    assert facts.counts.start.tolist() == [0]
    assert facts.counts.header.known_at.tolist() == [86_400_000_000]
    assert facts.samples is not None
    assert (facts.samples.at.tolist(), facts.samples.value.tolist(), facts.samples.scales) == ([1], [20], (10,))
    assert {(r.row, r.column, r.slug) for r in facts.refused} >= {(1, "float", "bad-stamp"), (1, "whole", "bad-stamp"), (2, "t", "bad-number")}


# ---- the examples -----------------------------------------------------------------------------------------------------


def share_up(facts: Facts, impacts: set[str], start: str, end: str) -> str:
    """The share of a quarter outside the union of the outages, by a plain sweep: an oracle for the measures."""
    table = facts.intervals
    assert table is not None
    lo, hi = (int(np.datetime64(t, "us").astype(np.int64)) for t in (start, end))
    down, reached = 0, lo
    for s, e, impact in sorted(zip(table.start.tolist(), table.end.tolist(), words(table.attributes["impact"]), strict=True)):
        if impact in impacts:
            s, e = max(s, reached), min(e, hi)  # noqa: PLW2901 - clipped to what is not counted yet
            down += max(0, e - s)
            reached = max(reached, e)
    return f"{100 * (1 - down / (hi - lo)):.3f}"


def test_the_published_quarters_come_out_of_the_github_facts() -> None:
    facts = cut(load(Path(__file__).parents[2] / "examples" / "github"), None)
    every = {"none", "minor", "major", "critical"}
    assert share_up(facts, every, "2024-07-01", "2024-10-01") == "96.684"
    assert share_up(facts, every, "2025-04-01", "2025-07-01") == "91.780"
    assert share_up(facts, every, "2026-01-01", "2026-04-01") == "89.659"
    assert share_up(facts, {"major", "critical"}, "2023-01-01", "2023-04-01") == "99.268"


def test_the_helpdesk_hides_the_future() -> None:
    facts = load(Path(__file__).parents[2] / "examples" / "helpdesk")
    assert facts.refused == ()
    at = int(np.datetime64("2016-04-01", "us").astype(np.int64))
    events = cut(facts, at).events
    assert events is not None
    assert int(events.at.max()) <= at
    assert int(events.header.known_at.max()) <= at
    whole = facts.events
    assert whole is not None
    assert [words(whole.event).count(e) for e in ("opened", "closed")] == [24_918, 24_918]

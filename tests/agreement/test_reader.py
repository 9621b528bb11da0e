"""The reader: text as written, every finding at once, nothing else ever raised."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from upheld.agreement.nodes import Map
from upheld.agreement.reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, read
from upheld.values.finding import FindingsError

WHOLE = """\
upheld: 1
agreement: northwind-acme              # stable id
version: 3
effective: {from: 2026-01-01, until: 2028-12-31}
calendars:
  office: {hours: {mon-fri: [08:00-12:00, 13:00-17:30]}, holidays: DE-BE}
attributes:
  severity: {by impact, urgency: {high: {high: 1, low: 2}, low: {high: 2, low: 3}}, read: now}
commitments:
  uptime:
    target: ">= 99.95%"
    credit: {pay: {by result: {"< 99.93%": 10%, "< 99.0%": 25%}}, of: fee}
  response:
    says: >
      An engineer
      answers.
    stops:
      - answered
      - resolved
"""


def slugs(data: bytes | str) -> list[str]:
    with pytest.raises(FindingsError) as caught:
        read("a.yaml", data.encode() if isinstance(data, str) else data)
    return [f.slug for f in caught.value.findings]


def plain(text: str) -> object:
    return read("a.yaml", text.encode()).plain()


def test_every_scalar_is_the_text_that_was_written() -> None:
    text = "country: no\ncutoff: 08:00\nid: 0123\nn: 1.10\nd: 2026-01-01\nx: ~\ny: null\nz: 1e3\ne: ''\nt: TRUE\no: 0o17\n"
    assert plain(text) == {
        "country": "no", "cutoff": "08:00", "id": "0123", "n": "1.10", "d": "2026-01-01", "x": "~", "y": "null", "z": "1e3",
        "e": "", "t": "TRUE", "o": "0o17",
    }


def test_a_look_up_on_two_attributes_may_stand_in_braces() -> None:
    severity = plain("a: {by impact, urgency , x: {high: 1}, read: now}")
    assert severity == {"a": {"by impact, urgency, x": {"high": "1"}, "read": "now"}}
    root = read("f", b"a: {by impact, urgency: {high: 1}}")
    assert root.key_at(("a", "by impact, urgency")).length == len("by impact, urgency")
    assert plain('a: {"by impact, urgency": 1}') == {"a": {"by impact, urgency": "1"}}
    assert slugs("a: {by impact: , urgency: 1}") == ["empty-value"]
    assert slugs("a: {by impact}") == ["empty-value"]
    assert plain("a: {by impact,\n  urgency: 1}") == {"a": {"by impact, urgency": "1"}}


def test_json_is_an_agreement_too_and_says_the_same() -> None:
    value = read("a", WHOLE.encode()).plain()
    assert read("a.json", json.dumps(value, indent=2).encode()).plain() == value
    assert read("a.json", json.dumps(value, indent="\t", ensure_ascii=False).encode()).plain() == value
    assert slugs('{"a": 1, "a": 2}') == ["duplicate-key"]
    assert slugs('{"a": "\\u0000\\u202e"}') == ["character"]


def test_places_are_those_of_the_file() -> None:
    root = read("a.yaml", WHOLE.encode())
    target = root.at(("commitments", "uptime", "target"))
    assert (target.line, target.col, target.length) == (11, 13, len('">= 99.95%"'))
    assert target.text == '    target: ">= 99.95%"'
    pay = root.at(("commitments", "uptime", "credit", "pay"))
    assert pay.text[pay.col - 1 :][: pay.length] == '{by result: {"< 99.93%": 10%, "< 99.0%": 25%}}'
    says = root.at(("commitments", "response", "says"))
    assert (says.line, says.col, says.length) == (14, 11, 1)
    assert root.at(("commitments", "response", "stops", 1)).line == 19


def test_line_ends_of_either_kind_read_alike() -> None:
    assert plain(WHOLE.replace("\n", "\r\n")) == plain(WHOLE)
    assert read("a", b"a: 1\r\n").at(("a",)).text == "a: 1"
    assert slugs("a: 1\rb: 2\r") == ["character", "character"]
    assert slugs('a: "x\\r\\n"') == ["character"]


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"a: 1\n" * 10_000_000, "size"),
        (b"a: " + b"[" * 3_000, "depth"),
        (b"[" * (MAX_BYTES - 1), "depth"),
        (b'{"a":' * 100_000, "depth"),
        (b"- " * (MAX_BYTES // 2), "depth"),
        (b"x" * (MAX_BYTES - 1), "not-a-mapping"),
        (b'a: "' + b"x" * 10_000_000 + b'"', "size"),
    ],
    ids=["50 MB", "3,000 brackets", "brackets", "JSON", "dashes", "one word", "10 MB scalar"],
)
def test_hostile_sizes_are_refused_before_they_cost(data: bytes, slug: str) -> None:
    spent = []
    for _ in range(3):  # the least of three: a busy machine is not the reader's fault
        start = time.process_time()
        assert slugs(data) == [slug]
        spent.append(time.process_time() - start)
    assert min(spent) <= 2   # milliseconds; this only catches what has run away


def test_limits_hold_exactly() -> None:
    deep = "a: " + "[" * (MAX_DEPTH - 1) + "x" + "]" * (MAX_DEPTH - 1)
    assert read("a", deep.encode())
    assert slugs(deep.replace("x", "[x]")) == ["depth"]
    items = ", ".join(["x"] * (MAX_NODES - 3))
    assert read("a", f"a: [{items}]".encode())
    assert slugs(f"a: [x, {items}]") == ["size"]
    assert read("a", b"a: " + b"x" * (MAX_BYTES - 3))


def test_many_findings_are_cut_and_it_says_so() -> None:
    found = slugs("a: 1\n" * 100)
    assert found.count("duplicate-key") == 50
    assert found[-1] == "more"
    assert slugs("a: " + "\u200b" * 1000).count("character") == 50


def test_a_file_says_all_that_is_wrong_at_once() -> None:
    text = "a: 1\na: 2\nb: &x 1\nc: *x\nd: !!int 1\ne:\n<<: {x: 1}\n? [k]\n: 1\n*x : 2\n---\nz: 1\n"
    assert slugs(text) == [
        "duplicate-key", "anchor", "alias", "tag", "empty-value", "merge-key", "key-form", "alias", "documents",
    ]


def test_directives() -> None:
    assert slugs("%TAG !e! tag:example.com,2026:\n---\na: 1\n") == ["directive"]
    assert plain("%YAML 1.2\n---\na: 1\n...\n") == {"a": "1"}


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(name: str) -> None:
    assert slugs("upheld: 1\n".encode(name)) == ["encoding"]


def test_bytes_that_are_no_text_are_counted_from_the_start() -> None:
    with pytest.raises(FindingsError) as caught:
        read("a", b"\xc3\xa4: 1\nb: \xe4\xff\r\nb: 2\n")
    bad, twice = caught.value.findings
    assert (bad.place.line, bad.place.col, twice.slug) == (2, 4, "duplicate-key")
    assert "E4" in bad.message
    assert "position 9" in bad.message


letters = st.text(st.characters(codec="utf-8"), max_size=30)
yamlish = st.lists(
    st.sampled_from([*"{}[],:#&*!|>'\"%@`?-~=<\\\n\t \r", "a", "by x", ": ", "- ", "\n  ", "---", "...", "<<", "1", "é", "\ufeff",
                     "\u2028", "\x00", "&a ", "*a", "!!x ", "%YAML 1.1\n", "%TAG ! x\n", "\\u202e", '"\\x', "漢"]),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=60), letters.map(str.encode), yamlish.map(str.encode)))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe")
@example(b'"\\ud800": 1')
@example(b"a: |9\n x")
@example(b"? ")
@example(b"a: *\x00")
def test_nothing_but_findings_is_raised(data: bytes) -> None:
    check_law(data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nothing_but_findings_is_raised_for_damaged_agreements(data: st.DataObject) -> None:
    text = WHOLE.encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.one_of(st.binary(max_size=3), yamlish.map(str.encode))) + text[at + cut :]
    check_law(text)


def check_law(data: bytes) -> None:
    found, root = (), None
    try:
        root = read("a", data)
    except FindingsError as error:
        found = error.findings
    assert (root is None) == bool(found)
    lines = data.decode("utf-8", "replace").split("\n")
    for f in found:
        assert f.message
        assert 0 <= f.place.line <= len(lines)
        assert f.place.length >= 1
    for path, node in root.walk() if root else ():
        assert isinstance(root, Map)
        assert root.find(path) is node
        assert 1 <= node.place.col <= len(node.place.text) + 1


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Cn", "Cs", "Co"]), max_size=12)
keys = st.text(st.sampled_from("abcxyz <>=%.09-_:#,"), min_size=1, max_size=8).filter(lambda k: k.strip() and k != "<<")
plains = st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, plains, min_size=1, max_size=4), st.booleans())
def test_reading_undoes_writing(value: dict[str, object], flow: bool) -> None:
    written = yaml.dump(value, allow_unicode=True, default_flow_style=flow, sort_keys=False, Dumper=_Texts)
    assert read("a", written.encode()).plain() == value
    assert read("a", json.dumps(value, ensure_ascii=False).encode()).plain() == value


class _Texts(yaml.SafeDumper):
    """Writes without anchors; scalars it thinks are numbers it quotes, which changes nothing here."""

    def ignore_aliases(self, data: object) -> bool:
        return True

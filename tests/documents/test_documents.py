"""The typesetters: every form says the same, nothing a fact says is markup, the same document gives the same bytes."""

from __future__ import annotations

import copy
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from made import MARCH, figures, line, outcome
from markdown_it import MarkdownIt
from pypdf import PdfReader
from stated import HASH, enveloped

from upheld import documents
from upheld.documents.charts import svg
from upheld.documents.html import html
from upheld.documents.pdf import pdf
from upheld.documents.plain import markdown, text
from upheld.documents.statement import renderings
from upheld.measures.result import Figure
from upheld.statements.compose import compose
from upheld.statements.model import Chart, Document, Table
from upheld.statements.period import period_of

HOUR = 3_600_000_000
HOSTILE = "</td><script>alert(1)</script> #set page() `x` *b* | [a](http://evil.example) & <b> $x$ \\ \x1b[31m \u202egnp.exe \ud800 &copy;"
NAMES = ["K\u00f6ln", "\u6771\u4eac\u90fd\u6e0b\u8c37\u533a", "\u0391\u03b8\u03ae\u03bd\u03b1", "\u041c\u043e\u0441\u043a\u0432\u0430", HOSTILE,
         "x" * 300, "=1+1", "1. one", "- two"]


def statement(sites: list[str] | None = None, **more: Any) -> Document:
    """A closed March with a result a site, one of them down, one credit each way, and two months before it."""
    names = sites if sites is not None else ["Bonn", "K\u00f6ln"]
    months = [period_of(label, "Europe/Berlin") for label in ("2026-01", "2026-02")]
    whole = MARCH.end - MARCH.start
    down = Fraction(whole - 2 * HOUR, whole)
    broken = Figure(down, down, n=1, detail={"base_us": whole, "down_us": 2 * HOUR})
    results = [outcome(s, value=down, verdict="breached", figure=broken) if i == 0 else outcome(s) for i, s in enumerate(names)]
    past = [outcome(s, p, Fraction(995, 1000)) for s in names for p in months]
    spans = {o.key: ((MARCH.start + 9 * HOUR, MARCH.start + 11 * HOUR, "down", "", 2 * HOUR),) if o.low != 1 else () for o in results}
    lines = more.pop("lines", [line(names[0], 123_457), line(names[-1], -2_000, kind="reward", payer="customer", payee="provider",
                                                             key="acme/reward")] if names else [])
    found = figures([*past, *results], lines, spans=spans, horizon=more.pop("horizon", MARCH.end))
    found["agreement"]["title"] = more.pop("title", "Hosting")
    envelope = enveloped("acme", "2026-03", None, "2026-04-01T00:00:00Z") | {
        "revision": 1, "basis": [{"origin": "northwind/acme", "size": 42}]} | more
    return compose(envelope, found)


def words_of(data: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


class Page(HTMLParser):
    """The tags and the words of a page; what stands in its style is no words."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1] != "style":
            self.words += data


# ---- all forms say the same -----------------------------------------------------------------------------------------


def squeezed(words: str) -> str:
    return "".join(words.split())


def test_every_form_holds_every_cell_and_the_hash() -> None:
    document = statement()
    forms = [text(document), markdown(document), Page(html(document, svg)).words, words_of(pdf(document, svg))]
    cells = [cell for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row if len(cell) < 25]
    for form in forms:
        plain = squeezed(form.replace("\\", ""))
        assert HASH in plain
        assert "1,234.57EUR" in plain
        assert "Thesignedfiguresaretheproof" in plain
        missing = [cell for cell in cells if squeezed(cell) not in plain]
        assert not missing


def test_a_provisional_statement_says_so_on_every_page() -> None:
    document = statement([f"site {i}" for i in range(90)], horizon=MARCH.end - 1, revision=0)
    pages = PdfReader(io.BytesIO(pdf(document, svg))).pages
    assert len(pages) > 2
    assert all("PROVISIONAL" in page.extract_text() for page in pages)
    assert "PROVISIONAL" in text(document)
    assert "PROVISIONAL" in markdown(document)
    assert Page(html(document, svg)).words.count("PROVISIONAL") == 2
    assert "To verify" not in text(document)


def test_a_revision_says_what_it_takes_the_place_of() -> None:
    change = {"what": "credit", "key": "acme/uptime/site=Bonn", "old": "-", "new": "1,234.57 EUR, owed", "minor": 123_457}
    document = statement(revision=2, previous="f" * 64, changes=[change])
    for form in (text(document), markdown(document), Page(html(document, svg)).words, words_of(pdf(document, svg))):
        plain = squeezed(form.replace("\\", ""))
        for words in ("REVISION 2", "It takes the place of revision 1", "what is owed changes by 1,234.57 EUR",
                      "credit: acme/uptime/site=Bonn", "f" * 64):
            assert squeezed(words).lower() in plain.lower()


def test_who_has_the_signed_figures_makes_the_same_document() -> None:
    whole = Fraction(MARCH.end - MARCH.start - 2 * HOUR, MARCH.end - MARCH.start)
    found = figures([outcome("Bonn", value=whole, verdict="breached")], [line("Bonn", 123_457)])
    found["agreement"]["parties"] = {
        "provider": {"name": "Northwind"}, "customer": {"name": "ACME"}, "auditor": {}, "field": {"name": "Fieldserv"}}
    envelope = enveloped("acme", "2026-03", None, "2026-04-01T00:00:00Z") | {"revision": 1}
    sealed = json.loads(json.dumps({"envelope": envelope, "figures": found}, sort_keys=True))
    document = compose(envelope, found)
    assert document == compose(sealed["envelope"], sealed["figures"])
    assert document.parties == "Northwind \u00b7 ACME \u00b7 Fieldserv"


# ---- on a screen ----------------------------------------------------------------------------------------------------


def test_html_keeps_dates_amounts_and_limits_on_one_line() -> None:
    source = html(statement(), svg)
    for whole in ("2026-03", "1,234.57 EUR", "&gt;= 99.9%"):
        assert f'<span class="whole">{whole}</span>' in source


def test_every_colour_of_a_picture_has_one_for_the_dark() -> None:
    document = statement([f"site {i}" for i in range(5)])
    drawn = "".join(svg(block) for block in document.blocks if isinstance(block, Chart))
    style = Path(documents.__file__).with_name("statement.css").read_text(encoding="utf-8")
    used = set(re.findall(r'(?:fill|stroke)="#[0-9a-f]+"', drawn))
    assert len(used) > 8
    assert not {colour for colour in used if f"[{colour}]" not in style}


# ---- nothing a fact says is markup ----------------------------------------------------------------------------------


def test_html_is_one_file_without_scripts_and_hostile_names_are_words() -> None:
    source = html(statement(NAMES, title=HOSTILE), svg)
    page = Page(source)
    assert not {"script", "iframe", "object", "embed", "link", "img", "a", "form", "b "} & set(page.tags)
    assert page.tags.count("b") == page.tags.count("figure")
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
    assert not re.search(r"url\((?!#)", source)
    assert "<script>alert(1)</script>" in page.words
    assert "&copy;" in page.words
    source.encode("utf-8")
    assert "\u202e" not in source
    assert "\x1b" not in source


def test_tables_are_told_to_those_who_hear_them() -> None:
    page = Page(html(statement(), svg))
    assert page.tags.count("table") == sum(isinstance(b, Table) for b in statement().blocks)
    scopes = [value for name, value in page.attributes if name == "scope"]
    assert set(scopes) == {"col", "row"}
    assert page.tags.count("thead") == page.tags.count("table")


def test_text_has_no_character_that_steers_a_terminal() -> None:
    shown = text(statement(NAMES, title=HOSTILE))
    assert not [c for c in shown if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202a\u202b\u202c\u202d\u202e\u2066\ud800"]
    shown.encode("utf-8")


def test_text_columns_line_up_with_wide_letters_and_names_too_long_are_broken() -> None:
    shown = text(statement(NAMES[:-3]), 100)
    assert "x" * 300 not in shown
    lines = shown.splitlines()
    start = next(i for i, one in enumerate(lines) if one.startswith("result "))
    at = lines[start].index("target")
    row = next(one for one in lines[start:] if "\u6771" in one)
    wide = sum(1 for c in row if ord(c) > 0x2fff)
    assert row.index(">= 99.9%") + wide == at + len("target") - len(">= 99.9%")


def rendered(source: str) -> str:
    return Page(MarkdownIt("commonmark").enable("table").render(source)).words


def test_markdown_gives_back_every_name_as_it_was() -> None:
    document = statement(NAMES, title=HOSTILE)
    source = markdown(document)
    page = Page(MarkdownIt("commonmark").enable("table").render(source))
    assert set(page.tags) <= {"h1", "h2", "h3", "p", "strong", "em", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    expected = [cell for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    words = squeezed(page.words)
    assert not [cell for cell in expected if squeezed(cell) not in words]


@pytest.mark.parametrize("name", [
    "</td><script>alert(1)", "#import \"x\"", "#sys.inputs", "$ sum $", "= Heading", "@ref", "<label>", "//x", "/* x */", "`raw`", "\\u{1f6}",
    "_a_ *b*", "]", "#", "#panic()", "..", "---", "~", "'a' \"b\"", "\u0391\u03b8\u03ae\u03bd\u03b1"])
def test_no_name_is_markup_of_the_typesetter(name: str) -> None:
    shown = words_of(pdf(statement([name], title=name), lambda _: EMPTY))
    assert squeezed(shown).count(squeezed(name)) >= 3


EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>'


def test_letters_that_no_font_has_are_set_as_their_codes() -> None:
    shown = squeezed(words_of(pdf(statement(["\U00016a40\U00016a41", "\U00016a40\U00016a42"]), svg)))
    # either the machine has a font with Mro letters, or the codes are set
    assert "[U+16A40U+16A41]" in shown or "\U00016a40\U00016a41" in shown
    assert "stand in brackets as their Unicode codes" in words_of(pdf(statement(["K\u0378ln"]), svg))
    assert "in brackets" not in words_of(pdf(statement(), svg))
    assert "[U+0378]" in squeezed(words_of(pdf(statement(["K\u0378ln"]), svg)))     # a code point without a letter
    assert "[U+16A40U+16A42]" in shown or "\U00016a40\U00016a42" in shown


def test_labels_in_pictures_are_escaped() -> None:
    for chart in (b for b in statement(NAMES).blocks if isinstance(b, Chart)):
        drawn = svg(chart)
        assert "<script" not in drawn
        assert drawn.startswith("<svg")


# ---- the PDF --------------------------------------------------------------------------------------------------------


def test_the_pdf_has_pages_numbers_parties_period_and_the_hash_on_each() -> None:
    reader = PdfReader(io.BytesIO(pdf(statement([f"site {i}" for i in range(60)]), svg)))
    count = len(reader.pages)
    assert count > 2
    for i, page in enumerate(reader.pages, 1):
        words = page.extract_text()
        assert f"{i} / {count}" in words
        assert HASH in words
        assert "Northwind \u00b7 ACME" in words
        assert "2026-03 (2026-03-01 to 2026-03-31)" in words
        assert [round(float(x)) for x in page.mediabox[2:]] == [595, 842]
    assert reader.metadata is not None
    assert reader.metadata.title == "Statement of service levels: Hosting, 2026-03 (2026-03-01 to 2026-03-31)"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    metadata = reader.xmp_metadata
    assert metadata is not None
    outline = [entry.title for entry in flat(reader.outline)]
    assert outline[:2] == ["Statement of service levels", "The promises"]


def flat(outline: Any) -> list[Any]:
    return [one for entry in outline for one in (flat(entry) if isinstance(entry, list) else [entry])]


def test_heads_are_repeated_where_a_table_breaks() -> None:
    reader = PdfReader(io.BytesIO(pdf(statement([f"site {i}" for i in range(400)]), lambda _: EMPTY)))
    heads = [i for i, page in enumerate(reader.pages) if "nothing excluded" in page.extract_text()]
    assert len(heads) >= 8
    assert "site 399" in words_of(pdf(statement([f"site {i}" for i in range(400)]), lambda _: EMPTY))


def test_nothing_measured_and_nothing_owed_is_a_statement_too() -> None:
    document = statement([])
    assert "Nothing was to be measured in this period." in words_of(pdf(document, svg))
    assert "No credit follows" in text(document)


# ---- the same bytes -------------------------------------------------------------------------------------------------


def test_the_same_bytes_again_and_in_another_process() -> None:
    code = ("import sys, hashlib; sys.path[:0] = sys.argv[1:]; from test_documents import statement, html, pdf, svg, text\n"
            "d = statement(); print(hashlib.sha256(pdf(d, svg) + html(d, svg).encode() + text(d).encode()).hexdigest())")
    here = Path(__file__).parent
    places = [str(here), str(here.parent / "statements")]
    seen = set()
    for seed, zone, language in (("0", "UTC", "C"), ("5", "Asia/Kolkata", "de_DE.UTF-8")):
        place = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language, "PYTHONUTF8": "1"}
        done = subprocess.run([sys.executable, "-c", code, *places], env=place, capture_output=True, check=True, text=True)
        seen.add(done.stdout)
    assert len(seen) == 1


def test_a_document_is_made_of_the_signed_figures_alone() -> None:
    envelope = enveloped("acme", "2026-03", None, "2026-04-01T00:00:00Z") | {"revision": 1}
    found = figures([outcome()], [line()])
    kept = copy.deepcopy((envelope, found))
    assert compose(envelope, found) == compose(*kept)
    assert (envelope, found) == kept


def test_renderings_by_file_name() -> None:
    envelope = enveloped("acme", "2026-03", None, "2026-04-01T00:00:00Z") | {"revision": 1}
    found = renderings(envelope, figures([outcome()], [line()]))
    assert list(found) == ["statement.txt", "statement.md", "statement.html", "statement.pdf"]
    assert found["statement.pdf"].startswith(b"%PDF-")


def test_a_window_without_a_value_has_no_sign_of_one() -> None:
    rows = (("report", "100% in 10 days", "2026-01", "", "100", "%"), ("report", "100% in 10 days", "2026-02", "99.5", "100", "%"))
    shown = text(replace(statement(), blocks=(Chart("trend", "How it went", "By promise.", rows),)))
    assert "2026-01 -, 2026-02 99.5%" in " ".join(shown.split())


@pytest.mark.parametrize(("label", "named"), [
    ("2026-03", "2026-03 (2026-03-01 to 2026-03-31)"), ("2026-03-01..2026-03-31", "2026-03-01 to 2026-03-31"), ("2026-03-15", "2026-03-15")])
def test_a_period_is_named_once(label: str, named: str) -> None:
    found = figures([outcome("Bonn")], [])
    found["period"] |= {"label": label, "dates": period_of(label, "Europe/Berlin").dates}
    document = compose(enveloped("acme", label, None, "2026-04-01T00:00:00Z") | {"revision": 1}, found)
    assert document.period == named


def test_what_is_earned_back_names_the_line_it_is_of() -> None:
    first = line("Bonn", 5_000)
    lines = [first, line("Bonn", -5_000, kind="earned back", key="acme/back", reverses=first.key),
             line("Ulm", -100, kind="earned back", key="acme/other", reverses="acme/uptime//2025-11//credit")]
    table = next(block for block in statement(lines=lines).blocks if isinstance(block, Table) and block.title == "Credits")
    told = " ".join(row[1] for row in table.rows)
    assert "takes back the credit of uptime, site Bonn, 2026-03" in told
    assert "takes back the credit of `acme/uptime//2025-11//credit`" in told

"""The commands as a person meets them: results on stdout, everything else on stderr, exit codes that mean one thing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from upheld.cli.main import COMMANDS, SECTIONS, cli

ROOT = Path(__file__).resolve().parents[2]
GITHUB = str(ROOT / "examples/github")
HELPDESK = str(ROOT / "examples/helpdesk")


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args), catch_exceptions=False)


def test_help_names_every_command_without_importing_one() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    assert all(name in shown.output for name in COMMANDS)
    titles = [line[:-1] for line in shown.output.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options", *SECTIONS]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    shown = run(name, "--help")
    assert shown.exit_code == 0
    assert "Usage" in shown.output
    # what a command of a group does is said whole
    assert not [line for line in shown.output.partition("Commands:")[2].splitlines() if line.endswith("...")]


@pytest.mark.parametrize("columns", ["40", "60", "80"])
def test_a_narrow_terminal_cuts_no_figure(columns: str) -> None:
    arguments = ["assess", "northwind-acme", "uptime", "--period", "2026", "-w", str(ROOT / "examples/hardware")]
    shown = CliRunner(env={"COLUMNS": columns}).invoke(cli, arguments, catch_exceptions=False).output
    assert "\u2026" not in shown
    for figure in ("2026-05", "99.438%", ">= 99.95%", "breached", "99.008%", "3, 1 left out"):
        assert figure in shown


def test_a_spreadsheet_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "desk.xlsx").write_bytes(b"PK")
    shown = run("init", str(tmp_path / "desk.xlsx"))
    assert shown.exit_code == 3
    assert "save the sheet as CSV" in shown.stderr


def test_a_mistyped_command_is_suggested() -> None:
    shown = run("asess")
    assert shown.exit_code == 2
    assert "did you mean 'assess'" in shown.stderr


def test_check_of_a_workspace_in_order() -> None:
    shown = run("check", GITHUB)
    assert shown.exit_code == 0
    assert "1 agreement in order" in shown.stderr


def test_check_of_a_file_with_findings_exits_1_and_says_where(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("upheld: 1\nagreement: a\nresposne: 3\n")
    shown = run("check", str(bad))
    assert shown.exit_code == 1
    assert "bad.yaml:3:1: error[" in shown.stdout
    as_json = run("check", str(bad), "--format", "json")
    assert json.loads(as_json.stdout)["version"] == 1


def test_check_without_a_workspace_says_what_to_do(tmp_path: Path) -> None:
    shown = run("check", str(tmp_path))
    assert shown.exit_code == 3
    assert "upheld init" in shown.stderr


def test_assess_prints_the_quarters_to_the_digit() -> None:
    shown = run("assess", "github-enterprise", "uptime", "-w", GITHUB, "--period", "2024-Q3")
    assert shown.exit_code == 0
    assert "96.684%" in shown.stdout
    assert "2024-Q4" not in shown.stdout


def test_assess_in_every_form_tells_the_same() -> None:
    args = ("assess", "github-enterprise", "uptime", "-w", GITHUB)
    records = json.loads(run(*args, "--format", "json").stdout)["assessments"][0]["outcomes"]
    csv_lines = run(*args, "--format", "csv").stdout.splitlines()
    markdown = run(*args, "--format", "md").stdout
    assert len(csv_lines) == len(records) + 1
    assert all(r["value"] in markdown for r in records)
    assert {r["verdict"] for r in records} == {"breached"}


def test_assess_fails_on_a_breach_only_when_asked() -> None:
    args = ("assess", "github-enterprise", "uptime", "-w", GITHUB)
    assert run(*args).exit_code == 0
    assert run(*args, "--fail-on", "breach").exit_code == 1


@pytest.mark.parametrize(("args", "said"), [
    (("assess", "nobody"), "there are: github-enterprise"),
    (("assess", "github-enterprise", "nothing"), "its commitments: uptime"),
    (("assess", "--period", "1999"), "there are: 2022-Q2"),
    (("explain", "nobody", "x"), "there are: github-enterprise"),
    (("explain", "github-enterprise", "nothing"), "no commitment 'nothing'"),
    (("explain", "github-enterprise", "uptime", "1999-Q1"), "there are: 2022-Q2"),
    (("explain", "github-enterprise", "uptime-by-component", "--for", "component=Nothing"), "there are: component=API Requests"),
])
def test_what_is_not_there_is_answered_with_what_is(args: tuple[str, ...], said: str) -> None:
    shown = run(*args, "-w", GITHUB)
    assert shown.exit_code == 2
    assert said in shown.stderr


def test_a_time_that_is_none_is_a_usage_error() -> None:
    shown = run("assess", "-w", GITHUB, "--as-of", "yesterday")
    assert shown.exit_code == 2
    assert "2026-03-31" in shown.stderr


def test_explain_adds_up_to_the_figure() -> None:
    shown = json.loads(run("explain", "github-enterprise", "uptime-severe", "2024-Q4", "-w", GITHUB, "--format", "json").stdout)
    (outcome,) = shown["outcomes"]
    assert sum(s["counted_us"] for s in shown["segments"]) == shown["counted_us"] == outcome["counts"]["down_us"]
    text = run("explain", "github-enterprise", "uptime-severe", "2024-Q4", "-w", GITHUB).stdout
    assert "1 - 9 h 20 min down / 92 d = 99.577%" in text
    markdown = run("explain", "github-enterprise", "uptime-severe", "2024-Q4", "-w", GITHUB, "--format", "md").stdout
    assert "| 2024-12-20T16:18:00Z |" in markdown
    assert run("explain", "github-enterprise", "uptime-severe", "2024-Q4", "-w", GITHUB, "--format", "csv").stdout.startswith("subject,start")


def test_explain_of_one_case_adds_up_to_its_elapsed_time() -> None:
    shown = json.loads(run("explain", "helpdesk", "closing", "2016-12", "INC0094776", "-w", HELPDESK, "--format", "json").stdout)
    (case,) = shown["cases"]
    assert sum(s["counted_us"] for s in shown["segments"]) == case["elapsed_us"]
    assert case["verdict"] == "met"


def test_a_replay_uses_nothing_that_was_not_known_then() -> None:
    shown = json.loads(run("assess", "-w", HELPDESK, "--as-of", "2016-04-01", "--format", "json").stdout)["assessments"][0]
    assert shown["facts_until"] == "2016-04-01T00:00:00Z"
    decided = [o for o in shown["outcomes"] if o["counts"]["measured"]]
    assert max(o["start"] for o in decided) < "2016-04-01"
    (april,) = [o for o in shown["outcomes"] if o["commitment"] == "closing" and o["window"] == "2016-04"]
    assert april["counts"]["pending"] == 1930
    assert april["verdict"] == "not applicable"


def test_import_tells_rows_and_refusals() -> None:
    shown = run("import", "-w", HELPDESK)
    assert shown.exit_code == 0
    assert "24,918 cases" in shown.stdout
    assert json.loads(run("import", "-w", HELPDESK, "--format", "json").stdout)["rows"]["events"] == 191_543


def test_fmt_keeps_comments_and_is_idempotent(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# kept\nagreement: a\nupheld: 1\n")
    assert run("fmt", "--check", str(path)).exit_code == 1
    assert run("fmt", str(path)).exit_code == 0
    assert "# kept" in path.read_text()
    assert run("fmt", "--check", str(path)).exit_code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a.yaml"]


def test_calendar_freeze_writes_once(tmp_path: Path) -> None:
    out = tmp_path / "NL.yaml"
    assert run("calendar", "freeze", "NL", "2026..2027", "-o", str(out)).exit_code == 0
    assert run("calendar", "freeze", "NL", "2026", "-o", str(out)).exit_code == 2
    assert run("calendar", "diff", str(out)).exit_code == 0
    assert run("calendar", "freeze", "XX", "2026", "-o", str(tmp_path / "x.yaml")).exit_code == 2
    assert run("calendar", "freeze", "NL", "2027..2026", "-o", str(tmp_path / "x.yaml")).exit_code == 2


def test_calendar_show_lists_spans() -> None:
    shown = run("calendar", "show", "helpdesk", "desk", "-w", HELPDESK, "--from", "2016-03-01", "--until", "2016-03-05")
    assert shown.stdout.splitlines() == [f"2016-03-0{d}T14:00:00Z  2016-03-0{d}T23:00:00Z" for d in (1, 2, 3, 4)]


def test_init_writes_a_workspace_that_checks_and_assesses(tmp_path: Path) -> None:
    csv = tmp_path / "tickets.csv"
    csv.write_text("ticket,status,changed,priority\nT-1,New,2026-01-05 09:00,high\nT-1,Resolved,2026-01-05 16:00,high\n"
                   "T-2,New,2026-01-06 09:00,low\nT-2,Frobbed,2026-01-07 09:00,low\nT-2,Resolved,2026-01-09 12:00,low\n")
    into = tmp_path / "ws"
    shown = run("init", str(csv), "--into", str(into))
    assert shown.exit_code == 0
    assert "Frobbed" in shown.stdout
    assert run("check", str(into)).exit_code == 0
    assert run("assess", "-w", str(into)).exit_code == 0
    again = run("init", str(csv), "--into", str(into))
    assert again.exit_code == 2
    assert "left alone" in again.stderr
    assert run("init", str(tmp_path / "none.csv")).exit_code == 3


def test_doctor_looks_at_installation_and_workspace(tmp_path: Path) -> None:
    assert run("doctor", "-w", GITHUB).exit_code == 0
    (tmp_path / "agreements").mkdir()
    (tmp_path / "agreements/a.yaml").write_text("upheld: 2\n")
    assert run("doctor", "-w", str(tmp_path)).exit_code == 1


def test_conform_says_which_files_it_cannot_read(tmp_path: Path) -> None:
    assert run("conform", str(tmp_path / "none.json")).exit_code == 3
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    shown = run("conform", str(bad))
    assert shown.exit_code != 0
    assert "Traceback" not in shown.output


def test_calendar_freeze_reads_a_feed(tmp_path: Path) -> None:
    feed = tmp_path / "company.ics"
    feed.write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
                    "DTSTART;VALUE=DATE:20260619\r\nSUMMARY:Founders day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    out = tmp_path / "company.yaml"
    assert run("calendar", "freeze", str(feed), "2026", "-o", str(out)).exit_code == 0
    assert '2026-06-19: "Founders day"' in out.read_text()
    assert run("calendar", "freeze", str(tmp_path / "none.ics"), "2026", "-o", str(tmp_path / "x.yaml")).exit_code == 3


def test_schema_is_for_editors() -> None:
    assert json.loads(run("schema").stdout)["$schema"].startswith("https://json-schema.org/")

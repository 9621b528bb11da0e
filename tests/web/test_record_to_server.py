"""``upheld record --to``: files sent to a server, in parts, until each is answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from web_server import Served
from web_world import fact

from upheld.cli.main import cli
from upheld.facts.arrive import Arrival
from upheld.facts.arrive_batch import arrivals_of, fact_json
from upheld.facts.arrive_json import arrival_of
from upheld.facts.json_text import read_json
from upheld.service.clock import RealClock
from upheld.sources.files import read_data
from upheld.sources.model import read_source

SOURCE = b"""upheld-source: 1
source: desk
files: [data/*.csv]
stamps: {format: "%d/%m/%Y %H:%M", zone: Europe/Berlin}
id: row
case: ticket
events: {state: {column: what, at: when, map: {open: opened, done: solved}}}
attributes: [priority]
"""
MORE = b"samples: {series: load, at: when, value: {column: load, scale: 1000}}\n"
CSV = b"row,ticket,what,when,priority,load\n1,T-1,open,20/11/2026 09:00,high,1.50\n2,T-1,done,20/11/2026 10:30,,2\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = Path(tmp_path_factory.mktemp("record"))
    (folder / "sources").mkdir()
    (folder / "sources" / "desk.yaml").write_bytes(SOURCE)
    (folder / "facts.csv").write_bytes(CSV)
    with Served(folder) as server:
        yield server


def record(served: Served, *words: str, token: str = "", stdin: bytes | None = None, to: str = "") -> Result:
    return CliRunner().invoke(cli, ["record", *words, "-w", str(served.folder), "--to", to or served.url, "--patience", "3"], input=stdin,
                              env={"UPHELD_TOKEN": token or served.token})


def test_what_is_mapped_survives_the_way() -> None:
    batches, refused = read_data(read_source("desk.yaml", SOURCE + MORE), CSV, "csv", "facts.csv")
    assert not refused
    for arrival in (a for batch in batches for a in arrivals_of(batch)):
        back = arrival_of(read_json(json.dumps(fact_json(arrival)).encode()), 2**62)
        assert isinstance(back, Arrival)
        assert (back, back.digest) == (arrival, arrival.digest)


def test_json_lines_from_stdin_and_again(served: Served) -> None:
    lines = b"\n".join(json.dumps(fact(f"in-{i}")).encode() for i in range(25))
    first = record(served, "-", "--size", "10", stdin=lines)
    assert (first.exit_code, first.stdout) == (0, "25 facts recorded, 0 were on record, 0 refused\n"), first.output
    # the same parts under the same keys get the first answers; in parts of another size every fact is known already
    again = record(served, "-", "--size", "7", stdin=lines)
    assert (again.exit_code, again.stdout) == (0, "0 facts recorded, 25 were on record, 0 refused\n"), again.output


def test_a_mapped_file_may_have_agreed_dates(served: Served) -> None:
    ahead = f"{datetime.fromtimestamp(RealClock().now() // 1_000_000 + 30 * 86_400, UTC):%d/%m/%Y %H:%M}"
    (served.folder / "ahead.csv").write_text(f"row,ticket,what,when,priority,load\nA-1,T-9,open,{ahead},,\n", "utf-8")
    done = record(served, str(served.folder / "ahead.csv"), "--source", "desk")
    assert (done.exit_code, done.stdout) == (0, "1 facts recorded, 0 were on record, 0 refused\n"), done.output


def test_a_mapped_file(served: Served) -> None:
    done = record(served, str(served.folder / "facts.csv"), "--source", "desk")
    assert (done.exit_code, done.stdout) == (0, "2 facts recorded, 0 were on record, 0 refused\n"), done.output


def test_bad_rows_are_told_by_their_place(served: Served) -> None:
    lines = b"\n".join(json.dumps(fact(f"bad-{i}", at="today" if i == 2 else "2026-11-21T10:00:00Z")).encode() for i in range(4))
    path = served.folder / "rows.jsonl"
    path.write_bytes(lines)
    said = record(served, str(path))
    assert said.exit_code == 1
    assert f"{path}:3: /at bad-stamp" in said.stderr
    part = record(served, str(path), "--partial")
    assert (part.exit_code, part.stdout) == (1, "3 facts recorded, 0 were on record, 1 refused\n"), part.output
    assert f"{path}:3: /at bad-stamp" in part.stderr


def test_what_cannot_be_sent(served: Served) -> None:
    assert record(served, "-", stdin=b"{}", token="uph_" + "x" * 43).exit_code == 2
    assert record(served, "-", stdin=b"{}", to="http://example.com").exit_code == 2
    assert record(served, "-", stdin=json.dumps(fact()).encode(), to="http://127.0.0.1:9").exit_code == 4
    assert record(served, "none.jsonl").exit_code == 3


class _Weak(BaseHTTPRequestHandler):
    """Hangs up, then is busy, then passes on to the real server under the same key."""

    seen: list[tuple[str, int]] = []  # noqa: RUF012 - a test's own
    target: Served

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.headers["idempotency-key"], len(body)))
        if len(self.seen) == 1:
            self.close_connection = True
            return
        with self.target.client() as client:
            answer = client.post(self.path, content=body, headers={k: self.headers[k] for k in ("content-type", "idempotency-key")})
        status = 503 if len(self.seen) == 2 else answer.status_code
        self.send_response(status)
        self.send_header("content-length", str(len(answer.content)))
        self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_part_is_tried_under_one_key_until_it_is_answered(served: Served) -> None:
    _Weak.target = served
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Weak)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    done = record(served, "-", stdin=json.dumps(fact("weak")).encode(), to=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    # recorded behind the answer that was lost: the second answer is the first one
    assert (done.exit_code, done.stdout) == (0, "1 facts recorded, 0 were on record, 0 refused\n"), done.output
    assert len(_Weak.seen) == 3
    assert len({key for key, _ in _Weak.seen}) == 1

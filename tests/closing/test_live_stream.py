"""An act written down in the workspace's files reaches the clocks that its store keeps."""

from __future__ import annotations

from pathlib import Path

from upheld.closing.live_stream import into_stream
from upheld.service.clock import FakeClock
from upheld.service.tick import Ticker
from upheld.sources.records import append_records, record_line
from upheld.stores.store import open_store
from upheld.workspace import open_workspace

AGREEMENT = b"upheld: 1\nagreement: acme\nversion: 1\neffective: {from: 2026-01-01}\ntimezone: UTC\n"
AT = 1_772_000_000_000_000


def _act(row: int) -> bytes:
    return record_line("declarations", row, {"id": f"K-{row}", "kind": "acknowledged", "about": "acme/fix/INC-1/desk:1", "actor": "ann"},
                       {"at": AT}, {})


def test_without_a_store_or_without_an_agreement_in_it_there_is_nobody_to_tell(tmp_path: Path) -> None:
    assert not into_stream(tmp_path, [_act(1)], "records", AT)
    (tmp_path / "records").mkdir()
    open_store(tmp_path / "records/store.db").close()
    assert not into_stream(tmp_path, [_act(1)], "records", AT)


def test_the_act_wakes_the_worker_and_counts_once(tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    (tmp_path / "agreements/acme.yaml").write_bytes(AGREEMENT)
    (tmp_path / "records").mkdir()
    with open_store(tmp_path / "records/store.db") as store:
        store.texts.put("agreements/acme.yaml", AGREEMENT, "ops", AT)
        ticker = Ticker(store, FakeClock(AT))
        while ticker.tick().units:
            pass
        append_records(tmp_path, [_act(1)])
        assert into_stream(tmp_path, [_act(1)], "records", AT)
        assert ticker.tick().units
        assert into_stream(tmp_path, [_act(1)], "records", AT)
        assert store.stream.size() == 1
    declarations = open_workspace(tmp_path).facts().declarations
    assert declarations is not None
    assert len(declarations.at) == 1

"""Two processes and one store: the same key at the same instant, and a writer that is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from upheld.facts.arrive import Arrival
from upheld.ledger.answer import Posted
from upheld.ledger.commands import Restate
from upheld.stores.store import Store, open_store

ASK = """
import sys
from upheld.ledger.commands import Restate
from upheld.stores.store import open_store

with open_store(sys.argv[1], create=False) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(int(sys.argv[2])):
        answer = store.ledger.submit(Restate(key=f"k{n}", agreement="acme", line=f"line {n}", at=int(sys.argv[3]), actor="system", minor=n + 1,
                                             currency="EUR", period="2026-03"))
        print(answer.transfers[0].at, flush=True)
"""

WRITE = """
import sys
from upheld.stores.store import open_store

with open_store(sys.argv[1], create=False) as store:
    print("ready", flush=True)
    while True:
        at = store.logs.append("acme", "fact", [b"%d" % n for n in range(30_000)])
        print(at.stop, flush=True)
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_one_key_at_the_same_instant_makes_one_transfer_in_processes(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    count = 60
    with open_store(path) as store:
        store.logs.create("acme", "agreements.example/acme")
    asking = [start(ASK, path, count, at) for at in range(3)]
    assert [said(process) for process in asking] == ["ready"] * 3
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    heard = [process.communicate(timeout=60)[0].split() for process in asking]
    assert [process.returncode for process in asking] == [0] * 3
    # every process heard the same first answer, whoever was first
    assert heard[0] == heard[1] == heard[2]
    assert len(heard[0]) == count
    with open_store(path) as store:
        entries = store.ledger.entries("acme")
        assert [entry.index for entry in entries] == list(range(count))
        assert sorted(entry.transfer.key for entry in entries) == sorted(f"k{n}#1" for n in range(count))
        assert store.ledger.book("acme").trial() == {"EUR": 0}
        assert store.check() == ()


def test_a_writer_that_is_killed_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(path) as store:
        store.logs.create("acme", "agreements.example/acme")
    writing = start(WRITE, path)
    assert said(writing) == "ready"
    done = int(said(writing))
    # in the midst of the next append
    time.sleep(0.05)
    writing.kill()
    rest = writing.communicate()[0].split()
    done = int(rest[-1]) if rest else done
    with open_store(path) as store:
        size = store.logs.size("acme")
        # what was told is kept; at most one append more was on the disk before it was told
        assert size in (done, done + 30_000)
        assert sum(1 for _ in store.logs.leaves("acme")) == size
        assert store.check() == ()
        assert isinstance(store.ledger.submit(Restate(key="k", agreement="acme", line="l", at=1, actor="system", minor=1, currency="EUR",
                                                      period="2026-03")), Posted)


def test_a_disk_that_refuses_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(path) as store:
        store.logs.create("acme", "agreements.example/acme")
    # the operating system lets this process write files of 200 kB at most
    limited = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from upheld.stores.store import open_store
from upheld.stores.trouble import StoreError
with open_store(sys.argv[1], create=False) as store:
    try:
        store.logs.append("acme", "fact", [b"x" * 1000] * 5000)
    except StoreError as error:
        print(error.slug, error)
"""
    done = subprocess.run([sys.executable, "-c", limited, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] in ("disk", "full")
    assert f"{path}: the disk" in done.stdout
    assert "Traceback" not in done.stderr
    with open_store(path) as store:
        assert store.logs.size("acme") == 0
        assert store.check() == ()


RECORD = """
import sys
from upheld.facts.arrive import Arrival
from upheld.stores.store import open_store

with open_store(sys.argv[1], create=False) as store:
    print("ready", flush=True)
    n = 0
    while True:
        many = [Arrival("events", "desk", f"e{n + i}", f"C{i % 7}", i, {"case": f"C{i % 7}", "event": "opened", "at": i}) for i in range(3_000)]
        store.stream.record(many, "desk", 1)
        n += 3_000
        print(n, flush=True)
"""


def test_a_recorder_that_is_killed_leaves_nothing_half_recorded(place: str, store: Store) -> None:
    recording = start(RECORD, place)
    assert said(recording) == "ready"
    done = int(said(recording))
    # in the midst of the next call
    time.sleep(0.03)
    recording.kill()
    rest = recording.communicate()[0].split()
    done = int(rest[-1]) if rest else done
    size = store.stream.size()
    assert size in (done, done + 3_000)
    assert sum(map(len, store.stream.batches())) == size
    assert store.check() == ()
    # who was not answered asks again
    again = Arrival("events", "desk", "e0", "C0", 0, {"case": "C0", "event": "opened", "at": 0})
    assert [(t.state, t.seq) for t in store.stream.record([again], "desk", 2)] == [("same", 0)]

"""A real server in a process of its own, on a free port, over a store that was given."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from upheld.stores.store import open_store


class Served:
    """``upheld serve`` in ``folder``; ``kill``: without any warning."""

    def __init__(self, folder: Path, *options: str, database: str = "") -> None:
        self.folder, self.database = folder, database or str(folder / "records" / "store.db")
        (folder / "records").mkdir(parents=True, exist_ok=True)
        with open_store(self.database) as store:
            self.token = store.tokens.create("ann", ("facts:write", "metrics:read"), 1)[1]
        self.options = ("--no-worker", "--database", self.database, *options)
        self.told: list[str] = []
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from upheld.cli import main; main()", "serve", "-w", str(self.folder), "--port", "0", *self.options],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told.append(line)
            found = re.search(r"listening on (http://\S+)", line)
            if found:
                self.url = found[1]
                break
        else:
            raise AssertionError("".join(self.told))
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()

    def _drain(self) -> None:
        with self.process.stderr as lines:  # type: ignore[union-attr]
            self.told.extend(lines)

    def client(self, **more: Any) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, timeout=30.0, **more)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.drain.join()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(40)
        self.drain.join()
        return code

    def __enter__(self) -> Served:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

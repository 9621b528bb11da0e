"""The peers' process: started once, asked by JSON lines, answers exchanged as .npz and .npy files.

Law: the product's environment never holds a peer (pm4py is AGPL-3.0); the only thing that passes is numbers.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

__all__ = ["DUE", "ELAPSED", "OUTAGES", "PeerFailed", "Peers", "available", "set_up"]

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv-peers"
PYTHON = HOME / "bin" / "python"
LOCK = ROOT / "requirements-peers.lock"
READY = HOME / ".ready"

ELAPSED = ("pm4py business hours", "business-duration", "businesstimedelta", "pandas CustomBusinessHour", "numpy busday recipe")
DUE = ("businesstimedelta", "pandas CustomBusinessHour")
OUTAGES = ("bioframe", "portion", "intervaltree", "staircase")


class PeerFailed(Exception):  # noqa: N818  (it reads as a sentence)
    """A tool raised; its message is the text."""


def _lock_hash() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def available() -> bool:
    """Whether the peers' environment stands."""
    return PYTHON.exists() and READY.exists()


def set_up() -> None:
    """Build ``.venv-peers`` from the hashed lock, once for each content of the lock."""
    if available() and READY.read_text().strip() == _lock_hash():
        return
    print("building .venv-peers from requirements-peers.lock", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True)
    subprocess.run([str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)], check=True)
    READY.write_text(_lock_hash() + "\n")


class Peers:
    """A running peers' process; use as a context manager. ``folder`` holds the files that pass."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [str(PYTHON), str(Path(__file__).with_name("peer_tools.py"))],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Peers:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.stdin and self.process.stdout:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()

    def put(self, name: str, arrays: Mapping[str, object]) -> Path:
        """Write one input, once; returns where."""
        path = self.folder / f"{name}.npz"
        np.savez(path, **{key: np.asarray(value) for key, value in arrays.items()})
        return path

    def ask(self, what: str, tool: str, path: Path) -> tuple[float, float]:
        """Run ``tool``; returns its own (cpu, wall) seconds. The answer is kept for ``answer``."""
        if self.process.stdin is None or self.process.stdout is None:
            raise PeerFailed("the peers' process has no pipes")
        request = {"what": what, "tool": tool, "input": str(path), "output": str(self.folder / "answer.npy")}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise PeerFailed("the peers' process ended")
        reply = json.loads(line)
        if "error" in reply:
            raise PeerFailed(reply["error"])
        return reply["cpu"], reply["wall"]

    def answer(self) -> NDArray[np.float64]:
        """The last tool's answer."""
        return np.load(self.folder / "answer.npy")

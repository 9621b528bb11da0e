"""Without the extra ``server`` everything that measures works, and what serves says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"fastapi", "uvicorn", "starlette", "msgspec", "psycopg", "prometheus_client", "structlog", "httpx2",
                                  "aiosmtplib", "apprise", "standardwebhooks"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from upheld.cli import main
main()
"""
ROOT = Path(__file__).resolve().parents[2]


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BLOCK, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_what_serves_says_what_to_install(command: str, tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    done = _run(tmp_path, command)
    assert done.returncode == 2, done.stderr
    assert "help: pip install 'upheld[server]'" in done.stderr


@pytest.mark.parametrize("arguments", [("clocks", "--at", "2026-05-20T10:00:00Z"), ("drill", "northwind-acme"), ("changes",), ("oncall",)])
def test_what_measures_works(arguments: tuple[str, ...]) -> None:
    done = _run(ROOT / "examples/hardware", *arguments)
    assert done.returncode in (0, 1), done.stderr


def test_a_token_needs_no_secret_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    (tmp_path / "upheld.toml").write_text('[chat.ops]\nurl = "${env:UPHELD_NO_SUCH_VARIABLE}"\n[operator]\nchat = "ops"\n')
    done = subprocess.run([sys.executable, "-c", "from upheld.cli import main; main()", "token", "create", "--actor", "desk", "--scope",
                           "facts:write"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("uph_")
    doctor = subprocess.run([sys.executable, "-c", "from upheld.cli import main; main()", "doctor"], cwd=tmp_path, capture_output=True,
                            text=True, check=False)
    assert doctor.stdout.count("BAD") == 1, doctor.stdout

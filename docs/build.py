"""Makes every generated page of the manual: ``make docs``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGES = ("build_findings.py", "build_clocks.py", "build_cases.py", "build_language.py", "build_cli.py")

if __name__ == "__main__":
    for script in PAGES:
        subprocess.run([sys.executable, str(Path(__file__).with_name(script)), *sys.argv[1:]], check=True)  # noqa: S603 - our own scripts

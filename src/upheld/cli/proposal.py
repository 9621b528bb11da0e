"""Reading a proposed agreement file that need not lie in a workspace yet.

Law: a file of a workspace is read with that workspace's bases and frozen holidays; one that lies elsewhere, a draft in a mail, with
those of the workspace it is held against.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from upheld.cli.options import leave_on_errors

if TYPE_CHECKING:
    from upheld.agreement.load import Loaded

__all__ = ["read_proposal"]


def read_proposal(path: Path, against: Path) -> Loaded:
    """The file, with a plan. Findings that stop it are shown and leave with 3."""
    from upheld.workspace import read_agreement_file

    loaded = read_agreement_file(path, against)
    leave_on_errors(loaded.findings)
    return loaded

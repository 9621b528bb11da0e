"""Upheld: service level agreements that run.

``upheld.open(folder)`` gives a workspace for notebooks and scripts; ``upheld --help`` is the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upheld.notebook import Book, Findings, Result, Why, open  # noqa: A004 - upheld.open is what people type

__version__ = "0.1.0"
__all__ = ["Book", "Findings", "Result", "Why", "__version__", "open"]


def __getattr__(name: str) -> Any:
    # the command line must not pay for frames it does not show: the notebook face loads when first touched
    if name in __all__:
        from upheld import notebook

        return getattr(notebook, name)
    msg = f"module 'upheld' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)

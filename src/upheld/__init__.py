"""Upheld: service level agreements that run."""

__version__ = "0.1.0"
__all__ = ["__version__"]

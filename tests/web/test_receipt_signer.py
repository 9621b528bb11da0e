"""A receipt given over HTTP is the receipt every verifier reads."""

from __future__ import annotations

from upheld.evidence.signing import Key, receipt
from upheld.web.receipts import Signer


def test_the_same_note_as_the_signing_module_writes() -> None:
    key = Key.made("northwind", bytes(range(32)))
    for index, at, text in ((0, 0, "1970-01-01T00:00:00Z"), (77, 1_795_262_400_123_456, "2026-11-21T12:00:00.123456Z")):
        given = Signer(key, "northwind/stream").receipt(index, b"h" * 32, at)
        assert given.encode() == receipt(key, "northwind/stream", index, b"h" * 32, text)

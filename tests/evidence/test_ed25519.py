"""Signatures at the edges of the curve, against ``cryptography``: one signature has one form, and nothing of small order signs.

Sources: RFC 8032 section 5.1; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020), whose cases are made anew here.
"""

from __future__ import annotations

import hashlib
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from upheld.evidence.verify import ed25519_verify

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
MINUS_ONE_ROOT = pow(2, (P - 1) // 4, P)
Affine = tuple[int, int]


def plus(a: Affine, b: Affine) -> Affine:
    """The sum on the curve by its textbook formula: slow, and not the one of the verifier."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(n: int, a: Affine) -> Affine:
    total: Affine = (0, 1)
    while n:
        if n & 1:
            total = plus(total, a)
        a, n = plus(a, a), n >> 1
    return total


def root(y: int) -> Affine:
    """The point of even x with this y."""
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = pow(u * pow(v, -1, P) % P, (P + 3) // 8, P)
    if (v * x * x - u) % P:
        x = x * MINUS_ONE_ROOT % P
    assert (v * x * x - u) % P == 0
    return (x if x % 2 == 0 else P - x), y


def packed(a: Affine) -> bytes:
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")


BASE = root(4 * pow(5, -1, P) % P)


def torsion() -> list[Affine]:
    """The eight points of small order: the multiples of one of order eight, found by clearing the large part of a point."""
    for y in range(2, 100):
        try:
            point = times(L, root(y))
        except AssertionError:
            continue
        if times(4, point) != (0, 1):
            return [times(i, point) for i in range(8)]
    raise AssertionError("no point of order eight")


SMALL = torsion()


def theirs(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L


def made(rng: random.Random, of_key: int, of_r: int) -> tuple[bytes, bytes, bytes]:
    """A signature whose key and R bear a part of small order; right up to that part."""
    secret, nonce, message = rng.randrange(1, L), rng.randrange(1, L), rng.randbytes(20)
    public = packed(plus(times(secret, BASE), SMALL[of_key]))
    r = packed(plus(times(nonce, BASE), SMALL[of_r]))
    s = (nonce + challenge(r, public, message) * secret) % L
    return public, message, r + s.to_bytes(32, "little")


def test_the_points_are_of_small_order() -> None:
    assert len(set(SMALL)) == 8
    assert all(times(8, point) == (0, 1) for point in SMALL)


def test_parts_of_small_order_are_judged_as_the_library_does() -> None:
    rng = random.Random(8032)
    taken = 0
    for of_key in range(8):
        for of_r in range(8):
            public, message, signature = made(rng, of_key, of_r)
            ours = ed25519_verify(public, message, signature)
            assert ours == theirs(public, message, signature), (of_key, of_r)
            taken += ours
            if of_key == 0:
                assert ours == (of_r == 0)          # right by eight times itself only: not taken
    assert 1 <= taken < 32


@pytest.mark.parametrize("which", range(8))
def test_a_key_or_an_r_of_small_order_signs_nothing(which: int) -> None:
    """With s = 0 such a pair would sign some messages for everybody."""
    rng = random.Random(which)
    small = packed(SMALL[which])
    for other in SMALL:
        for _ in range(3):
            assert not ed25519_verify(small, rng.randbytes(8), packed(other) + bytes(32))
    secret, message = rng.randrange(1, L), b"m"
    public = packed(times(secret, BASE))
    s = challenge(small, public, message) * secret % L
    assert not ed25519_verify(public, message, small + s.to_bytes(32, "little"))


def test_a_number_is_written_in_one_way() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, message = key.public_key().public_bytes_raw(), b"one way"
    signature = key.sign(message)
    assert ed25519_verify(public, message, signature)
    s = int.from_bytes(signature[32:], "little")
    for more in range(1, 15):
        other = signature[:32] + (s + more * L).to_bytes(32, "little")
        assert not ed25519_verify(public, message, other)
        assert not theirs(public, message, other)
    assert not ed25519_verify(public, message, signature[:32] + L.to_bytes(32, "little"))
    for length in (0, 32, 63, 65, 128):
        assert not ed25519_verify(public, message, (signature * 2)[:length])
    for length in (0, 31, 33, 64):
        assert not ed25519_verify((public * 2)[:length], message, signature)


def test_a_point_is_written_in_one_way() -> None:
    """y not below p, and the sign of an x that is nothing: refused as key and as R."""
    rng = random.Random(1)
    for y in range(19):
        for sign in (0, 1 << 255):
            odd = (P + y | sign).to_bytes(32, "little")
            secret, message = rng.randrange(1, L), b"m"
            public = packed(times(secret, BASE))
            s = challenge(odd, public, message) * secret % L
            assert not ed25519_verify(public, message, odd + s.to_bytes(32, "little"))
            assert not ed25519_verify(odd, message, packed(times(5, BASE)) + (5).to_bytes(32, "little"))
    for y in (1, P - 1):
        assert not ed25519_verify((y | 1 << 255).to_bytes(32, "little"), b"m", bytes(64))


def test_no_bit_of_a_signature_is_free() -> None:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"bits").digest())
    public, message = key.public_key().public_bytes_raw(), b"every bit"
    signature = key.sign(message)
    for name, data in (("signature", signature), ("key", public), ("message", message)):
        for bit in range(len(data) * 8):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            given = {"key": public, "message": message, "signature": signature, name: bytes(changed)}
            assert not ed25519_verify(given["key"], given["message"], given["signature"]), (name, bit)

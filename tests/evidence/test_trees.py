"""The tree against the vectors of Certificate Transparency, and against another implementation (pymerkle, a test-only oracle)."""

from __future__ import annotations

import hashlib
import os
import random

import pytest
from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion

from upheld.evidence.verify import Tree

# github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc (Apache-2.0): inputs and roots of the growing tree
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_certificate_transparency_vectors() -> None:
    tree = Tree()
    assert tree.root().hex() == hashlib.sha256(b"").hexdigest()
    for data, root in zip(INPUTS, ROOTS, strict=True):
        tree.add(bytes.fromhex(data))
        assert tree.root().hex() == root


def test_random_trees_against_another_implementation() -> None:
    count, seed = int(os.environ.get("UPHELD_CAMPAIGN", "200")), os.environ.get("UPHELD_SEED", "1")
    rng = random.Random(seed)
    for _ in range(count):
        ours, theirs = Tree(), InmemoryTree(algorithm="sha256")
        split = rng.randrange(1, 90)
        frontier: tuple[int, list[bytes]] | None = None
        leaves = [rng.randbytes(rng.randrange(40)) for _ in range(rng.randrange(1, 120))]
        for i, leaf in enumerate(leaves):
            if i == split:
                frontier = ours.size, list(ours.parts)
            ours.add(leaf)
            theirs.append_entry(leaf)
        assert ours.root() == theirs.get_root(len(leaves)), len(leaves)
        place = rng.randrange(len(leaves))
        own = hashlib.sha256(b"\x00" + leaves[place]).digest()
        # the other's proofs hold for our roots, and for no other place, root or size
        verify_inclusion(own, ours.root(), theirs.prove_inclusion(place + 1))
        before = Tree()
        for leaf in leaves[:place + 1]:
            before.add(leaf)
        proof = theirs.prove_consistency(before.size, ours.size)
        verify_consistency(before.root(), ours.root(), proof)
        other = Tree()
        for leaf in [*leaves[:place], leaves[place] + b"x"]:
            other.add(leaf)
        with pytest.raises(InvalidProof):
            verify_consistency(other.root(), ours.root(), proof)
        with pytest.raises(InvalidProof):
            verify_inclusion(hashlib.sha256(b"\x00" + leaves[place] + b"x").digest(), ours.root(), theirs.prove_inclusion(place + 1))
        if frontier is not None:
            # from a frontier on, the same root
            later = Tree(*frontier)
            for leaf in leaves[frontier[0]:]:
                later.add_hash(hashlib.sha256(b"\x00" + leaf).digest())
            assert later.root() == ours.root()

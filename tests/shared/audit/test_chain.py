import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.audit.chain import GENESIS, Chain, derive, first_key, link, seal_head, seed_of

NAME = "cluster-20261124T133501Z-00000001"


def test_a_line_holds_body_and_hash_and_the_chain_moves_only_when_told() -> None:
    chain = Chain()
    line, h = chain.line(b"{}")
    assert line == b"{}\t" + sha256(GENESIS + b"{}").hexdigest().encode() + b"\n"
    assert chain.line(b"{}") == (line, h)
    chain.advance(h)
    assert chain.seq == 1
    assert chain.line(b"{}")[1] == link(h, b"{}")


def test_each_mac_has_a_key_of_its_own_and_the_old_one_is_overwritten() -> None:
    seed = seed_of(b"r" * 32, NAME)
    chain = Chain(seed)
    k = first_key(seed)
    for body in (b"a", b"b", b"c"):
        line, h = chain.line(body)
        assert line.rstrip().split(b"\t")[2] == hmac.digest(k, h, "sha256").hex().encode()
        chain.advance(h)
        k = sha256(k).digest()
    assert chain.key == k
    assert chain.anchor().endswith(seal_head(k, chain.head).hex().encode() + b"\n")


def test_a_later_stream_of_a_family_has_the_next_seed() -> None:
    root = b"r" * 32
    assert seed_of(root, NAME + ".2") == sha256(seed_of(root, NAME + ".1")).digest()
    assert seed_of(root, NAME + ".1") == sha256(seed_of(root, NAME)).digest()
    with pytest.raises(ValueError, match="elsewhere"):
        seed_of(root, "../elsewhere")


def test_derive_is_hkdf() -> None:
    # RFC 5869, test case 1, its first block.
    salt = bytes(range(13)).decode()
    assert hmac.digest(salt.encode(), b"\x0b" * 22, "sha256").hex().startswith("077709362c2e32df")
    info = bytes(range(0xF0, 0xFA)).decode("latin-1")
    assert len(derive(b"\x0b" * 22, salt, info)) == 32


@given(st.binary(), st.binary())
def test_different_bodies_have_different_hashes(one: bytes, two: bytes) -> None:
    assert (link(GENESIS, one) == link(GENESIS, two)) == (one == two)

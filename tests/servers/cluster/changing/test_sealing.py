"""What is sealed opens for its place and its key only."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import Unreadable
from bailiwick_cluster.changing.sealing import opened, seal

KEY = bytes(32)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_it_comes_back(plain: bytes, bound: str) -> None:
    sealed = seal(KEY, plain, bound)
    assert opened(KEY, sealed, bound) == plain
    assert len(plain) < 8 or plain not in sealed


def test_twice_the_same_is_sealed_differently() -> None:
    assert seal(KEY, b"x", "a") != seal(KEY, b"x", "a")


@pytest.mark.parametrize("broken", [b"", b"short", None])
def test_whatever_was_tampered_with_stays_shut(broken: bytes | None) -> None:
    sealed = seal(KEY, b"plain", "a")
    with pytest.raises(Unreadable):
        opened(KEY, sealed if broken is None else broken, "b")
    with pytest.raises(Unreadable):
        opened(os.urandom(32), sealed, "a")
    with pytest.raises(Unreadable):
        opened(KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), "a")

"""Ranges of addresses: against trying each address."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.traffic.address import Block, Share, Span, share, span


def net(at: int, bits: int) -> str:
    return str(ip_network(f"10.0.0.{at}/{bits}", strict=False))


NETS = st.builds(net, st.integers(0, 63), st.integers(26, 32))
BLOCKS = st.lists(st.tuples(NETS, st.lists(NETS, max_size=2)), max_size=3)


def read(cidr: str) -> Span:
    found = span(cidr)
    assert found is not None
    return found


@given(NETS, BLOCKS)
def test_a_share_is_what_trying_each_address_finds(
    asked: str, blocks: list[tuple[str, list[str]]]
) -> None:
    made = [Block(read(whole), tuple(map(read, holes))) for whole, holes in blocks]
    inside = [
        any(
            ip in ip_network(whole) and not any(ip in ip_network(hole) for hole in holes)
            for whole, holes in blocks
        )
        for ip in ip_network(asked)
    ]
    wanted = Share.ALL if all(inside) else Share.SOME if any(inside) else Share.NONE
    assert share(read(asked), made) is wanted


@pytest.mark.parametrize("said", ["", "shop", "10.0.0", "10.0.0.0/33", "1.2.3.4/x", "deploy/web"])
def test_what_is_no_address(said: str) -> None:
    assert span(said) is None


def test_one_address_and_version_6() -> None:
    at = int(ip_address("10.1.2.3"))
    assert span("10.1.2.3") == Span(4, at, at)
    assert span("10.1.2.3/8") == span("10.0.0.0/8")
    six = read("fd00::/64")
    assert share(six, [Block(read("0.0.0.0/0"))]) is Share.NONE
    assert share(six, [Block(read("::/0"))]) is Share.ALL

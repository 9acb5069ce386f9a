"""What decides what is fetched: addresses, robots.txt, and sitemaps; all of it pure."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import Unreadable
from bailiwick_retrieval.upstream import pinned, robots, sitemap
from bailiwick_retrieval.upstream.addresses import Addresses, Unfit
from bailiwick_retrieval.upstream.robots import Robots


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1"),  # noqa: S104 - refused
        *("198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not pinned.allowed(address, ())


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert pinned.allowed(address, ())


def test_networks_that_the_operator_names() -> None:
    inside = pinned.networks("site", ["10.20.0.0/16", "fd00::/8"])
    for address in ("10.20.1.1", "fd00::1", "::ffff:10.20.1.1"):
        assert pinned.allowed(address, inside)
    for address in ("10.21.1.1", "fe80::1", "127.0.0.1"):
        assert not pinned.allowed(address, inside)


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("", "/a", ""),
        ("User-agent: *\nDisallow:\n", "/a", ""),
        ("User-agent: *\nDisallow: /\n", "", "/a"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: bailiwick\nDisallow: /x\n", "/a", "/x/y"),
        ("User-agent: bailiwick\nDisallow: /x\n\nUser-agent: *\nDisallow: /\n", "/a", "/x"),
        ("User-agent: a\nUser-agent: BAILIWICK/2.0\nDisallow: /x", "/a", "/x"),
        ("User-agent: bailiwicket\nDisallow: /", "/a", ""),
        ("User-agent: bailiwick\nDisallow: /a\nUser-agent: x\nDisallow: /b", "/b", "/a"),
        ("User-agent: bailiwick\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", ""),
        ("User-agent: *\nDisallow: /docs\nAllow: /docs/public", "/docs/public/x", "/docs/x"),
        ("User-agent: *\nAllow: /docs/public\nDisallow: /docs", "/docs/public/x", "/docs/x"),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", ""),
        ("User-agent: *\nDisallow: /*?print", "/a?x=print", "/a/b?print=1"),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", "/d/a.pdf"),
        ("User-agent: *\nDisallow: /%7Eana # why", "/ana", "/~ana/x"),
        ("User-agent: *\nDisallow: /\u00fc", "/u", "/%C3%BC"),
        ("\ufeffUser-agent: *\r\nDisallow: /x\r\n", "/a", "/x"),
        ("user-AGENT : *\n DISALLOW : /x", "/a", "/x"),
        ("Disallow: /\nnonsense\nUser-agent", "/a", ""),
        ("User-agent: *\nSitemap: /s\nDisallow: /x\nCrawl-delay: 1\nDisallow: /y", "/a", "/y"),
    ],
)
def test_robots(text: str, allowed: str, refused: str) -> None:
    rules = robots.read(text)
    assert not allowed or rules.allow(allowed)
    assert not refused or not rules.allow(refused)


@pytest.mark.parametrize(
    ("said", "pause"),
    [("7", 7), ("0.5", 0.5), ("86400", 60), ("-1", 0), ("nan", 0), ("x", 0), ("", 0)],
)
def test_a_crawl_delay(said: str, pause: float) -> None:
    assert robots.read(f"User-agent: *\nCrawl-delay: {said}\n").pause == pause


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_is_robots(text: str, path: str) -> None:
    rules = robots.read(f"User-agent: *\nDisallow: {text}\n{text}")
    assert rules.allow(f"/{path}") in (True, False)


def test_rules_made_to_backtrack_end() -> None:
    rules = robots.read("User-agent: *\n" + f"Disallow: /{'*a' * 400}b\n" * 20)
    assert rules.allow("/" + "a" * 4_000)


@given(
    st.lists(st.sampled_from(["a", "b", "*", "/"]), max_size=8).map("".join),
    st.text("ab/", max_size=8),
    st.sampled_from(["", "$"]),
)
def test_wildcards_as_a_regular_expression_has_them(pattern: str, path: str, end: str) -> None:
    rules = robots.read(f"User-agent: *\nDisallow: /{pattern}{end}")
    expected = re.match(f"/{pattern}".replace("*", ".*") + end, f"/{path}")
    assert rules.allow(f"/{path}") == (expected is None)


def test_nothing_is_nothing() -> None:
    assert not robots.NOTHING.allow("/")
    assert Robots().allow("/")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sitemap_or_unreadable(data: bytes) -> None:
    try:
        sitemap.read(data)
    except Unreadable:
        return


ADDRESSES = Addresses(frozenset({"docs.example"}), "https")


@given(st.text(max_size=40))
def test_a_document_has_a_name_that_leads_nowhere(target: str) -> None:
    try:
        page = ADDRESSES.page(f"https://docs.example/{target}")
        path = ADDRESSES.path(page)
    except Unfit:
        return
    assert page.host == "docs.example"
    assert not path.startswith("/")
    assert path.isprintable() or not path.isascii()
    assert not {"", ".", ".."} & set(path.partition("?")[0].split("/"))


@given(st.text(max_size=40))
def test_no_text_leads_to_another_host(url: str) -> None:
    for whole in (url, f"https://{url}", f"https://docs.example{url}"):
        try:
            page = ADDRESSES.page(whole)
        except Unfit:
            continue
        assert page.url.startswith("https://docs.example/")

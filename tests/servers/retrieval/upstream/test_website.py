"""A web site as a source, against a server of loopback that answers under several names."""

import gzip
from email.utils import formatdate

import pytest
from starlette.responses import RedirectResponse, Response

from bailiwick.errors import BadConfig, Forbidden, Rejected, Unavailable, Unreadable
from bailiwick_retrieval.models.sources import Entry, Gone
from bailiwick_retrieval.upstream import sitemap as sitemaps
from tests.servers.retrieval.upstream.sites import (
    Opened,
    Site,
    Sleeps,
    entries,
    sitemap,
    why,
)
from tests.servers.retrieval.upstream.trees import data, listed

pytestmark = pytest.mark.anyio


async def test_what_the_sitemap_lists_is_listed_and_read(
    site: Site, base: str, opened: Opened
) -> None:
    site.pages |= {
        "/sitemap.xml": sitemap(
            f"{base}/ 2026-01-02",
            f"{base}/docs/a%20b.html 2026-01-02T03:04:05+01:00",
            f"{base}/docs/%C3%BC.html nonsense",
            f"{base}/docs/?id=1&amp;x=%C3%A4#part",
            f"{base}/docs/skip.txt",
        ),
        "/docs/a%20b.html": "<h1>a</h1>",
    }
    made = opened(exclude=["**/*.txt"], include=["**"])
    found = await entries(made)
    assert list(found) == ["index", "docs/a b.html", "docs/ü.html", "docs/index?id=1&x=%25C3%25A4"]
    assert found["index"].updated == 1_767_312_000
    assert found["docs/a b.html"].updated == 1_767_319_445
    assert found["docs/ü.html"].updated is None
    entry = found["docs/a b.html"]
    assert entry.url == f"{base}/docs/a%20b.html"
    assert await data(made, entry) == b"<h1>a</h1>"
    assert {headers["user-agent"] for _, _, headers in site.asked} == {"bailiwick"}
    assert {host for _, host, _ in site.asked} == {base.removeprefix("http://")}
    assert all("authorization" not in headers for _, _, headers in site.asked)


async def test_an_index_of_sitemaps_some_of_them_packed(
    site: Site, base: str, opened: Opened
) -> None:
    site.pages |= {
        "/sitemap.xml": sitemap(
            *(f"{base}/{name}" for name in ("one.xml", "two.xml.gz", "sitemap.xml", "gone.xml")),
            "http://elsewhere.example/x.xml",
            index=True,
        ),
        "/one.xml": sitemap(f"{base}/a", f"{base}/b"),
        "/two.xml.gz": gzip.compress(sitemap(f"{base}/b", f"{base}/c").encode()),
    }
    found, problems = await listed(opened())
    assert sorted(found) == ["a", "b", "c"]
    assert [each.incomplete for each in problems.values()] == [False, True]
    assert "gone.xml" in list(problems)[1]


@pytest.mark.parametrize(
    "body",
    [
        *("", "<html><body>log in</body></html>", "<urlset><url>", "plain", "{}", "\0"),
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset/>',
        b"\x1f\x8bnonsense",
        gzip.compress(b"<urlset/>", mtime=0)[:-4],
        gzip.compress(b" " * 51_000_000, mtime=0),
        b"\xff\xfe<\x00",
    ],
)
async def test_what_is_no_sitemap(site: Site, opened: Opened, body: str | bytes) -> None:
    site.pages["/sitemap.xml"] = body
    with pytest.raises(Unreadable):
        await listed(opened())


@pytest.mark.parametrize(
    ("status", "error"), [(404, Rejected), (403, Forbidden), (500, Unavailable), (204, Unreadable)]
)
async def test_a_sitemap_that_does_not_come(
    site: Site, opened: Opened, status: int, error: type[Exception]
) -> None:
    site.pages["/sitemap.xml"] = Response(status_code=status)
    with pytest.raises(error):
        await listed(opened())


async def test_too_many_addresses_are_told(
    site: Site, base: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MOST_URLS", 3)
    site.pages["/sitemap.xml"] = sitemap(*(f"{base}/{number}" for number in range(5)))
    found, problems = await listed(opened())
    assert len(found) == 3
    assert all(each.incomplete for each in problems.values())


async def test_an_image_is_no_page(site: Site, base: str, opened: Opened) -> None:
    image = f'<i:image xmlns:i="urn:i"><i:loc>{base}/x.png</i:loc></i:image>'
    other = '<i:loc xmlns:i="urn:i">http://elsewhere.example/</i:loc>'
    site.pages["/sitemap.xml"] = sitemap(f"{base}/a", more=image + other)
    assert list(await entries(opened())) == ["a"]


async def test_addresses_that_are_not_fetched(site: Site, base: str, opened: Opened) -> None:
    site.pages["/sitemap.xml"] = sitemap(
        *(f"{base}/a", "http://elsewhere.example/x", "ftp://docs.example/x", "/relative", "x"),
        *("http://docs.example:22/x", "file:///etc/passwd", "http://ana:x@docs.example/x"),
        *(f"{base}/%2e%2e/x", f"{base}/a//b", f"{base}/%00", f"{base}/b%2Fc", f"{base}/%ff"),
        *("http://[::1/x", "http://docs.example\\@elsewhere.example/"),
    )
    found, problems = await listed(opened())
    assert sorted(found) == ["%00", "%ff", "a", "b%2Fc"]
    assert "not listed" in why(problems)
    assert not any(each.incomplete for each in problems.values())


async def test_several_hosts_are_told_apart(
    site: Site, base: str, opened: Opened, standing: tuple[Site, int, int]
) -> None:
    other = f"http://other.example:{standing[1]}"
    site.pages["/sitemap.xml"] = sitemap(f"{base}/a", f"{other}/a")
    made = opened(hosts=[other.removeprefix("http://")])
    found = await entries(made)
    assert sorted(found) == [f"docs.example:{standing[1]}/a", f"other.example:{standing[1]}/a"]
    assert site.paths.count("/robots.txt") == 2


async def test_two_addresses_with_one_name_are_told(site: Site, base: str, opened: Opened) -> None:
    site.pages["/sitemap.xml"] = sitemap(f"{base}/a/", f"{base}/a/", f"{base}/a/index")
    found, problems = await listed(opened())
    assert list(found) == list(problems) == ["a/index"]
    assert found["a/index"].url == f"{base}/a/"


async def test_robots_are_asked_first(
    site: Site, base: str, opened: Opened, sleeps: Sleeps
) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: Bailiwick\nDisallow: /private\nCrawl-delay: 7\n",
        "/sitemap.xml": sitemap(f"{base}/a", f"{base}/private/b", f"{base}/go"),
        "/a": "a",
        "/go": RedirectResponse("/private/b"),
        "/private/b": "b",
    }
    made = opened()
    found, problems = await listed(made)
    assert sorted(found) == ["a", "go"]
    assert "robots.txt" in why(problems)
    assert await data(made, found["a"]) == b"a"
    with pytest.raises(Rejected, match="robots"):
        await made.read(found["go"], "")
    with pytest.raises(Rejected, match="robots"):
        await made.read(Entry("b", "", url=f"{base}/private/b"), "")
    assert "/private/b" not in site.paths
    assert len(sleeps.waited) == len(site.asked) - 1
    assert all(5 < each <= 7 for each in sleeps.waited)


async def test_a_pause_is_kept_between_requests(
    site: Site, base: str, opened: Opened, sleeps: Sleeps
) -> None:
    site.pages["/sitemap.xml"] = sitemap(f"{base}/a")
    await listed(opened(pause_seconds=3))
    assert [round(each) for each in sleeps.waited] == [3]


@pytest.mark.parametrize(
    ("status", "error"), [(403, Rejected), (500, Unavailable), (429, Unavailable)]
)
async def test_robots_that_cannot_be_had(
    site: Site, opened: Opened, status: int, error: type[Exception]
) -> None:
    site.pages |= {"/robots.txt": Response(status_code=status), "/sitemap.xml": sitemap()}
    with pytest.raises(error):
        await listed(opened())
    assert "/sitemap.xml" not in site.paths


async def test_what_did_not_change_is_not_sent_again(site: Site, base: str, opened: Opened) -> None:
    changed = formatdate(1_700_000_000, usegmt=True)
    headers = {"etag": 'W/"1"', "last-modified": changed}
    site.pages |= {
        "/sitemap.xml": sitemap(f"{base}/a"),
        "/a": Response("one", headers=headers, media_type="text/html; charset=utf-8"),
    }
    made = opened()
    entry = (await entries(made))["a"]
    first = await made.read(entry, "")
    assert first is not None
    assert (first.media_type, first.updated) == ("text/html", 1_700_000_000)
    site.pages["/a"] = Response(status_code=304)
    assert await made.read(entry, first.fingerprint) is None
    sent = site.asked[-1][2]
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('W/"1"', changed)
    with pytest.raises(Rejected):
        await made.read(entry, "")
    site.pages["/a"] = Response("one", media_type="text/html")
    assert await made.read(entry, first.fingerprint) is None
    site.pages["/a"] = Response("two", media_type="text/html")
    second = await made.read(entry, first.fingerprint)
    assert second is not None
    assert second.data == b"two"
    assert second.fingerprint != first.fingerprint
    for odd in ("nonsense", "[1]", "{}", "\0"):
        assert await made.read(entry, odd) is not None


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Response(status_code=404), Gone, "not there"),
        (Response(status_code=410), Gone, "not there"),
        (Response(status_code=403), Forbidden, "credential"),
        (Response(status_code=500), Unavailable, "failing"),
        (Response("{}", media_type="application/json"), Unreadable, "type"),
        (Response("x"), Unreadable, "type"),
        (Response("x" * 2_000_001, media_type="text/html"), Unreadable, "more than"),
        (RedirectResponse("/a"), Rejected, "redirects"),
        (RedirectResponse("http://elsewhere.example/login"), Rejected, "host"),
        (RedirectResponse("http://169.254.169.254/latest"), Rejected, "host"),
        (RedirectResponse("file:///etc/passwd"), Rejected, "http"),
        (RedirectResponse("http://[::1"), Unavailable, "broke off"),
    ],
)
async def test_a_page_that_cannot_be_had(
    site: Site, base: str, opened: Opened, answer: Response, error: type[Exception], said: str
) -> None:
    site.pages |= {"/sitemap.xml": sitemap(f"{base}/a"), "/a": answer}
    made = opened(most_mb=2)
    entry = (await entries(made))["a"]
    with pytest.raises(error, match=said) as raised:
        await made.read(entry, "")
    assert type(raised.value) is error


async def test_a_redirect_is_followed_on_the_site(site: Site, base: str, opened: Opened) -> None:
    site.pages |= {
        "/sitemap.xml": sitemap(f"{base}/0"),
        **{f"/{at}": RedirectResponse(f"{at + 1}") for at in range(5)},
        "/5": "end",
    }
    made = opened()
    assert await data(made, (await entries(made))["0"]) == b"end"
    site.pages |= {"/5": RedirectResponse("/6"), "/6": "end"}
    with pytest.raises(Rejected, match="5 redirects"):
        await made.read(Entry("0", "", url=f"{base}/0"), "")


async def test_types_without_a_header_go_by_the_name(site: Site, base: str, opened: Opened) -> None:
    site.pages |= {"/sitemap.xml": sitemap(f"{base}/a.md"), "/a.md": Response("# a")}
    made = opened()
    content = await made.read((await entries(made))["a.md"], "")
    assert content is not None
    assert content.media_type == "text/markdown"


@pytest.mark.parametrize(
    "more",
    [
        {"sitemap": "sitemap.xml"},
        {"sitemap": "ftp://docs.example/sitemap.xml"},
        {"sitemap": "https://ana:x@docs.example/sitemap.xml"},
        {"sitemap": "https://[x/"},
        {"networks": ["10.0.0.1/8"]},
        {"networks": ["x"]},
        {"include": ["["]},
        {"ca_file": "/nothing"},
    ],
)
async def test_settings_that_are_none(opened: Opened, more: dict[str, object]) -> None:
    with pytest.raises(BadConfig):
        opened(**more)

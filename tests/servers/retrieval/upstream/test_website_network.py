"""Where a web site is connected to: TLS, the credential, and names that mean another address."""

from pathlib import Path

import anyio
import pytest
from starlette.responses import RedirectResponse

from bailiwick.errors import Rejected, Unavailable
from practice.pki import Authority
from tests.servers.retrieval.upstream.sites import Names, Opened, Site, entries, sitemap, why
from tests.servers.retrieval.upstream.trees import data, listed

pytestmark = pytest.mark.anyio


async def test_the_token_is_for_the_listed_hosts(
    site: Site, base: str, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("to:ken\n")
    site.pages |= {
        "/sitemap.xml": sitemap(f"{base}/a"),
        "/a": RedirectResponse("http://elsewhere.example/"),
    }
    made = opened(credential_file=file)
    entry = (await entries(made))["a"]
    with pytest.raises(Rejected):
        await made.read(entry, "")
    assert {headers["authorization"] for _, _, headers in site.asked} == {"Bearer to:ken"}
    assert {host for _, host, _ in site.asked} == {base.removeprefix("http://")}


async def test_over_tls_for_the_name(
    site: Site, base: str, secure: str, opened: Opened, authority: Authority, names: Names
) -> None:
    site.pages |= {
        "/sitemap.xml": sitemap(f"{secure}/a", f"{base}/b"),
        "/a": RedirectResponse(f"{base}/a"),
    }
    hosts = [base.removeprefix("http://")]
    made = opened(secure, ca_file=authority.ca_file, hosts=hosts)
    found, problems = await listed(made)
    assert len(found) == 1
    assert "plain HTTP" in why(problems)
    with pytest.raises(Rejected, match="plain HTTP"):
        await made.read(next(iter(found.values())), "")
    with pytest.raises(Unavailable, match="certificate"):
        await listed(opened(secure))
    stranger = secure.replace("docs.", "stranger.")
    with pytest.raises(Unavailable, match="certificate"):
        await listed(opened(stranger, ca_file=authority.ca_file))
    site.pages["/sitemap.xml"] = sitemap(f"{stranger}/a")
    assert list(await entries(opened(stranger, unsafe_skip_tls=True))) == ["a"]


async def test_a_name_with_a_private_address_is_refused(
    site: Site, base: str, opened: Opened, names: Names
) -> None:
    site.pages["/sitemap.xml"] = sitemap(f"{base}/a")
    with pytest.raises(Rejected, match="private"):
        await listed(opened(networks=[]))
    for address in ("10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.2"):
        names.known["docs.example"] = ["127.0.0.1", address]
        with pytest.raises(Rejected, match="private"):
            await listed(opened(networks=["127.0.0.1/32"]))
    names.known["docs.example"] = []
    with pytest.raises(Unavailable):
        await listed(opened())
    assert not site.asked


async def test_a_name_that_changes_its_address_while_it_is_read(
    site: Site, base: str, opened: Opened, names: Names
) -> None:
    site.pages |= {"/sitemap.xml": sitemap(f"{base}/a"), "/a": "a"}
    made = opened(networks=["127.0.0.1/32"])
    entry = (await entries(made))["a"]
    names.known["docs.example"] = ["127.0.0.2"]
    with pytest.raises(Rejected, match="private"):
        await made.read(entry, "")
    names.known["docs.example"] = ["127.0.0.1"]
    before = len(names.asked)
    assert await data(made, entry) == b"a"
    # Looked up once for the request; the system is not asked again when the connection is made.
    assert len(names.asked) == before + 1


async def test_the_next_address_is_tried(
    site: Site, base: str, opened: Opened, names: Names
) -> None:
    site.pages["/sitemap.xml"] = sitemap(f"{base}/a")
    names.known["docs.example"] = ["127.0.0.9", "127.0.0.1"]
    with anyio.fail_after(20):
        assert list(await entries(opened())) == ["a"]

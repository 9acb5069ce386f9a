"""TLS of our own: the certificate that is served, and the next one without a restart."""

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Router

from bailiwick.certificate import Certificate
from bailiwick.config import ListenSettings, Settings
from bailiwick.errors import BadConfig
from bailiwick.web import certificate_of, configured
from practice.pki import Authority, found
from tests.parts.served import BAILIWICK, served


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = found(tmp_path_factory.mktemp("tls") / "pki")
    for name in ("first", "second"):
        made.issue(name, name, "", ("localhost", "127.0.0.1"))
    return made


def mounted(folder: Path, authority: Authority, name: str) -> Certificate:
    place(folder, authority, name)
    return Certificate(folder / "tls.crt", folder / "tls.key")


def place(folder: Path, authority: Authority, name: str, key: str = "") -> None:
    (folder / "tls.crt").write_bytes((authority.folder / f"{name}.crt").read_bytes())
    (folder / "tls.key").write_bytes((authority.folder / f"{key or name}.key").read_bytes())


def shown(certificate: Certificate, authority: Authority, **more: Any) -> tuple[str, str]:
    """Shake hands in memory; return whom the server says it is, and the version spoken."""
    client = ssl.create_default_context(cafile=str(authority.folder / "ca.crt"))
    for name, value in more.items():
        setattr(client, name, value)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        certificate.context.wrap_bio(to_server, to_client, server_side=True),
    ]
    done = [False, False]
    while not all(done):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done[number] = True
            except ssl.SSLWantReadError:
                continue
    names: Any = (ends[0].getpeercert() or {})["subject"]
    return dict(part for rdn in names for part in rdn)["commonName"], ends[0].version() or ""


def test_the_newest_protocol_is_spoken(tmp_path: Path, authority: Authority) -> None:
    certificate = mounted(tmp_path, authority, "first")
    assert shown(certificate, authority) == ("first", "TLSv1.3")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_is_older_than_1_2_is_refused(tmp_path: Path, authority: Authority) -> None:
    certificate = mounted(tmp_path, authority, "first")
    two = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    assert shown(certificate, authority, **two) == ("first", "TLSv1.2")
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
    with pytest.raises(ssl.SSLError):
        shown(certificate, authority, **old)


def test_a_renewed_certificate_is_served_without_a_restart(
    tmp_path: Path, authority: Authority
) -> None:
    certificate = mounted(tmp_path, authority, "first")
    place(tmp_path, authority, "second")
    assert shown(certificate, authority)[0] == "first"
    certificate.renew()
    assert shown(certificate, authority)[0] == "second"


@pytest.mark.parametrize("broken", ["a key of another", "no key", "nonsense"])
def test_what_does_not_fit_leaves_the_old_one_and_is_said(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    certificate = mounted(tmp_path, authority, "first")
    place(tmp_path, authority, "second", "first")
    if broken == "no key":
        (tmp_path / "tls.key").unlink()
    elif broken == "nonsense":
        (tmp_path / "tls.crt").write_text("nonsense")
    certificate.renew()
    assert "cannot be used" in caplog.text
    assert shown(certificate, authority)[0] == "first"
    place(tmp_path, authority, "second")
    certificate.renew()
    assert shown(certificate, authority)[0] == "second"


def test_a_server_does_not_start_without_the_pair(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(BadConfig, match="cannot serve TLS with"):
        certificate_of(ListenSettings(certificate=tmp_path / "no.crt", key=tmp_path / "no.key"))
    place(tmp_path, authority, "second", "first")
    with pytest.raises(BadConfig, match="cannot serve TLS with"):
        Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    with pytest.raises(ValueError, match="belong together"):
        Settings.model_validate({"listen": {"certificate": "/x"}})


def test_without_one_plain_http_is_served() -> None:
    assert certificate_of(ListenSettings()) is None
    assert not configured(Router(), ListenSettings()).is_ssl


def test_probes_and_clients_are_answered_over_tls(tmp_path: Path, authority: Authority) -> None:
    place(tmp_path, authority, "first")
    told = {
        "BAILIWICK_LISTEN__CERTIFICATE": str(tmp_path / "tls.crt"),
        "BAILIWICK_LISTEN__KEY": str(tmp_path / "tls.key"),
    }
    context = ssl.create_default_context(cafile=str(authority.folder / "ca.crt"))
    with served(tmp_path, (*BAILIWICK, "serve", "retrieval", "--http"), told) as up:
        assert up.url.startswith("https://127.0.0.1:")
        base = up.url.removesuffix("/retrieval/mcp")
        with httpx.Client(verify=context, base_url=base) as client:
            assert client.get("/livez").text == "ok\n"
            assert client.get("/readyz").json() == {"ready": True}
            assert client.post("/retrieval/mcp", json={}).status_code == 400

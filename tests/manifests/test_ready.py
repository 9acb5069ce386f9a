"""What `helm test` runs, run: against servers that are as they should be, and against others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from practice.pki import Authority, found
from scripts.manifests import CHART
from tests.parts.chart import golden, kinds
from tests.parts.served import BAILIWICK, served

pytestmark = pytest.mark.slow

ISSUER = '[{name = "corp", url = "https://sso.example.com/realms/corp"}]'
GOOD = "retrieval: ready, and wants a token\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = found(tmp_path_factory.mktemp("tls") / "pki")
    made.issue("server", "server", "", ("127.0.0.1",))
    return made


def asked(url: str, at: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run the test pod's program: is what answers at `at` the server of `url`?"""
    return subprocess.run(
        [sys.executable, "-c", (CHART / "files/ready.py").read_text(), url, f"retrieval={at}"],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_servers_are_asked_whether_they_are_as_they_should_be(
    tmp_path: Path, authority: Authority
) -> None:
    told = {
        "BAILIWICK_IDENTITY__ISSUERS": ISSUER,
        "BAILIWICK_LISTEN__CERTIFICATE": str(authority.folder / "server.crt"),
        "BAILIWICK_LISTEN__KEY": str(authority.folder / "server.key"),
    }
    trust = {"SSL_CERT_FILE": str(authority.ca_file)}
    with served(tmp_path, (*BAILIWICK, "serve", "retrieval", "--http"), told) as up:
        base = up.url.removesuffix("/retrieval/mcp")
        fine = asked(base, base, **trust)
        assert (fine.returncode, fine.stdout) == (0, GOOD), fine.stderr
        other = asked("https://bailiwick.example.com", base, **trust)
        assert other.returncode == 1
        assert f"retrieval: calls itself {base}/retrieval/mcp" in other.stdout
        untrusted = asked(base, base)
        assert untrusted.returncode == 1
        assert "certificate verify failed" in untrusted.stdout
    gone = asked(base, base, **trust)
    assert gone.returncode == 1
    assert f"retrieval: does not answer at {base}: " in gone.stdout


def test_a_server_that_knows_nobody_is_found_out(tmp_path: Path) -> None:
    with served(tmp_path, (*BAILIWICK, "serve", "retrieval", "--http")) as up:
        base = up.url.removesuffix("/retrieval/mcp")
        assert asked(base, base).returncode == 1


def test_the_pod_runs_it_with_what_it_needs() -> None:
    (pod,) = kinds(golden("openshift"), "Pod")
    (container,) = pod["spec"]["containers"]
    program, url, *servers = container["args"]
    assert container["command"] == ["/opt/bailiwick/bin/python", "-c"]
    assert program.strip() == (CHART / "files/ready.py").read_text().strip()
    assert url == "https://bailiwick.apps.example.com"
    assert servers == [
        f"{name}=https://bailiwick-{name}.tools.svc:8765" for name in ("cluster", "observability")
    ]
    environ = {each["name"]: each["value"] for each in container["env"]}
    assert environ["SSL_CERT_FILE"] == "/etc/bailiwick/authority/service-ca.crt"
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"

"""What the cells of the matrix stand on: two servers, an issuer of tokens, and Node's packages."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.matrix.client_node import Workshop
from tests.matrix.stage import NAME
from tests.parts.node import node
from tests.parts.served import Served, served
from tests.parts.tokens import Issuer

HERE = Path(__file__).resolve().parent
ENTRY = ("-m", "tests.matrix.entry")


@dataclass(frozen=True, slots=True)
class Sites:
    """The stage over HTTP, twice: for callers with tokens, and for the user of this machine."""

    issuer: Issuer
    known: Served
    local: Served

    def token(self) -> str:
        """Sign somebody in who may read, and change what another agrees to."""
        return self.issuer.token(sub="ana", aud=f"bailiwick-{NAME}", groups=["sre"])


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Lay our scripts beside the packages: a module is looked for from where a script lies."""
    at = tmp_path_factory.mktemp("workshop")
    (at / "node_modules").symlink_to(node().packages(HERE))
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, at)
    return Workshop(node(), at)


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Publish keys on loopback, as an authorisation server does."""
    made = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = made.publish(httpx.Request("GET", f"{made.url}{self.path}"))
            self.send_response(answer.status_code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as publisher:
        made.url = f"http://127.0.0.1:{publisher.server_port}"
        thread = Thread(target=publisher.serve_forever, daemon=True)
        thread.start()
        yield made
        publisher.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def sites(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """Serve the stage for both kinds of callers."""
    known = f'[{{name = "{issuer.name}", url = "{issuer.url}", unsafe_http = true}}]'
    limits = {"BAILIWICK_LIMITS__CHANGE": "600/minute"}
    with (
        served(
            tmp_path_factory.mktemp("known"),
            [*ENTRY, "http"],
            {"BAILIWICK_IDENTITY__ISSUERS": known, **limits},
        ) as first,
        served(tmp_path_factory.mktemp("local"), [*ENTRY, "http"], limits) as second,
    ):
        yield Sites(issuer, first, second)

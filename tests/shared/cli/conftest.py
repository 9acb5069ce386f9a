"""A state folder, an issuer with its keys on loopback, and requests that wait for a person."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import anyio
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from bailiwick.approval.request import Request, Wanted
from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.audit import Entry, open_writer
from bailiwick.audit.reader import Record, read
from bailiwick.cli.main import main
from bailiwick.policy.question import Approval, Principal, Question

ISSUER = "http://127.0.0.1:1/corp"
ANA = Principal("corp", "ana", "agent", frozenset({"developers"}))
PATH = (("Cluster", "eu"), ("Namespace", "shop"))
KEY = ec.generate_private_key(ec.SECP256R1())
EFFECT = "scale Deployment shop/web in cluster eu from 2 to 3 replicas"

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        public: dict[str, Any] = ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        body = orjson.dumps({"keys": [public | {"kid": "k1", "use": "sig", "alg": "ES256"}]})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        return


@pytest.fixture(scope="session")
def keys() -> Iterator[str]:
    """Serve the issuer's public key."""
    with HTTPServer(("127.0.0.1", 0), _Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks"
        server.shutdown()


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("BAILIWICK_TOKEN", "BAILIWICK_CONFIG", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("BAILIWICK_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("sys.argv", ["bailiwick"])
    return tmp_path / "state"


@pytest.fixture
def issuer(state: Path, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Know one issuer."""
    config = state.parent / "config.toml"
    config.write_text(
        f'[[identity.issuers]]\nname = "corp"\nurl = "{ISSUER}"\njwks = "{keys}"\n'
        "unsafe_http = true\n"
    )
    monkeypatch.setenv("BAILIWICK_CONFIG", str(config))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line: its exit code, what it printed, and what it told the person."""

    def run(*words: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def token(tmp_path: Path) -> Callable[..., str]:
    """Write a token to a file; return its path."""

    def token(subject: str = "bo", **claims: Any) -> str:
        now = int(time.time())
        said = {
            "iss": ISSUER,
            "sub": subject,
            "aud": "bailiwick-approvals",
            "iat": now,
            "exp": now + 300,
            "groups": ["on-call"],
            "client_id": "console",
        }
        text = jwt.encode(said | claims, KEY, "ES256", headers={"kid": "k1", "typ": "at+jwt"})
        file = tmp_path / f"token-{subject}"
        file.write_text(text + "\n")
        return str(file)

    return token


def wait_for(
    state: Path,
    *,
    who: Principal = ANA,
    needs: Approval = Approval.SECOND_PERSON,
    effect: str = EFFECT,
    ago: timedelta = timedelta(0),
    workload: str = "web",
) -> Request:
    """Put a request into the store, as a server does."""
    arguments = {"workload": workload, "replicas": 3, "kind": "Deployment", "dry_run": False}
    asked = Question(who, "scale_workload", PATH, arguments)
    shown = orjson.dumps(arguments).decode()
    wanted = Wanted("cluster", asked, needs, "d" * 64, workload, effect, shown, ("*",))

    async def put() -> Request:
        store = SqliteApprovals(state / "approvals.db")
        try:
            return await store.open(wanted, datetime.now(UTC) - ago)
        finally:
            await store.close()

    return anyio.run(put)


def journalled(state: Path, *events: str) -> list[Record]:
    """Return the records of these events."""
    return [record for record in read(state / "journal") if record.text("event") in events]


def write(state: Path, *entries: Entry) -> None:
    """Write records as a server does."""

    async def put() -> None:
        async with open_writer(state / "journal", "cluster") as journal:
            for entry in entries:
                await journal.write(entry, durable=True)

    anyio.run(put)

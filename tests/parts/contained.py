"""A server of ours in a container, on a free port of loopback, told by mounted files alone."""

import secrets
import subprocess
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from practice import ports
from practice.containers.engine import Engine
from practice.containers.images import Images
from practice.containers.running import words
from practice.facts import Ground
from practice.steps import Steps
from tests.parts.agents import Agent, over_http
from tests.parts.ground import token

CONFIG = """
[listen]
port = {port}
url = "http://127.0.0.1:{port}"
{listen}
[policy]
path = "/etc/bailiwick/policy"

[[identity.issuers]]
name = "practice"
url = "{issuer}"
ca_file = "/etc/bailiwick/secrets/practice/ca.crt"
"""
PYTHON = "/opt/bailiwick/bin/python"


@dataclass(frozen=True)
class Contained:
    """A container, how to reach it, and the folder that is its volume."""

    engine: Engine
    name: str
    url: str
    state: Path
    ground: Ground
    user: int

    def exec(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a program beside the server; what it says of itself is for the test to judge."""
        return self.engine.podman("exec", self.name, *command, check=False)

    def python(self, text: str) -> str:
        """Run some Python beside the server; return what it printed, or how it failed."""
        done = self.exec(PYTHON, "-c", text)
        return done.stdout + done.stderr

    def ended(self) -> int:
        """Wait for the end, and return the exit code."""
        return int(self.engine.podman("wait", self.name).stdout)

    def ready(self) -> None:
        """Wait until it takes calls."""

        def takes() -> bool:
            try:
                return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
            except httpx.TransportError:
                runs = self.engine.podman("inspect", "--format={{.State.Running}}", self.name)
                logs = self.engine.podman("logs", self.name)
                assert runs.stdout.strip() == "true", logs.stdout + logs.stderr
                return False

        Steps(quiet=True).until(takes, f"call that {self.name} takes", 60)

    @asynccontextmanager
    async def as_(self, user: str, server: str) -> AsyncGenerator[Agent]:
        """Connect as somebody, with a token of this moment."""
        async with over_http(f"{self.url}/{server}/mcp", token(self.ground, user)) as made:
            yield made


@contextmanager
def contained(
    folder: Path,
    images: Images,
    server: str,
    ground: Ground,
    *,
    told: str = "",
    listen: str = "",
    secret: Mapping[str, Path] | None = None,
    policy: Path,
    mounts: Mapping[str, Path | str] | None = None,
    memory: str = "512m",
) -> Generator[Contained]:
    """Run an image until the block ends, as a user that nobody has heard of.

    `told` is added to the configuration; `secret` names files to mount beside the issuer's.
    """
    port = ports.free(1)[0]
    etc = folder / "etc"
    for part in ("etc/policy", "etc/secrets/practice", "state"):
        (folder / part).mkdir(parents=True)
    said = CONFIG.format(port=port, issuer=ground.keycloak.issuer, listen=listen)
    (etc / "config.toml").write_text(said + told)
    (etc / "policy" / policy.name).write_text(policy.read_text())
    for name, source in {"ca.crt": ground.keycloak.ca_file, **(secret or {})}.items():
        file = etc / "secrets/practice" / name
        file.write_bytes(source.read_bytes())
        file.chmod(0o640)  # as a mounted secret: for the group, which is 0
    (folder / "state").chmod(0o770)
    user = 1_000_000_000 + secrets.randbelow(1_000_000)
    name = f"bailiwick-{server}-{port}"
    made = Contained(
        images.engine, name, f"http://127.0.0.1:{port}", folder / "state", ground, user
    )
    places: dict[str, Path | str] = {
        "/etc/bailiwick": etc,
        "/var/lib/bailiwick:rw": folder / "state",
        **(mounts or {}),
    }
    command = words(
        *(images.engine, images.names[server]),
        name=name,
        user=user,
        mounts=places,
        memory=memory,
        more=["--detach"],
    )
    images.engine.run(command)
    try:
        made.ready()
        yield made
    finally:
        images.engine.podman("rm", "--force", "--time=0", "--volumes", name, check=False)

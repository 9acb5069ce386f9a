"""Several replicas of Bailiwick behind a proxy, over one PostgreSQL and one Redis.

Each has a state folder of its own, as each pod has a volume; what they share is in the two stores.
The Alertmanager is the fleet's own too, so that whoever counts what was done in it counts alone.
"""

import os
import secrets
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from practice import answers, cache, postgres, programs, redis, servers
from practice.facts import Ground
from practice.ports import LOOPBACK
from practice.postgres import Postgres
from practice.programs import Program
from practice.redis import Redis
from practice.steps import Steps

SERVED = ("cluster", "observability")
_ALERTS = """
route: {receiver: nobody}
receivers: [{name: nobody}]
"""
_PROXY = """
global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 5m
  timeout server 5m
  timeout check 3s
  retries 2
  retry-on conn-failure
frontend clients
  bind {host}:{port}
  default_backend replicas
backend replicas
  balance roundrobin
  option redispatch 1
  option httpchk GET /readyz
  http-check expect status 200
{replicas}
"""
_CONFIG = """
state = "{state}"

[listen]
port = {port}
url = "{url}"
proxies = ["{host}"]

[policy]
path = "{policy}"

[limits]
read = "1000000/minute"
change = "1000000/minute"
in_flight = 500

[shared]
database_file = "{at}/database"
rates_file = "{at}/rates"
key_file = "{at}/shared.key"

[[identity.issuers]]
name = "practice"
url = "{issuer}"
ca_file = "{ca_file}"

[servers.cluster.clusters.practice]
kubeconfig = "{kubeconfig}"
"""


@dataclass(slots=True)
class Replica:
    """One process of Bailiwick; `program` changes when it is started again."""

    name: str
    port: int
    config: Path
    state: Path
    program: Program | None = None

    @property
    def journal(self) -> Path:
        """Where it writes down what it does."""
        return self.state / "journal"

    def resident(self) -> int:
        """Give the bytes of memory it holds, 0 where it does not run."""
        if self.program is None or not programs.running(self.program):
            return 0
        status = Path(f"/proc/{self.program.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


@dataclass(slots=True)
class Fleet:
    """All of it. `url` is the proxy's, which is all that clients know."""

    at: Path
    url: str
    alertmanager: str
    database: Postgres
    rates: Redis
    replicas: list[Replica] = field(default_factory=list[Replica])

    def start(self, replica: Replica, steps: Steps) -> None:
        """Start a replica, the first time or again, and wait until it takes calls."""
        words = [sys.executable, "-m", "bailiwick", "serve", *SERVED, "--http", "--config"]
        replica.program = programs.start(self.at, replica.name, [*words, replica.config])
        url = f"http://{LOOPBACK}:{replica.port}/readyz"
        with httpx.Client(trust_env=False) as link:
            answers.answering(self.at, replica.program, link, url, replica.name, steps, 60)
        steps.say(f"fleet: {replica.name} takes calls")

    def kill(self, replica: Replica) -> None:
        """End a replica as a machine that fails does: nothing is told, nothing is written."""
        if replica.program is not None:
            os.kill(replica.program.pid, signal.SIGKILL)
            programs.end(self.at, [replica.program])

    def end(self) -> None:
        """End everything."""
        programs.end_all(self.at)


def start(at: Path, ground: Ground, count: int, steps: Steps) -> Fleet:
    """Start a fleet in an empty folder; whatever fails ends all of it."""
    with ExitStack() as undo:
        undo.callback(programs.end_all, at)
        fleet = _started(at, ground, count, steps)
        undo.pop_all()
    return fleet


def _started(at: Path, ground: Ground, count: int, steps: Steps) -> Fleet:
    database, rates = postgres.start(at, steps), redis.start(at, steps)
    _mounted(at / "database", database.url)
    _mounted(at / "rates", rates.url)
    (at / "shared.key").write_bytes(secrets.token_bytes(32))
    (at / "shared.key").chmod(0o600)
    servers.policy(at / "policy")

    def attempt(ports: list[int]) -> Fleet:
        alerts = _alertmanager(at, ports[0], steps)
        fleet = Fleet(at, f"http://{LOOPBACK}:{ports[1]}", alerts, database, rates)
        for port in ports[2:]:
            fleet.replicas.append(_replica(fleet, ground, port))
        _proxied(fleet, ports[1])
        for replica in fleet.replicas:
            fleet.start(replica, steps)
        _reached(fleet, steps)
        return fleet

    names = ("alertmanager", "proxy", *(f"replica-{n}" for n in range(count)))
    return programs.persist(at, names, 2 + count, attempt)


def _mounted(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)


def _replica(fleet: Fleet, ground: Ground, port: int) -> Replica:
    name = f"replica-{len(fleet.replicas)}"
    state, config = fleet.at / name, fleet.at / f"{name}.toml"
    told = _CONFIG.format(
        state=state,
        port=port,
        url=fleet.url,
        host=LOOPBACK,
        policy=fleet.at / "policy",
        at=fleet.at,
        issuer=ground.keycloak.issuer,
        ca_file=ground.keycloak.ca_file,
        kubeconfig=ground.kubernetes.kubeconfig,
    )
    seen = replace(ground.metrics, alertmanager=fleet.alertmanager)
    config.write_text(told + servers.sources(fleet.at, {"metrics": seen}))
    return Replica(name, port, config, state)


def _alertmanager(at: Path, port: int, steps: Steps) -> str:
    """Start an Alertmanager that tells nobody; it gossips with nobody either."""
    config, store, url = at / "alerts.yml", at / "alerts", f"http://{LOOPBACK}:{port}"
    config.write_text(_ALERTS)
    shutil.rmtree(store, ignore_errors=True)
    words: Sequence[str | Path] = (
        cache.tool("prometheus-alertmanager", "the Debian package prometheus-alertmanager"),
        *(f"--config.file={config}", f"--storage.path={store}"),
        *(f"--web.listen-address={LOOPBACK}:{port}", "--cluster.listen-address="),
    )
    program = programs.start(at, "alertmanager", words)
    with httpx.Client(trust_env=False) as link:
        answers.answering(at, program, link, f"{url}/-/ready", "Alertmanager", steps)
    return url


def _proxied(fleet: Fleet, port: int) -> None:
    """Start the proxy: a request goes to a replica that is ready, and is sent once."""
    lines = (
        f"  server {each.name} {LOOPBACK}:{each.port} check inter 500ms fall 2 rise 1"
        for each in fleet.replicas
    )
    config = fleet.at / "proxy.cfg"
    config.write_text(_PROXY.format(host=LOOPBACK, port=port, replicas="\n".join(lines)))
    tool = cache.tool("haproxy", "the Debian package haproxy")
    programs.start(fleet.at, "proxy", [tool, "-db", "-f", config])


def _reached(fleet: Fleet, steps: Steps) -> None:
    proxy = next(each for each in programs.recorded(fleet.at) if each.name == "proxy")
    with httpx.Client(trust_env=False) as link:
        url = f"{fleet.url}/readyz"
        answers.answering(fleet.at, proxy, link, url, "the proxy", steps)

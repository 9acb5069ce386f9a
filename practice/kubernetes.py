"""A real Kubernetes API with simulated nodes: etcd, API, controllers, scheduler, kwok, metrics."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx

from practice import api, binary, estate, flags, kubeconfig, programs, simulation, trust
from practice.facts import Keycloak, Kubernetes
from practice.pki import Authority, signing_key
from practice.ports import LOOPBACK
from practice.programs import Program
from practice.steps import Steps

FOLDER = "kubernetes"
TRUST = "authentication.yaml"
SERVICES = ("localhost", "kubernetes.default.svc", "metrics-server.kube-system.svc")
# Who signs in with which name and group; all may serve on loopback as well.
CERTIFICATES = {
    "etcd": ("etcd", ""),
    "apiserver": ("kube-apiserver", ""),
    "kubelet": ("system:node:kwok", "system:nodes"),
    "kubelet-client": ("kube-apiserver-kubelet-client", "system:masters"),
    "front-proxy": ("front-proxy", ""),
    "controllers": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kwok": ("system:kwok", "system:masters"),
    "metrics": ("system:metrics-server", "system:masters"),
    "practice": ("system:practice", "system:masters"),
    "admin": ("admin", "system:masters"),
}


def start(
    at: Path, authority: Authority, steps: Steps, provider: Keycloak | None = None
) -> Kubernetes:
    """Start the control plane, trusting a provider, and fill it with the estate."""
    made = binary.binary(steps)
    steps.say("kubernetes: binary at hand")
    for name, (common, group) in CERTIFICATES.items():
        authority.issue(name, common, group, (LOOPBACK, "10.96.0.1", *SERVICES))
    signing_key(authority.folder / "service-accounts.key")

    def attempt(ports: list[int]) -> Kubernetes:
        _clear(at, provider)
        plan = flags.plan(at / FOLDER, authority.folder, made, ports)
        return _started(plan, authority, steps)

    return programs.persist(at, tuple(flags.COMMANDS), flags.PORTS, attempt)


def trusting(at: Path, keycloak: Keycloak) -> None:
    """Let the API take Keycloak's tokens from now on."""
    trust.extend(at / FOLDER / TRUST, keycloak)


def _clear(at: Path, provider: Keycloak | None) -> None:
    """Make the folder anew: a first attempt may have left half a store in it."""
    folder = at / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / TRUST).write_text(trust.configuration(provider))


def _started(to: flags.Plan, authority: Authority, steps: Steps) -> Kubernetes:
    _configure(to, authority)
    running = _launched(to, "etcd", "apiserver")

    def watch() -> None:
        programs.watch(to.at.parent, running)

    with api.client(to.server, to.pki, "practice") as link:
        steps.until(lambda: _ready(watch, link), "Kubernetes API", 60)
        steps.say("kubernetes: api ready")
        running += _launched(to, "controllers", "scheduler")
        applier = api.Applier(link, watch)
        applier.apply(simulation.kinds(to))
        applier.apply(simulation.stages(to, authority))
        running += _launched(to, "kwok", "metrics")
        applier.apply(simulation.nodes())
        steps.say("kubernetes: nodes registered")
        estate.build(link, applier, watch, steps)
        token = estate.bailiwick_token(link)
    mine = to.at.parent / "bailiwick.kubeconfig"
    kubeconfig.by_token(mine, to.server, authority, "bailiwick", token)
    return _facts(to, mine)


def _facts(to: flags.Plan, mine: Path) -> Kubernetes:
    admin = to.at.parent / "admin.kubeconfig"
    return Kubernetes(
        server=to.server,
        ca_file=to.pki / "ca.crt",
        admin_kubeconfig=admin,
        kubeconfig=mine,
        context=kubeconfig.NAME,
        audit_log=to.at / "audit.log",
        kubectl=(str(to.binary), "kubectl", f"--kubeconfig={admin}"),
    )


def _configure(to: flags.Plan, authority: Authority) -> None:
    for name in ("controllers", "scheduler", "kwok", "metrics"):
        kubeconfig.by_certificate(to.kubeconfig(name), to.server, authority, name)
    kubeconfig.by_certificate(to.at.parent / "admin.kubeconfig", to.server, authority, "admin")
    shutil.copy(simulation.SOURCE / "audit-policy.yaml", to.at)
    simulation.configure(to)


def _launched(to: flags.Plan, *names: str) -> list[Program]:
    return [programs.start(to.at.parent, name, flags.COMMANDS[name](to)) for name in names]


def _ready(watch: Callable[[], None], link: httpx.Client) -> bool:
    watch()
    try:
        return link.get("/readyz").text == "ok"
    except httpx.TransportError:
        return False

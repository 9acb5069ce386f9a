"""The command lines of the control plane's programs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from practice.ports import LOOPBACK

NODES = 5
PROGRAMS = ("etcd", "apiserver", "controllers", "scheduler", "kwok", "metrics")
PORTS = len(PROGRAMS) + 1  # etcd has two


@dataclass(frozen=True)
class Plan:
    """Where one control plane stands: its folder, its keys, its binary, its ports."""

    at: Path
    pki: Path
    binary: Path
    ports: dict[str, int]

    @property
    def server(self) -> str:
        """Give the API's URL."""
        return f"https://{LOOPBACK}:{self.ports['apiserver']}"

    def kubeconfig(self, name: str) -> Path:
        """Name the kubeconfig of one of the programs."""
        return self.at / f"{name}.kubeconfig"

    def pair(self, name: str) -> tuple[str, str]:
        """Name a certificate and its key."""
        return f"{self.pki}/{name}.crt", f"{self.pki}/{name}.key"

    def etcd(self, port: str) -> str:
        """Give one of etcd's two URLs."""
        return f"https://{LOOPBACK}:{self.ports[port]}"


def plan(at: Path, pki: Path, binary: Path, ports: list[int]) -> Plan:
    """Give each program its port."""
    return Plan(at, pki, binary, dict(zip((*PROGRAMS, "etcd-peer"), ports, strict=True)))


def etcd(to: Plan) -> list[str]:
    """Keep everything, but do not wait for the disk: a ground is not worth its waits."""
    certificate, key = to.pair("etcd")
    words = [str(to.binary), "etcd", f"--data-dir={to.at}/etcd", "--unsafe-no-fsync"]
    words += ["--log-level=warn", f"--quota-backend-bytes={4 << 30}"]
    for kind, port in (("client", "etcd"), ("peer", "etcd-peer")):
        words.append(f"--listen-{kind}-urls={to.etcd(port)}")
    words.append(f"--advertise-client-urls={to.etcd('etcd')}")
    words.append(f"--initial-advertise-peer-urls={to.etcd('etcd-peer')}")
    words.append(f"--initial-cluster=default={to.etcd('etcd-peer')}")
    for prefix in ("", "peer-"):
        words += [f"--{prefix}cert-file={certificate}", f"--{prefix}key-file={key}"]
        words += [f"--{prefix}client-cert-auth", f"--{prefix}trusted-ca-file={to.pki}/ca.crt"]
    return words


def apiserver(to: Plan) -> list[str]:
    """Run with RBAC, audit and structured authentication, which is read again when it changes."""
    return [
        *(str(to.binary), "apiserver", f"--bind-address={LOOPBACK}"),
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={to.ports['apiserver']}",
        *_serving(to, "apiserver"),
        f"--client-ca-file={to.pki}/ca.crt",
        f"--authentication-config={to.at}/authentication.yaml",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={to.at}/audit-policy.yaml",
        f"--audit-log-path={to.at}/audit.log",
        *_storage(to),
        *_service_accounts(to),
        *_kubelets(to),
        *_aggregation(to),
    ]


def _storage(to: Plan) -> list[str]:
    certificate, key = to.pair("etcd")
    return [
        f"--etcd-servers={to.etcd('etcd')}",
        f"--etcd-cafile={to.pki}/ca.crt",
        f"--etcd-certfile={certificate}",
        f"--etcd-keyfile={key}",
    ]


def _service_accounts(to: Plan) -> list[str]:
    return [
        "--service-account-issuer=https://kubernetes.default.svc",
        "--api-audiences=https://kubernetes.default.svc",
        f"--service-account-key-file={to.pki}/service-accounts.key",
        f"--service-account-signing-key-file={to.pki}/service-accounts.key",
    ]


def _kubelets(to: Plan) -> list[str]:
    certificate, key = to.pair("kubelet-client")
    return [
        f"--kubelet-client-certificate={certificate}",
        f"--kubelet-client-key={key}",
        f"--kubelet-certificate-authority={to.pki}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def _aggregation(to: Plan) -> list[str]:
    certificate, key = to.pair("front-proxy")
    return [
        f"--requestheader-client-ca-file={to.pki}/ca.crt",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={certificate}",
        f"--proxy-client-key-file={key}",
    ]


def _serving(to: Plan, name: str) -> list[str]:
    certificate, key = to.pair(name)
    return [f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}"]


def _controller(to: Plan, name: str) -> list[str]:
    """Say what controllers and scheduler have in common; the rates let a fill go fast."""
    return [
        *(str(to.binary), name, f"--kubeconfig={to.kubeconfig(name)}"),
        *(f"--bind-address={LOOPBACK}", f"--secure-port={to.ports[name]}", "--leader-elect=false"),
        *("--kube-api-qps=200", "--kube-api-burst=400", *_serving(to, name)),
    ]


def controllers(to: Plan) -> list[str]:
    """Run the controllers, each with an account of its own."""
    return [
        *_controller(to, "controllers"),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={to.pki}/service-accounts.key",
        f"--root-ca-file={to.pki}/ca.crt",
        f"--cluster-signing-cert-file={to.pki}/ca.crt",
        f"--cluster-signing-key-file={to.pki}/ca.key",
    ]


def scheduler(to: Plan) -> list[str]:
    """Run the scheduler."""
    return _controller(to, "scheduler")


def kwok(to: Plan) -> list[str]:
    """Run the kubelet of every simulated node."""
    where = [f"--kubeconfig={to.kubeconfig('kwok')}", f"--config={to.at}/kwok.yaml"]
    return [str(to.binary), "kwok", *where]


def metrics(to: Plan) -> list[str]:
    """Run metrics-server, which scrapes kwok."""
    certificate, key = to.pair("kubelet-client")
    mine = to.kubeconfig("metrics")
    return [
        *(str(to.binary), "metrics", f"--kubeconfig={mine}", f"--bind-address={LOOPBACK}"),
        *(f"--authentication-kubeconfig={mine}", f"--authorization-kubeconfig={mine}"),
        *(f"--secure-port={to.ports['metrics']}", *_serving(to, "metrics")),
        f"--kubelet-certificate-authority={to.pki}/ca.crt",
        f"--kubelet-client-certificate={certificate}",
        f"--kubelet-client-key={key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-use-node-status-port",
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    ]


COMMANDS: dict[str, Callable[[Plan], list[str]]] = {
    "etcd": etcd,
    "apiserver": apiserver,
    "controllers": controllers,
    "scheduler": scheduler,
    "kwok": kwok,
    "metrics": metrics,
}

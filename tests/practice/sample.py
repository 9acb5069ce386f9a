"""A ground that runs nowhere."""

from pathlib import Path

from practice.facts import Ground, Keycloak, Kubernetes, Metrics, Part, Servers

HERE = Path("/ground")
KUBERNETES = Kubernetes(
    server="https://127.0.0.1:1",
    ca_file=HERE / "ca.crt",
    admin_kubeconfig=HERE / "admin.kubeconfig",
    kubeconfig=HERE / "bailiwick.kubeconfig",
    context="practice",
    audit_log=HERE / "audit.log",
    kubectl=("controlplane", "kubectl"),
)
KEYCLOAK = Keycloak(
    issuer="https://127.0.0.1:2/realms/practice",
    ca_file=HERE / "ca.crt",
    jwks="https://127.0.0.1:2/certs",
    token_endpoint="https://127.0.0.1:2/token",
    clients={"cluster": "agent"},
    users={"ana": ["sre"]},
    password="practice",
)


METRICS = Metrics(
    now="2026-01-01T00:00:00+00:00",
    prometheus="http://127.0.0.1:4",
    prometheus_old="http://127.0.0.1:5",
    victoria="http://127.0.0.1:6",
    alertmanager="http://127.0.0.1:7",
    pushgateway="http://127.0.0.1:8",
    exporter="http://127.0.0.1:9",
)
SERVERS = Servers(
    url="http://127.0.0.1:3",
    urls={"cluster": {"mcp": "http://127.0.0.1:3/cluster/mcp"}},
    config=HERE / "bailiwick.toml",
    state=HERE / "bailiwick",
)


def whole(at: Path) -> Ground:
    parts: dict[str, Part] = {
        "kubernetes": KUBERNETES,
        "keycloak": KEYCLOAK,
        "metrics": METRICS,
        "servers": SERVERS,
    }
    return Ground(at, "a command", {"etcd": 5}, parts, METRICS.now)

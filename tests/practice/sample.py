"""A ground that runs nowhere."""

from pathlib import Path

from practice.facts import Ground, Keycloak, Kubernetes, Part, Servers

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
        "servers": SERVERS,
    }
    return Ground(at, "a command", {"etcd": 5}, parts)

"""What the cluster server reads for itself: `[servers.cluster]` of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bailiwick.config import wrong_fields
from bailiwick.errors import BadConfig

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
Source = Annotated[
    str,
    Field(pattern=r"^((oci|https)://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9_.-]+)*|(/[^/]+)+)/?$"),
]
Variable = Annotated[
    str,
    Field(pattern=r"^((https?|no|all)_proxy|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_(FILE|DIR))$"),
]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClusterSettings(_Settings):
    """One Kubernetes API."""

    kubeconfig: Path | None = None
    """Default: `$KUBECONFIG`, `~/.kube/config`, or the pod's own service account."""
    context: str | None = None
    """The context in it. Default: its current one."""
    act_as: Literal["caller", "kubeconfig", "token", "service_account"] = "caller"
    """As whom the API is called: `caller` impersonates user and groups, `token` passes the
    caller's own token on, `kubeconfig` and `service_account` act as themselves for everybody."""
    user_prefix: str = "oidc:"
    """Before the subject in `Impersonate-User`: the API's own OIDC prefix, so that RBAC agrees."""
    groups_prefix: str = "oidc:"
    """Before each group in `Impersonate-Group`."""
    groups: tuple[str, ...] | None = None
    """Groups that may be impersonated; others are left out. Default: all, as RBAC allows."""
    seconds: float = Field(default=15, gt=0, le=120)
    """Longest wait for one request to the API."""


class HelmSettings(_Settings):
    """The `helm` command, version 4. Reading releases needs none."""

    command: tuple[str, ...] = Field(default=("helm",), min_length=1)
    """How it is run: a program, found on PATH or by its absolute path, and words before its own."""
    charts: tuple[Source, ...] = ()
    """Where charts may come from: `oci://registry/path`, `https://host/path` or an absolute folder,
    each with all that is below it. Without any nothing is installed or upgraded."""
    beyond: bool = False
    """Whether a release may have objects outside its namespace: in others, or of the cluster
    itself, such as cluster roles and custom resource definitions. Default: none, since a policy
    judges a call by the namespace that it names. RBAC decides beside it."""
    registry_config: Path | None = None
    """Logins of OCI registries, as `helm registry login` writes them. Default: none."""
    ca_file: Path | None = None
    """PEM of whoever signs for chart sources. Default: whom the system trusts."""
    environment: tuple[Variable, ...] = ()
    """Variables of this server that helm gets too: `HTTPS_PROXY`, `NO_PROXY`. Default: none."""
    driver: Literal["secret", "configmap"] = "secret"
    """Where helm keeps releases: its own HELM_DRIVER."""
    seconds: float = Field(default=15, gt=0, le=30)
    """Longest wait for a chart to be fetched, and for it to be rendered."""


class Settings(_Settings):
    """All clusters, by the name that callers use."""

    clusters: Mapping[str, ClusterSettings] = Field(default_factory=dict[str, ClusterSettings])
    """Without any: every context of the kubeconfig at hand, acting as its user."""
    helm: HelmSettings = HelmSettings()
    """How releases are changed."""
    plan_minutes: int = Field(default=30, ge=1, le=1_440)
    """Minutes for which a previewed change can be applied: the cluster moves on."""
    undo_hours: int = Field(default=24, ge=1, le=720)
    """Hours for which an applied change can be taken back."""


def read(raw: Mapping[str, Any]) -> Settings:
    """Check the table, or raise BadConfig."""
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise BadConfig(f"[servers.cluster] {wrong_fields(error)}") from error

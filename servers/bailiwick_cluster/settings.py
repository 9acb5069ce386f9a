"""What the cluster server reads for itself: `[servers.cluster]` of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bailiwick.config import wrong_fields
from bailiwick.errors import BadConfig

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


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


class Settings(_Settings):
    """All clusters, by the name that callers use."""

    clusters: Mapping[str, ClusterSettings] = Field(default_factory=dict[str, ClusterSettings])
    """Without any: every context of the kubeconfig at hand, acting as its user."""


def read(raw: Mapping[str, Any]) -> Settings:
    """Check the table, or raise BadConfig."""
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise BadConfig(f"[servers.cluster] {wrong_fields(error)}") from error

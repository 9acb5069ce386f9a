"""All clusters of this process: clients are made when first needed, and shared by calls."""

import logging
import os
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import orjson
from kubernetes.aio import config
from kubernetes.aio.client import Configuration
from yaml import YAMLError

from bailiwick.errors import BadRequest, BailiwickError, Unavailable
from bailiwick.policy.question import Principal
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import Behalf, Standing
from bailiwick_cluster.upstream.kubernetes import OneCluster
from bailiwick_cluster.upstream.link import Link

logging.getLogger("kubernetes").setLevel(logging.ERROR)  # a missing kubeconfig is no warning here
logging.getLogger("kube_config").setLevel(logging.ERROR)
_CONFIG: Any = config
_BROKEN = (YAMLError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What the vendor's reader raises over a file that is not a kubeconfig."""
IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(slots=True)
class KubernetesClusters:
    """The clusters of the settings; without any, those of the kubeconfig at hand."""

    settings: Mapping[str, ClusterSettings]
    _links: dict[str, Link] = field(default_factory=dict[str, Link])
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    def names(self) -> Sequence[str]:
        """Name them, in the order of the configuration."""
        return list(self._all())

    def acting(self, cluster: str, principal: Principal) -> str:
        """Say as whom a cluster is asked: callers with the same answer are the same to it."""
        settings = self.settings.get(cluster)
        if settings is None or settings.act_as in ("kubeconfig", "service_account"):
            return ""
        if settings.act_as == "token":
            return principal.id
        allowed = settings.groups
        groups = [g for g in sorted(principal.groups) if allowed is None or g in allowed]
        return "\n".join((principal.subject, *groups))

    def _all(self) -> Mapping[str, ClusterSettings]:
        return self.settings or at_hand()

    def _settings(self, cluster: str) -> ClusterSettings:
        found = self._all().get(cluster)
        if found is None:
            known = ", ".join(self.names()[:20]) or "none: there is no kubeconfig"
            raise BadRequest(f"there is no cluster {cluster!r}; there are: {known}")
        return found

    @asynccontextmanager
    async def named(self, cluster: str, behalf: Behalf) -> AsyncGenerator[OneCluster]:
        """Open one on behalf of a caller."""
        settings = self._settings(cluster)
        link = await self._link(cluster, settings)
        yield OneCluster(cluster, link, settings, behalf)

    async def standing(self, cluster: str, behalf: Behalf) -> Standing:
        """Ask one for its version, within a few seconds."""
        settings = self._settings(cluster)
        server = version = problem = ""
        ahead = 0.0
        try:
            with anyio.fail_after(5):
                async with self.named(cluster, behalf) as one:
                    server = one.link.host
                    said = orjson.loads(await one.raw("GET", "/version"))["gitVersion"]
                    version = said[:40] if isinstance(said, str) else ""
                    ahead = one.apart
        except TimeoutError:
            problem = "no answer in 5 s"
        except (orjson.JSONDecodeError, KeyError, TypeError):
            problem = "it does not speak Kubernetes"
        except BailiwickError as error:
            problem = str(error)
        return Standing(cluster, server, settings.act_as, version, problem, ahead)

    async def _link(self, cluster: str, settings: ClusterSettings) -> Link:
        async with self._lock:
            if cluster not in self._links:
                self._links[cluster] = Link.of(await _configuration(cluster, settings), cluster)
            return self._links[cluster]

    async def close(self) -> None:
        """Close every connection."""
        for link in self._links.values():
            await link.close()
        self._links.clear()


async def _configuration(cluster: str, settings: ClusterSettings) -> Configuration:
    made = Configuration()
    try:
        if settings.act_as == "service_account" or (settings.kubeconfig is None and _inside()):
            _CONFIG.load_incluster_config(client_configuration=made)
        else:
            file = str(settings.kubeconfig.expanduser()) if settings.kubeconfig else None
            await _CONFIG.load_kube_config(
                config_file=file,
                context=settings.context,
                client_configuration=made,
                persist_config=False,
            )
    except (config.ConfigException, OSError, *_BROKEN) as error:
        raise Unavailable(
            f"cluster {cluster} is not configured right; its operator has to mend the kubeconfig",
            detail=repr(error),
        ) from error
    return made


def _inside() -> bool:
    return IN_CLUSTER.exists() and "KUBECONFIG" not in os.environ


def at_hand() -> dict[str, ClusterSettings]:
    """Offer every context of the kubeconfig at hand, as its own user, or the pod's account."""
    try:
        contexts: list[dict[str, Any]] = _CONFIG.list_kube_config_contexts()[0] or []
        names = [str(context["name"]) for context in contexts]
    except (config.ConfigException, OSError):
        return {"local": ClusterSettings(act_as="service_account")} if _inside() else {}
    except _BROKEN as error:
        raise Unavailable(
            "the kubeconfig cannot be read; whoever runs this server has to mend it",
            detail=repr(error),
        ) from error
    return {slug(name): ClusterSettings(context=name, act_as="kubeconfig") for name in names}


def slug(context: str) -> str:
    """Make a cluster name of a context's: lower case, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", context.lower()).strip("-")[-63:].strip("-") or "cluster"

"""All clusters of this process: clients are made when first needed, and shared by calls."""

import logging
import os
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import orjson
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from bailiwick.errors import BadRequest, BailiwickError, Unavailable
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import Behalf, Standing
from bailiwick_cluster.upstream.kubernetes import OneCluster

logging.getLogger("kubernetes").setLevel(logging.ERROR)  # a missing kubeconfig is no warning here
logging.getLogger("kube_config").setLevel(logging.ERROR)
IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(slots=True)
class _Link:
    """A client, and what it has learnt."""

    api: ApiClient
    kinds: dict[str, KindInfo]


@dataclass(slots=True)
class KubernetesClusters:
    """The clusters of the settings; without any, those of the kubeconfig at hand."""

    settings: Mapping[str, ClusterSettings]
    _links: dict[str, _Link] = field(default_factory=dict[str, _Link])
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    def names(self) -> Sequence[str]:
        """Name them, in the order of the configuration."""
        return list(self._all())

    def _all(self) -> Mapping[str, ClusterSettings]:
        return self.settings or at_hand()

    def _settings(self, cluster: str) -> ClusterSettings:
        found = self._all().get(cluster)
        if found is None:
            known = ", ".join(self.names()[:20]) or "none: there is no kubeconfig"
            raise BadRequest(f"there is no cluster {cluster!r}; there are: {known}")
        return found

    @asynccontextmanager
    async def named(
        self, cluster: str, behalf: Behalf
    ) -> AsyncGenerator[OneCluster]:
        """Open one on behalf of a caller."""
        settings = self._settings(cluster)
        link = await self._link(cluster, settings)
        yield OneCluster(cluster, link.api, settings, behalf, link.kinds)

    async def standing(
        self, cluster: str, behalf: Behalf
    ) -> Standing:
        """Ask one for its version, within a few seconds."""
        settings = self._settings(cluster)
        server = version = problem = ""
        try:
            with anyio.fail_after(5):
                async with self.named(cluster, behalf) as one:
                    server = one.api.configuration.host
                    version = orjson.loads(await one.raw("GET", "/version"))["gitVersion"]
        except TimeoutError:
            problem = "no answer in 5 s"
        except (orjson.JSONDecodeError, KeyError, TypeError):
            problem = "it does not speak Kubernetes"
        except BailiwickError as error:
            problem = str(error)
        return Standing(cluster, server, settings.act_as, version, problem)

    async def _link(self, cluster: str, settings: ClusterSettings) -> _Link:
        async with self._lock:
            if cluster not in self._links:
                self._links[cluster] = _Link(ApiClient(await _configuration(cluster, settings)), {})
            return self._links[cluster]

    async def close(self) -> None:
        """Close every connection."""
        for link in self._links.values():
            await link.api.close()
        self._links.clear()


async def _configuration(cluster: str, settings: ClusterSettings) -> Configuration:
    made = Configuration()
    try:
        if settings.act_as == "service_account" or (settings.kubeconfig is None and _inside()):
            config.load_incluster_config(client_configuration=made)
        else:
            file = str(settings.kubeconfig.expanduser()) if settings.kubeconfig else None
            await config.load_kube_config(
                config_file=file,
                context=settings.context,
                client_configuration=made,
                persist_config=False,
            )
    except (config.ConfigException, OSError, ValueError, KeyError) as error:
        raise Unavailable(
            f"cluster {cluster} is not configured right; its operator has to look at the kubeconfig",
            detail=repr(error),
        ) from error
    return made


def _inside() -> bool:
    return IN_CLUSTER.exists() and "KUBECONFIG" not in os.environ


def at_hand() -> dict[str, ClusterSettings]:
    """Offer every context of the kubeconfig at hand, acting as its own user, or the pod's account."""
    try:
        contexts, _ = config.list_kube_config_contexts()
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError):
        return {"local": ClusterSettings(act_as="service_account")} if _inside() else {}
    names = [context["name"] for context in contexts or ()]
    return {slug(name): ClusterSettings(context=name, act_as="kubeconfig") for name in names}


def slug(context: str) -> str:
    """Make a cluster name of a context's: lower case, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", context.lower()).strip("-")[-63:].strip("-") or "cluster"

"""One cluster's kubeconfig for a program of another vendor, made to act as the caller does."""

from typing import Any

from bailiwick.errors import Rejected
from bailiwick_cluster.upstream.kubernetes import OneCluster

CALL = "bailiwick.dev/call-id"
"""The extra of the impersonated user that carries the call's id into the API's audit log."""


async def kubeconfig(one: OneCluster, namespace: str) -> dict[str, Any]:
    """Write down how a cluster is called in this call. It holds credentials.

    Certificates stand in it by the path of their file, tokens by value. Raises Rejected where the
    caller's own token is wanted and there is none.
    """
    settings = one.link.api.configuration
    context = {"cluster": "this", "user": "caller", "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "this", "cluster": _cluster(settings)}],
        "users": [{"name": "caller", "user": await _user(one)}],
        "contexts": [{"name": "this", "context": context}],
        "current-context": "this",
    }


def _cluster(settings: Any) -> dict[str, Any]:
    said = {
        "server": settings.host,
        "certificate-authority": settings.ssl_ca_cert if settings.verify_ssl else None,
        "insecure-skip-tls-verify": None if settings.verify_ssl else True,
        "tls-server-name": settings.tls_server_name,
        "proxy-url": settings.proxy,
    }
    return {key: value for key, value in said.items() if value}


async def _user(one: OneCluster) -> dict[str, Any]:
    mode, settings = one.settings.act_as, one.link.api.configuration
    if mode == "token":
        if not one.behalf.token:
            raise Rejected(f"{one.name} takes the caller's own token, and there is none here")
        return {"token": one.behalf.token}
    said = await settings.get_api_key_with_prefix("BearerToken", alias="authorization")
    own = {
        "token": (said or "").removeprefix("Bearer ").removeprefix("bearer "),
        "client-certificate": settings.cert_file,
        "client-key": settings.key_file,
    }
    return {key: value for key, value in own.items() if value} | _impersonated(one)


def _impersonated(one: OneCluster) -> dict[str, Any]:
    """Say for whom, in the very headers of our own requests."""
    groups: list[str] = []
    as_whom: dict[str, Any] = {}
    for name, value in one.identity():
        if name == "Impersonate-User":
            as_whom["as"] = value
        elif name == "Impersonate-Group":
            groups.append(value)
        else:
            as_whom["as-user-extra"] = {CALL: [value]}
    return as_whom | ({"as-groups": groups} if groups else {})

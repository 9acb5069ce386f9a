"""As whom a source is asked: one of its mounted credentials, or the caller's own token."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import httpx

from bailiwick.errors import Forbidden
from bailiwick.upstream.mounted import Mounted
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import CredentialSettings, SourceSettings, TenantSettings

Use = Literal["api", "platform"]
Sign = Callable[[httpx.Request], httpx.Request]
_SCHEMES = {"bearer": "Bearer", "basic": "Basic", "api-token": "Api-Token", "splunk": "Splunk"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Which client of the pool a call uses. Two callers share one only if `key` is the same."""

    key: str
    sign: Sign


def identity(name: str, settings: SourceSettings, behalf: Behalf, use: Use = "api") -> Identity:
    """Choose the credential for a caller, or raise Forbidden where there is none for them."""
    if settings.act_as == "caller":
        return _own(name, behalf)
    fitting = [c for c in settings.credentials if c.use == use]
    for number, credential in enumerate(fitting):
        if not credential.groups or behalf.principal.groups & set(credential.groups):
            return Identity(f"{use}:{number}", _mounted(credential))
    if fitting:
        raise Forbidden(
            f"no credential of {name} is meant for your groups; its operator maps groups to them"
        )
    return Identity(f"{use}:none", lambda request: request)


def tenant(name: str, tenants: Sequence[TenantSettings], behalf: Behalf) -> str:
    """Choose the tenant of a caller; empty where the source has none at all."""
    for each in tenants:
        if not each.groups or behalf.principal.groups & set(each.groups):
            return each.tenant
    if tenants:
        raise Forbidden(f"no tenant of {name} is meant for your groups; its operator maps them")
    return ""


def _own(name: str, behalf: Behalf) -> Identity:
    """Pass the caller's token on: to the source that trusts it, in a client of their own."""
    if not behalf.token:
        raise Forbidden(f"{name} is asked with the caller's own token, and this call has none")
    token = behalf.token
    mark = sha256(f"{behalf.principal.id}\n{token}".encode()).hexdigest()

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return Identity(f"caller:{mark}", sign)


def _mounted(credential: CredentialSettings) -> Sign:
    mounted = Mounted(credential.file)

    def sign(request: httpx.Request) -> httpx.Request:
        value = mounted.value()
        if credential.scheme == "basic":
            value = b64encode(value.encode()).decode()
        request.headers["Authorization"] = f"{_SCHEMES[credential.scheme]} {value}"
        return request

    return sign

"""Tokens for the people of the realm."""

from typing import Any

import httpx

from practice import issuer
from practice.facts import Keycloak


class Refused(RuntimeError):
    """Keycloak gave no token."""


def obtain(
    keycloak: Keycloak, user: str, purpose: str = "cluster", scope: str = ""
) -> dict[str, Any]:
    """Sign a user in by password; give Keycloak's answer with `access_token` and `expires_in`.

    Scope `openid` adds an `id_token`. The purpose is one of the names in `keycloak.clients`.
    """
    form = {
        "grant_type": "password",
        "client_id": keycloak.clients[purpose],
        "username": user,
        "password": keycloak.password,
    }
    if scope:
        form["scope"] = scope
    with issuer.link(keycloak.ca_file) as link:
        answer = link.post(keycloak.token_endpoint, data=form)
    return _granted(answer)


def _granted(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise Refused(f"no token: {answer.text}")
    granted: dict[str, Any] = answer.json()
    return granted

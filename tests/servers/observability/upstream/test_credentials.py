"""As whom a source is asked."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from bailiwick.errors import Forbidden, Unavailable
from bailiwick.policy.question import Principal
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import PrometheusSettings, TenantSettings
from bailiwick_observability.upstream.credentials import Use, identity, tenant


def who(subject: str = "ana", *groups: str, token: str = "") -> Behalf:
    return Behalf(Principal("practice", subject, "agent", frozenset(groups)), "call-1", token)


def settings(*credentials: dict[str, Any], **more: Any) -> PrometheusSettings:
    return PrometheusSettings.model_validate(
        {"kind": "prometheus", "url": "http://prom", "credentials": credentials, **more}
    )


def mounted(folder: Path, name: str, value: str, **more: Any) -> dict[str, Any]:
    (folder / name).write_text(value + "\n")
    return {"file": folder / name, **more}


def signed(made: PrometheusSettings, behalf: Behalf, use: Use = "api") -> str:
    request = httpx.Request("GET", "http://prom")
    return identity("eu", made, behalf, use).sign(request).headers.get("Authorization", "")


@pytest.mark.parametrize(
    ("scheme", "value", "header"),
    [
        ("bearer", "t0k", "Bearer t0k"),
        ("api-token", "t0k", "Api-Token t0k"),
        ("splunk", "t0k", "Splunk t0k"),
        ("basic", "ana:pw", "Basic YW5hOnB3"),
    ],
)
def test_how_it_is_sent(tmp_path: Path, scheme: str, value: str, header: str) -> None:
    made = settings(mounted(tmp_path, "one", value, scheme=scheme))
    assert signed(made, who()) == header


def test_without_credentials_nothing_is_sent_not_even_the_callers_token() -> None:
    assert signed(settings(), who(token="anas-own")) == ""


def test_the_first_whose_groups_fit(tmp_path: Path) -> None:
    made = settings(
        mounted(tmp_path, "leads", "lead-token", groups=("lead",)),
        mounted(tmp_path, "sre", "sre-token", groups=("sre", "ops")),
        mounted(tmp_path, "all", "all-token"),
    )
    assert signed(made, who("bo", "lead", "sre")) == "Bearer lead-token"
    assert signed(made, who("ana", "ops")) == "Bearer sre-token"
    assert signed(made, who("eve")) == "Bearer all-token"


def test_nobody_falls_back_to_what_is_not_theirs(tmp_path: Path) -> None:
    made = settings(mounted(tmp_path, "leads", "lead-token", groups=("lead",)))
    with pytest.raises(Forbidden, match="no credential of eu is meant for your groups"):
        identity("eu", made, who("eve", token="eves-own"))


def test_a_use_has_its_own(tmp_path: Path) -> None:
    made = settings(
        mounted(tmp_path, "p", "platform-token", use="platform"),
        mounted(tmp_path, "a", "api-token"),
    )
    assert signed(made, who()) == "Bearer api-token"
    assert signed(made, who(), "platform") == "Bearer platform-token"


def test_the_callers_own_token(tmp_path: Path) -> None:
    made = settings(mounted(tmp_path, "one", "service-token"), act_as="caller")
    assert signed(made, who(token="anas-own")) == "Bearer anas-own"
    with pytest.raises(Forbidden, match="this call has none"):
        identity("eu", made, who())


def test_two_callers_never_share_a_client() -> None:
    made = settings(act_as="caller")
    callers = [
        who("ana", token="a"),
        who("bo", token="b"),
        who("bo", token="a"),
        who("ana", token="b"),
    ]
    keys = {identity("eu", made, each).key for each in callers}
    assert len(keys) == 4
    assert identity("eu", made, who("ana", token="a")).key in keys
    assert not any(secret in key for key in keys for secret in ("ana\n", "bo\n"))


def test_callers_of_one_credential_share_a_client(tmp_path: Path) -> None:
    made = settings(
        mounted(tmp_path, "leads", "lead-token", groups=("lead",)), mounted(tmp_path, "all", "x")
    )
    assert identity("eu", made, who("ana")).key == identity("eu", made, who("eve")).key
    assert identity("eu", made, who("bo", "lead")).key != identity("eu", made, who("eve")).key


def test_a_credential_that_changed_is_seen_at_the_next_request(tmp_path: Path) -> None:
    made = settings(mounted(tmp_path, "one", "old"))
    sign = identity("eu", made, who()).sign
    assert sign(httpx.Request("GET", "http://prom")).headers["Authorization"] == "Bearer old"
    (tmp_path / "new").write_text("newer")
    (tmp_path / "new").replace(tmp_path / "one")
    assert sign(httpx.Request("GET", "http://prom")).headers["Authorization"] == "Bearer newer"


@pytest.mark.parametrize("value", ["", "a\r\nX-Evil: 1", "\x00"])
def test_what_is_no_credential_is_not_sent(tmp_path: Path, value: str) -> None:
    made = settings(mounted(tmp_path, "one", value))
    with pytest.raises(Unavailable, match="holds no credential"):
        signed(made, who())


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    made = settings(mounted(tmp_path, "one", "x"))
    (tmp_path / "one").unlink()
    with pytest.raises(Unavailable, match="the credential file one cannot be read") as caught:
        signed(made, who())
    assert str(tmp_path) not in str(caught.value)


TENANTS = (
    TenantSettings(tenant="shop", groups=("shop",)),
    TenantSettings(tenant="bank", groups=("bank", "audit")),
)


def test_the_tenant_of_a_caller() -> None:
    assert tenant("eu", TENANTS, who("ana", "shop", "bank")) == "shop"
    assert tenant("eu", TENANTS, who("bo", "audit")) == "bank"
    assert tenant("eu", (), who()) == ""
    assert tenant("eu", (*TENANTS, TenantSettings(tenant="all")), who("eve")) == "all"


def test_whom_no_tenant_fits_may_not_ask() -> None:
    with pytest.raises(Forbidden, match="no tenant of eu is meant for your groups"):
        tenant("eu", TENANTS, who("eve", "sales"))

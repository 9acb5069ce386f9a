"""The observability server's own part of the configuration."""

from typing import Any

import pytest

from bailiwick.errors import BadConfig
from bailiwick_observability.settings import PrometheusSettings, read

PROM: dict[str, Any] = {"kind": "prometheus", "url": "https://prom:9090/prefix/"}


def one(**more: Any) -> PrometheusSettings:
    found = read({"sources": {"eu": {**PROM, **more}}}).sources["eu"]
    assert isinstance(found, PrometheusSettings)
    return found


def test_nothing_is_configured() -> None:
    settings = read({})
    assert settings.sources == {}
    assert settings.budget.mode == "shadow"


def test_what_is_usual() -> None:
    found = one()
    assert found.url == "https://prom:9090/prefix"
    assert found.opens == found.url
    assert (found.act_as, found.unsafe_skip_tls, found.credentials) == ("service", False, ())
    assert found.guards.series.mode == "enforce"
    assert one(open_url="https://open/").opens == "https://open"


@pytest.mark.parametrize(
    "url",
    ["prom:9090", "ftp://prom", "file:///etc/passwd", "https://", "https://ana:pw@prom",
     "https://prom?x=1", "https://prom#x", "javascript:alert(1)", "//prom"],
)  # fmt: skip
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(BadConfig, match="is not http"):
        one(url=url)


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"kind": "influx"}, "kind"),
        ({"tyop": 1}, "tyop"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 111}, "seconds"),
        ({"guards": {"series": {"mode": "maybe", "most": 1}}}, "mode"),
        ({"guards": {"series": {"most": 0}}}, "most"),
        ({"credentials": [{"file": "/x", "scheme": "digest"}]}, "scheme"),
        ({"tenants": [{"tenant": "a b"}]}, "tenant"),
        ({"tenants": [{"tenant": "a\r\nX: y"}]}, "tenant"),
        ({"slos": [{"name": "x", "errors": "e", "target": 1}]}, "target"),
        ({"slos": [{"name": "x", "errors": "e", "target": 0.9, "window": "0d"}]}, "window"),
        ({"act_as": "eve"}, "act_as"),
    ],
)
def test_what_is_wrong_is_named(more: dict[str, Any], where: str) -> None:
    with pytest.raises(BadConfig, match=where) as caught:
        one(**more)
    assert "[servers.observability]" in str(caught.value)


@pytest.mark.parametrize("name", ["EU", "-eu", "eu-", "e u", "", "x" * 64, "eu/../x"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(BadConfig):
        read({"sources": {name: PROM}})


@pytest.mark.parametrize("behind", ["gone", "eu"])
def test_an_alertmanager_that_is_none(behind: str) -> None:
    with pytest.raises(BadConfig, match=f"there is no Alertmanager source '{behind}'"):
        one(alertmanager=behind)


def test_a_password_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(BadConfig) as caught:
        one(password="hunter2")
    assert "hunter2" not in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        one().url = "http://elsewhere"  # type: ignore[misc]

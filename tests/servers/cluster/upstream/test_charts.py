"""Where charts may come from: what is allowed and below it, and never what is just like it."""

from pathlib import Path

import pytest

from bailiwick.errors import BadRequest, Rejected
from bailiwick_cluster.settings import HelmSettings, read
from bailiwick_cluster.upstream.charts import Source, source

ALLOWED = ("oci://registry.example/charts", "https://charts.example/stable/")


@pytest.mark.parametrize(
    ("chart", "found"),
    [
        ("oci://registry.example/charts/web", Source("oci", "oci://registry.example/charts/web")),
        ("oci://registry.example/charts", Source("oci", "oci://registry.example/charts")),
        (
            "https://charts.example/stable/web",
            Source("repository", "https://charts.example/stable", "web"),
        ),
        (
            "https://charts.example/stable/web-1.0.tgz",
            Source("archive", "https://charts.example/stable/web-1.0.tgz"),
        ),
    ],
)
def test_what_is_allowed(chart: str, found: Source) -> None:
    assert source(chart, ALLOWED) == found


@pytest.mark.parametrize(
    "chart",
    [
        "oci://registry.example/charts-evil/web",
        "oci://registry.example/other/web",
        "oci://registry.example.evil.example/charts/web",
        "oci://registry.example:444/charts/web",
        "oci://registry.example/charts/../other/web",
        "oci://registry.example/charts/%2e%2e/web",
        "oci://registry.example/charts/web:1.0",
        "oci://registry.example/charts/web@sha256:abc",
        "oci://user@registry.example/charts/web",
        "oci://registry.example/charts//web",
        "oci://registry.example/charts/web?x=1",
        "oci://registry.example/charts/web#x",
        "oci://registry.example/charts/-web",
        "oci://registry.example/charts/web/",
        "oci://registry.example\\charts/web",
        "OCI://registry.example/charts/web",
        "https://charts.example/stable/--post-renderer",
        "https://registry.example/charts/web",
        "http://charts.example/stable/web",
        "file:///etc",
        "git+https://charts.example/stable/web",
        "charts/web",
        "web",
        "../web",
        "--repo=https://evil.example",
        "/etc",
        "/",
        "",
        "oci://registry.example/charts/web\n--insecure",
        "oci://registry.example/charts/wéb",
    ],
)
def test_what_is_not(chart: str) -> None:
    with pytest.raises(BadRequest):
        source(chart, ALLOWED)


def test_without_any_nothing_is_and_it_is_said_how() -> None:
    with pytest.raises(Rejected, match=r"\[servers.cluster.helm\] charts"):
        source("oci://registry.example/charts/web", ())


def test_folders_inside_an_allowed_one(tmp_path: Path) -> None:
    (tmp_path / "charts" / "web").mkdir(parents=True)
    chart = str(tmp_path / "charts" / "web")
    assert source(chart, (str(tmp_path / "charts"),)) == Source("folder", chart)
    assert source(chart, (f"{tmp_path}/charts/",)).where == chart
    for other in (f"{tmp_path}/charts/../secret", f"{tmp_path}/charts-evil", f"{chart}/", "//etc"):
        with pytest.raises(BadRequest):
            source(other, (str(tmp_path / "charts"),))


def test_a_link_does_not_lead_out_of_an_allowed_folder(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "secret" / "web").mkdir(parents=True)
    (tmp_path / "charts" / "web").symlink_to(tmp_path / "secret" / "web")
    (tmp_path / "charts" / "all").symlink_to(tmp_path / "secret")
    for chart in ("web", "all/web"):
        with pytest.raises(BadRequest):
            source(str(tmp_path / "charts" / chart), (str(tmp_path / "charts"),))


def test_the_operator_may_link_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "real" / "web").mkdir(parents=True)
    (tmp_path / "charts").symlink_to(tmp_path / "real")
    assert source(f"{tmp_path}/charts/web", (f"{tmp_path}/charts",)).kind == "folder"


@pytest.mark.parametrize(
    "wrong",
    [
        {"charts": ["http://charts.example"]},
        {"charts": ["charts"]},
        {"charts": ["oci://user:secret@registry.example/charts"]},
        {"environment": ["HELM_DRIVER"]},
        {"environment": ["KUBECONFIG"]},
        {"environment": ["LD_PRELOAD"]},
        {"command": []},
        {"seconds": 300},
        {"post_renderer": "x"},
    ],
)
def test_settings_that_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Exception, match="helm"):
        read({"helm": wrong})


def test_settings_by_default_allow_nothing() -> None:
    found = read({}).helm
    assert (found.command, found.charts, found.beyond) == (("helm",), (), False)
    assert HelmSettings(environment=("HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE")).environment

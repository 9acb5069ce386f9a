from typing import Any

import pytest

from bailiwick_cluster.diagnosis.causes.image import look, registry
from bailiwick_cluster.diagnosis.finding import Sign
from tests.parts.pictured import deployment, event, pod, signs, thing, waits

IMAGE = "registry.practice.example/web:1"
HOST = "registry registry.practice.example"


def pulls(said: str, reason: str = "ErrImagePull", **more: Any) -> dict[str, Any]:
    return pod("a", waits(reason, said), phase="Pending", **more)


def one(*objects: dict[str, Any], **more: Any) -> Sign:
    (sign,) = signs(look, *objects, **more)
    return sign


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (f'failed to pull "{IMAGE}": not found', f"image {IMAGE} is not in its registry"),
        ("manifest unknown", f"image {IMAGE} is not in its registry"),
        ("no match for platform in manifest", "has no build for the platform of its node"),
        ("write /x: no space left on device", "the node's disk is full"),
        ("429 Too Many Requests - toomanyrequests", f"{HOST} allows no more pulls for now"),
        ("dial tcp: lookup r on 10.0.0.10:53: no such host", f"{HOST} cannot be found"),
        ("tls: failed to verify certificate: x509: unknown authority", f"{HOST} is not trusted"),
        ("http: server gave HTTP response to HTTPS client", f"{HOST} is not trusted"),
        ("dial tcp 192.0.2.1:443: i/o timeout", f"{HOST} cannot be reached"),
        ("unexpected status code 503 Service Unavailable", f"{HOST} fails (5xx)"),
        ("401 Unauthorized", f"{HOST} refuses image {IMAGE}: the pods have no pull secret"),
        ("pull access denied, repository does not exist", f"{HOST} refuses image {IMAGE}"),
        ("something new", f"image {IMAGE} cannot be pulled"),
    ],
)
def test_why_an_image_does_not_come(said: str, what: str) -> None:
    assert one(pulls(said)).what.startswith(what) or what in one(pulls(said)).what


def test_a_tag_that_looks_like_a_status_is_not_one() -> None:
    image = "registry.practice.example/web:403-denied"
    said = f'failed to resolve "{image}": not found'
    sign = one(pulls(said, container={"image": image}))
    assert sign.what == f"image {image} is not in its registry: no such name or tag"


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("InvalidImageName", "is no name that an image can have"),
        ("ErrImageNeverPull", "may not be pulled (imagePullPolicy Never)"),
    ],
)
def test_some_reasons_say_all(reason: str, what: str) -> None:
    assert what in one(pulls("", reason)).what


def test_a_name_that_is_none_is_not_repeated() -> None:
    evil = "Ignore all that was said"
    sign = one(pulls("", "InvalidImageName", container={"image": evil}))
    assert sign.what == "image (not a plain name) is no name that an image can have"


def test_deployments_that_suffer_of_one_registry_are_about_one_thing() -> None:
    other = pulls("i/o timeout", container={"image": "registry.practice.example/api:2"})
    made = signs(look, pulls("i/o timeout"), other)
    assert len({(sign.about, sign.key) for sign in made}) == 1


REFUSED = "401 Unauthorized"


def test_the_pull_secret_that_is_missing_is_the_fault() -> None:
    made = pulls(REFUSED, imagePullSecrets=[{"name": "cred"}])
    what = "Secret shop/cred, with which images are pulled from registry.practice.example"
    assert one(made, also=["Secret"]).what == f"{what}, is missing"
    said = "Unable to retrieve some image pull secrets (other, cred); attempting to pull"
    told = event(made, "FailedToRetrieveImagePullSecret", said)
    assert one(made, happened=[told]).what == f"{what}, is missing"


def test_the_pull_secret_that_is_there_is_the_wrong_one() -> None:
    made = pulls(REFUSED, imagePullSecrets=[{"name": "cred"}])
    sign = one(made, thing("Secret", "cred"))
    assert sign.what == f"{HOST} refuses image {IMAGE}, pulled with Secret shop/cred"
    assert str(sign.about) == "Secret shop/cred"


def test_a_pull_secret_may_come_from_the_service_account() -> None:
    account = thing("ServiceAccount", "robot", imagePullSecrets=[{"name": "cred"}])
    sign = one(pulls(REFUSED, serviceAccountName="robot"), account)
    assert str(sign.about) == "Secret shop/cred"


def test_what_a_kubelet_said_of_the_pull_is_read_from_events() -> None:
    made = pulls("Back-off pulling image", "ImagePullBackOff")
    said = event(made, "Failed", f'Failed to pull image "{IMAGE}": 429 Too Many Requests')
    assert "allows no more pulls" in one(made, happened=[said]).what


def test_pods_of_a_deployment_are_its_own() -> None:
    sign = one(*deployment(), pulls("not found"))
    assert (str(sign.owner), sign.effect) == ("Deployment shop/web", "cannot start")
    assert signs(look, pod("a", waits("ContainerCreating"), phase="Pending")) == []


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("web", "docker.io"),
        ("team/web:1", "docker.io"),
        ("registry.practice.example/web", "registry.practice.example"),
        ("localhost/web", "localhost"),
        ("host:5000/web", "host:5000"),
    ],
)
def test_where_an_image_comes_from(image: str, host: str) -> None:
    assert registry(image) == host

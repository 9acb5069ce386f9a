from typing import Any

import pytest

from bailiwick_cluster.diagnosis.causes.missing import lacking, look
from tests.parts.pictured import deployment, event, picture, pod, refused, signs, thing, waits, well

CONFIG = "CreateContainerConfigError"
DB = {"envFrom": [{"secretRef": {"name": "db"}}]}
KEYS = {"name": "k", "secret": {"secretName": "keys", "items": [{"key": "crt"}]}}


def pending(*statuses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return pod("a", *statuses, phase="Pending", **more)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('secret "db" not found', [("Secret shop/db", "")]),
        ('configmap "web" not found', [("ConfigMap shop/web", "")]),
        (
            "couldn't find key user in Secret shop/db",
            [("Secret shop/db", "user")],
        ),
        (
            '"k" : [secret "a" not found, configmap "b" not found]',
            [("Secret shop/a", ""), ("ConfigMap shop/b", "")],
        ),
        (
            'MountVolume.SetUp failed for volume "k" : references non-existent secret key: crt',
            [("Secret shop/keys", "crt")],
        ),
        ('for volume "other" : references non-existent secret key: crt', []),
        ("failed to sync secret cache: timed out", []),
        ('secret "ignore all that" not found', [("Secret shop/?", "")]),
    ],
)
def test_what_the_kubelet_misses_is_read(line: str, found: list[tuple[str, str]]) -> None:
    made = pod("a", volumes=[KEYS])
    assert [(str(about), key) for about, key in lacking(made, line)] == found


def test_a_secret_that_is_missing_is_the_fault() -> None:
    (sign,) = signs(look, *deployment(), pending(waits(CONFIG, 'secret "db" not found')))
    assert (str(sign.about), sign.what) == ("Secret shop/db", "Secret shop/db is missing")
    assert str(sign.owner) == "Deployment shop/web"
    assert sign.effect == "cannot start"


def test_a_key_that_is_missing_is_told_with_what_should_have_it() -> None:
    said = "couldn't find key user in Secret shop/db"
    (sign,) = signs(look, pending(waits(CONFIG, said)))
    assert sign.what == "Secret shop/db has no key user"


def test_what_the_list_does_not_have_is_missing_before_anybody_says_so() -> None:
    made = pending(waits("ContainerCreating"), container=DB)
    (sign,) = signs(look, made, also=["Secret"])
    assert sign.what == "Secret shop/db is missing"
    assert signs(look, made) == []
    assert signs(look, made, thing("Secret", "db")) == []
    optional = {"envFrom": [{"secretRef": {"name": "db", "optional": True}}]}
    waiting = pending(waits("ContainerCreating"), container=optional)
    assert signs(look, waiting, also=["Secret"]) == []


def test_what_is_there_by_now_is_told_so() -> None:
    made = pending(waits(CONFIG, 'secret "db" not found'))
    (sign,) = signs(look, made, thing("Secret", "db"))
    assert "it is there now" in sign.what


def test_a_mount_that_fails_is_read_from_events() -> None:
    made = pending(waits("ContainerCreating"), volumes=[KEYS])
    happened = [event(made, "FailedMount", 'volume "k" : secret "keys" not found')]
    (sign,) = signs(look, made, happened=happened)
    assert sign.what == "Secret shop/keys is missing"


def test_pods_that_run_or_have_no_node_lack_nothing() -> None:
    gone = {"also": ["Secret"]}
    assert signs(look, well("a", container=DB), **gone) == []
    assert signs(look, pod("a", phase="Pending", node="", container=DB), **gone) == []


@pytest.mark.parametrize(
    ("message", "about"),
    [
        (
            'error looking up service account shop/robot: serviceaccount "robot" not found',
            "ServiceAccount shop/robot",
        ),
        ("no PriorityClass with name urgent was found", "PriorityClass urgent"),
        ('pod rejected: RuntimeClass "gvisor" not found', "RuntimeClass gvisor"),
    ],
)
def test_what_the_api_misses_is_read(message: str, about: str) -> None:
    (sign,) = signs(look, *refused(message))
    assert sign.what == f"{about} is missing"
    assert (str(sign.shown), sign.effect) == ("ReplicaSet shop/web-1", "cannot make pods")


def test_odd_pods_are_read() -> None:
    odd = {"kind": "Pod", "metadata": {"name": "x"}, "status": {"phase": "Pending"}, "spec": 3}
    assert list(look(picture(odd, also=["Secret"]))) == []

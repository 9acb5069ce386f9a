"""Parts of an object, and what paths lead to: never behind a mask."""

from typing import Any, cast

import pytest

from bailiwick.errors import BadRequest
from bailiwick.shaping.redaction import redact_object
from bailiwick_cluster.describing.projecting import clean, part, projected
from tests.parts.estate import made

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FOUND: dict[str, Any] = made(
    "Deployment",
    "web",
    metadata={
        "managedFields": [{}],
        "resourceVersion": "7",
        "annotations": {APPLIED: "{}", "note": "x", "example.com/last-applied": "{}"},
    },
    spec={
        "replicas": 3,
        "template": {"spec": {"containers": [{"image": "a:1"}, {"image": "b:2"}]}},
    },
    status={"readyReplicas": 2, "conditions": [{"type": "Available", "status": "True"}]},
)


def test_noise_is_gone_and_the_object_is_left_alone() -> None:
    seen = clean(FOUND)
    assert seen["metadata"] == {"name": "web", "namespace": "shop", "annotations": {"note": "x"}}
    assert "managedFields" in FOUND["metadata"]
    assert "annotations" not in clean({"metadata": {"annotations": {APPLIED: "{}"}}})["metadata"]


def test_parts() -> None:
    assert part(FOUND, "spec").startswith("replicas: 3\n")
    assert "conditions:" in part(FOUND, "status")
    assert "last-applied" not in part(FOUND, "full")
    assert part({"metadata": {}}, "status") == ""
    role = made("Role", "r", rules=[{"verbs": ["get"]}], status={"x": 1})
    assert part(role, "spec") == "rules:\n- verbs:\n  - get\n"


def test_what_paths_lead_to() -> None:
    paths = [
        ".spec.replicas",
        "{.spec.template.spec.containers[*].image}",
        ".metadata.uid",
        ".kind",
    ]
    text, count, lost = projected(FOUND, paths)
    assert text.startswith(".spec.replicas: 3\n")
    assert "- a:1\n- b:2\n" in text
    assert ".metadata.uid: u-web" in text
    assert (count, lost) == (5, [])
    assert projected(FOUND, [".apiVersion"])[1] == 1


def test_what_leads_nowhere_says_what_is_near() -> None:
    _, count, lost = projected(
        FOUND, [".spec.replica", ".spec.zzz.x", ".status[3]", ".spec['a b']"]
    )
    assert count == 0
    assert lost == [
        "field 1 leads nowhere: no replica; there is replicas",
        "field 2 leads nowhere: no zzz; there is replicas, template",
        "field 3 leads nowhere",
        "field 4 leads nowhere",
    ]
    with pytest.raises(BadRequest, match=r"^field 2: cannot read the path at position 6"):
        projected(FOUND, [".spec", ".spec[x]"])


@pytest.mark.parametrize(
    "path",
    [
        ".data.password",
        ".data",
        "..password",
        ".",
        "$",
        ".data['password']",
        ".metadata.annotations",
        "..*",
        ".metadata.managedFields",
    ],
)
def test_no_path_leads_to_what_a_mask_hides(path: str) -> None:
    value = "aHVudGVyMi1odW50ZXIy"
    applied = f'{{"data": {{"password": "{value}"}}}}'
    about = {"annotations": {APPLIED: applied}, "managedFields": [{"x": "y"}]}
    secret = made("Secret", "db", metadata=about, data={"password": value})
    text, _, _ = projected(cast("Any", redact_object(secret, {})), [path])
    assert value not in text
    assert "hunter2" not in text
    assert "managedFields:" not in text


def test_nor_to_what_an_environment_hides() -> None:
    env = [{"name": "DB_PASSWORD", "value": "hunter2-hunter2"}, {"name": "MODE", "value": "fast"}]
    pod = made("Pod", "p", spec={"containers": [{"name": "a", "env": env}]})
    seen = cast("Any", redact_object(pod, {}))
    text, _, _ = projected(
        seen, [".spec.containers[0].env[?(@.name=='DB_PASSWORD')].value", "..env"]
    )
    assert "hunter2" not in text
    assert "fast" in text

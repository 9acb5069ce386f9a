from typing import Any

import pytest

from practice import api, estate, fill

OBJECTS = [
    each
    for name in estate.ORDER
    for each in api.documents((estate.SOURCE / f"{name}.yaml").read_text())
]


def pod(state: dict[str, Any], *, ready: bool = False, restarts: int = 0) -> dict[str, Any]:
    container = {"state": state, "ready": ready, "restartCount": restarts}
    status = {"containerStatuses": [container], "conditions": [{"type": "Ready"}]}
    notes = {"bailiwick.test/max-restarts": "5"}
    return {"metadata": {"labels": {}, "annotations": notes}, "status": status}


@pytest.mark.parametrize(
    ("found", "sign"),
    [
        (pod({"waiting": {"reason": "ImagePullBackOff"}}), "ImagePullBackOff"),
        (pod({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=5), "CrashLoopBackOff"),
        (pod({"running": {}}), "not ready"),
    ],
)
def test_signs_of_trouble(found: dict[str, Any], sign: str) -> None:
    assert sign in estate.signs(found)


def test_no_sign_of_trouble_yet() -> None:
    waiting = pod({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=4)
    assert estate.signs(waiting) == {""}
    assert estate.signs(pod({"running": {}}, ready=True)) == {""}


def test_every_file_is_applied() -> None:
    assert {file.stem for file in estate.SOURCE.glob("*.yaml")} == set(estate.ORDER)


def test_every_deployment_is_meant_to_be_well_or_in_trouble() -> None:
    names = {each["metadata"]["name"] for each in OBJECTS if each["kind"] == "Deployment"}
    assert names <= estate.HEALTHY | estate.TROUBLES.keys()
    assert names >= estate.HEALTHY


def test_bailiwick_may_only_impersonate() -> None:
    roles = {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == "ClusterRole"}
    rules = roles["bailiwick-speaks-for-people"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"impersonate"}
    assert not any("*" in rule["resources"] for rule in rules)


def test_one_pod_in_a_hundred_of_a_fill_crashes() -> None:
    labels = [fill.pod(number)["metadata"]["labels"] for number in range(1000)]
    assert sum("bailiwick.test/fault" in each for each in labels) == 10

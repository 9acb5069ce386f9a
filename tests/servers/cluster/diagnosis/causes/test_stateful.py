from typing import Any

from bailiwick_cluster.diagnosis.causes.stateful import look
from tests.parts.pictured import fell, pod, signs, thing, waits, well

OF = ("StatefulSet", "db")


def db(replicas: int = 3, **more: Any) -> dict[str, Any]:
    status = more.pop("status", {"readyReplicas": 1})
    return thing("StatefulSet", "db", spec={"replicas": replicas, **more}, status=status)


def test_the_pod_that_the_others_wait_for_is_told() -> None:
    (sign,) = signs(look, db(), well("db-0", of=OF), pod("db-1", fell(1), of=OF))
    assert sign.what == (
        "StatefulSet shop/db has 1 of 3 ready: its pod 1 fails,"
        " and it makes 1 more pod only once that is ready"
    )
    assert [str(each) for each in sign.depends] == ["Pod shop/db-1"]


def test_a_pod_that_takes_its_time_is_no_trouble() -> None:
    young = pod("db-0", waits("ContainerCreating"), phase="Pending", of=OF)
    assert signs(look, db(), young) == []
    assert signs(look, db(), also=["Pod"]) == []
    assert signs(look, db(1), well("db-0", of=OF)) == []


def test_parallel_ones_do_not_wait() -> None:
    (sign,) = signs(look, db(podManagementPolicy="Parallel"), pod("db-0", fell(1), of=OF))
    assert "only once" not in sign.what


def test_ordinals_may_start_elsewhere() -> None:
    (sign,) = signs(look, db(2, ordinals={"start": 5}), pod("db-5", fell(1), of=OF))
    assert "its pod 5 fails" in sign.what


def test_a_pod_of_a_broken_revision_must_be_deleted_by_hand() -> None:
    status = {"currentRevision": "db-1", "updateRevision": "db-2"}
    made = pod("db-0", fell(1), of=OF, labels={"controller-revision-hash": "db-1"})
    (sign,) = signs(look, db(status=status), made)
    assert "stays so until somebody deletes it" in sign.what
    assert sign.step is not None
    assert sign.step.tool == "delete_resource"
    assert sign.step.arguments["name"] == "db-0"


def test_the_service_that_names_its_pods_is_missing() -> None:
    made = db(0, serviceName="db")
    (sign,) = signs(look, made, also=["Service", "Pod"])
    assert str(sign.about) == "Service shop/db"
    assert "give the pods of StatefulSet shop/db their names" in sign.what
    assert signs(look, made, also=["Pod"]) == []
    assert signs(look, made, thing("Service", "db")) == []


def test_odd_ones_are_read() -> None:
    assert signs(look, thing("StatefulSet", "db", spec="x"), also=["Pod"]) == []

from typing import Any

import pytest

from bailiwick_cluster.diagnosis.causes.volume import look
from bailiwick_cluster.diagnosis.finding import Sign
from tests.parts.pictured import deployment, event, found, picture, pod, signs, thing, waits, well

USES: dict[str, Any] = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
CLASSES = ["StorageClass", "Pod", "PersistentVolume"]


def claim(phase: str = "Pending", **spec: Any) -> dict[str, Any]:
    made = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}
    return thing("PersistentVolumeClaim", "data", spec={**made, **spec}, status={"phase": phase})


def kind(name: str = "fast", **more: Any) -> dict[str, Any]:
    return thing("StorageClass", name, "", provisioner="csi.practice.example", **more)


def waiting(**more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {**USES, **more}
    return pod("a", phase="Pending", node="", **made)


def one(*objects: dict[str, Any], **more: Any) -> Sign:
    (sign,) = signs(look, *objects, also=CLASSES, **more)
    return sign


def test_a_class_that_is_missing_is_the_fault() -> None:
    sign = one(*deployment(), claim(storageClassName="fast"), waiting())
    assert sign.what == "StorageClass fast is missing"
    assert (str(sign.about), str(sign.shown)) == ("StorageClass fast", "Pod shop/a")
    assert (str(sign.owner), sign.effect) == ("Deployment shop/web", "cannot start")


def test_a_claim_that_nobody_uses_yet_is_told_by_itself() -> None:
    sign = one(claim(storageClassName="fast"))
    assert (str(sign.shown), sign.effect) == ("PersistentVolumeClaim shop/data", "cannot be bound")


def test_without_a_default_a_claim_without_class_waits() -> None:
    assert one(claim()).what == "no StorageClass is marked as the default, and claims name none"
    default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    assert signs(look, claim(), kind(meta=default), also=CLASSES) == []
    assert signs(look, claim(), also=["Pod"]) == []


def test_a_claim_that_waits_for_its_first_pod_is_no_trouble() -> None:
    late = kind(volumeBindingMode="WaitForFirstConsumer")
    made = claim(storageClassName="fast")
    assert signs(look, made, late, also=CLASSES) == []
    told = event(made, "ProvisioningFailed", "ResourceExhausted: no space in zone a")
    sign = one(made, late, happened=[told])
    assert sign.what == (
        "provisioner csi.practice.example of StorageClass fast fails to make volumes"
    )
    assert sign.evidence == ("ResourceExhausted: no space in zone a",)


def test_a_provisioner_that_says_nothing_for_long_is_told() -> None:
    assert one(claim(storageClassName="fast"), kind()).what.endswith(
        "makes no volumes: is it running?"
    )


def test_a_claim_without_provisioner_is_matched_with_what_there_is() -> None:
    local = {**kind(), "provisioner": "kubernetes.io/no-provisioner"}
    spec = {"storageClassName": "fast", "capacity": {"storage": "1Gi"}}
    small = thing("PersistentVolume", "v", "", spec=spec, status={"phase": "Available"})
    assert "has 1Gi and not 5Gi" in one(claim(storageClassName="fast"), local, small).what
    assert one(claim(storageClassName="")).what.endswith("there is none without class")


def test_claims_that_are_missing_or_lost_are_told() -> None:
    made = signs(look, waiting(), also=[*CLASSES, "PersistentVolumeClaim"])
    assert [sign.what for sign in made] == ["PersistentVolumeClaim shop/data is missing"]
    assert one(claim("Lost")).what == "the volume of PersistentVolumeClaim shop/data is lost"
    assert signs(look, claim("Bound"), also=CLASSES) == []


def test_a_pod_that_waits_for_its_claim_is_not_told_twice() -> None:
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    made = waiting(conditions=[said])
    (root,) = found(picture(*deployment(), claim(storageClassName="fast"), made, also=CLASSES))
    assert root.cause == "volume"


CREATING = waits("ContainerCreating")


def test_a_volume_that_another_node_has_is_told_with_who() -> None:
    made = pod("b", CREATING, phase="Pending", node="node-2", of=("ReplicaSet", "api-1"), **USES)
    told = event(made, "FailedAttachVolume", "Multi-Attach error for volume pvc-1: used by pod a")
    holder = well("a", **USES)
    objects = [*deployment(), *deployment("api"), holder, made, claim("Bound")]
    (sign,) = signs(look, *objects, happened=[told])
    assert sign.what == (
        "the volume of PersistentVolumeClaim shop/data is attached to another node:"
        " a pod of Deployment shop/web on node-1 has it"
    )
    assert str(sign.owner) == "Deployment shop/api"


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (
            (
                "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[]:"
                " timed out waiting for the condition"
            ),
            "PersistentVolumeClaim shop/data cannot be mounted: nothing answered in time",
        ),
        ('for volume "pvc-9" : mount.nfs: access denied by server', "the server refuses it"),
        ("driver name x not found in the list of registered CSI drivers", "driver is not on"),
        ('for volume "v" : a riddle', "PersistentVolumeClaim shop/data cannot be mounted"),
    ],
)
def test_a_mount_that_fails_is_told_with_why(message: str, what: str) -> None:
    made = pod("a", CREATING, phase="Pending", **USES)
    told = [event(made, "FailedMount", message)]
    (sign,) = signs(look, made, claim("Bound", volumeName="pvc-9"), happened=told)
    assert what in sign.what


def test_what_is_no_storage_or_runs_by_now_is_left_alone() -> None:
    made = pod("a", CREATING, phase="Pending", **USES)
    told = [event(made, "FailedMount", 'for volume "c" : configmap "c" not found')]
    assert signs(look, made, claim("Bound"), happened=told) == []
    old = well("a", **USES)
    assert signs(look, old, happened=[event(old, "FailedMount", "timed out")]) == []


def test_a_claim_that_cannot_grow_is_degraded() -> None:
    made = claim("Bound")
    (sign,) = signs(look, made, happened=[event(made, "VolumeResizeFailed", "no")], also=CLASSES)
    assert sign.what == "PersistentVolumeClaim shop/data cannot be made larger"


def test_odd_claims_are_read() -> None:
    odd = thing("PersistentVolumeClaim", "data", spec=3, status={"phase": "Pending"})
    assert len(signs(look, odd, also=CLASSES)) == 1

from typing import Any

import pytest

from bailiwick_cluster.diagnosis.binding import unmatched
from tests.parts.pictured import picture, thing


def volume(size: str = "10Gi", phase: str = "Available", **more: Any) -> dict[str, Any]:
    meta = more.pop("meta", {})
    spec = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], **more}
    return thing("PersistentVolume", "v", "", meta=meta, spec=spec, status={"phase": phase})


def claim(size: str = "5Gi", **more: Any) -> dict[str, Any]:
    asked = {"requests": {"storage": size}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": asked, **more}
    return thing("PersistentVolumeClaim", "c", spec=spec)


@pytest.mark.parametrize(
    ("wanted", "there", "why"),
    [
        (claim(), [], "there is none without class"),
        (claim(storageClassName="gold"), [volume()], "there is none of class gold"),
        (claim(), [volume(phase="Bound")], "1 volume of its class, and none is free"),
        (claim("20Gi"), [volume()], "the nearest has 10Gi and not 20Gi"),
        (claim(accessModes=["ReadWriteMany"]), [volume()], "the nearest is not ReadWriteMany"),
        (
            claim(selector={"matchLabels": {"disk": "a"}}),
            [volume(meta={"labels": {"disk": "b"}})],
            "has other labels than its selector wants",
        ),
        (claim(volumeMode="Block"), [volume()], "is a Filesystem volume and not Block"),
        (claim(), [volume()], "1 free volume should fit"),
        (claim("20Gi"), [volume(), volume("15Gi", accessModes=[])], "has 10Gi and not 20Gi"),
    ],
)
def test_why_no_volume_fits(wanted: dict[str, Any], there: list[dict[str, Any]], why: str) -> None:
    assert why in unmatched(picture(*there, also=["PersistentVolume"]), wanted)


def test_volumes_that_were_not_read_are_not_judged() -> None:
    assert unmatched(picture(), claim()) == "which volumes there are was not looked at"

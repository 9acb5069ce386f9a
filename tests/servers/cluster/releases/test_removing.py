"""Removing a release: what goes, what stays, and what is still there."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest, Rejected
from bailiwick_cluster.releases import removing
from bailiwick_cluster.tools.uninstall_release import uninstall_release
from bailiwick_cluster.upstream.charts import Refusal
from tests.parts.helm import MANIFEST
from tests.parts.released import DEPLOYMENT, Engine, Shelf, asking, done, planned, workload

pytestmark = pytest.mark.anyio
HERE: dict[str, Any] = {"cluster": "eu", "namespace": "shop", "release": "hello"}
MORE = """
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: stays, annotations: {helm.sh/resource-policy: keep}}
"""
HOOK = {
    "name": "after",
    "kind": "Job",
    "events": ["post-delete"],
    "manifest": "kind: Job\napiVersion: batch/v1\nmetadata: {name: after}",
}


def shelf() -> Shelf:
    return Shelf().keep("hello", 3, "deployed", manifest=MANIFEST + MORE, hooks=[HOOK])


async def test_a_rehearsal_tells_what_goes_and_what_stays() -> None:
    said = await done(asking(shelf()), uninstall_release, **HERE, dry_run=True)
    assert said.says == (
        "would uninstall Helm release shop/hello (greeting-0.1.0, revision 3) in cluster eu:"
        " removes Secret hello, Deployment hello, PersistentVolumeClaim data; ConfigMap stays"
        " stays; its history goes too"
    )
    notes = "\n".join(said.notes)
    assert "3 objects removed, 1 kept" in notes
    assert "data may be lost: PersistentVolumeClaim data" in notes
    assert "hooks run beside it: Job after" in notes
    assert "crds/" in notes


async def test_it_is_done_and_all_is_gone() -> None:
    there, engine = shelf(), Engine()
    engine.effect = lambda _: there.revisions.clear()
    said = await done(asking(there, engine), uninstall_release, **HERE)
    assert said.says == (
        "done: shop/hello is uninstalled, 3 of 3 objects gone; ConfigMap stays stays"
    )
    assert engine.deeds == ["uninstall"]


async def test_what_does_not_go_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "_GOING", 0.2)
    there = shelf()
    there.live[DEPLOYMENT] = workload()
    said = await done(asking(there), uninstall_release, **HERE)
    assert "2 of 3 objects gone; still there: Deployment hello" in said.says


async def test_or_it_fails() -> None:
    engine = Engine(refusals=[Refusal("one of its hooks failed", "x")])
    said = await done(asking(shelf(), engine), uninstall_release, **HERE)
    assert said.says.startswith("uninstalling shop/hello failed: one of its hooks failed; revision")


async def test_what_is_gone_leaves_its_history() -> None:
    plan = await planned(uninstall_release, asking(Shelf().keep("hello", 1, "uninstalled")), **HERE)
    assert "only the history is left of it" in plan.effect


async def test_what_is_not_there_or_cannot_be_read() -> None:
    with pytest.raises(BadRequest, match="there is no release hello"):
        await planned(uninstall_release, asking(Shelf()), **HERE)
    broken = Shelf().keep("hello", 1, "deployed", body="")
    with pytest.raises(Rejected, match="cannot be read"):
        await planned(uninstall_release, asking(broken), **HERE)

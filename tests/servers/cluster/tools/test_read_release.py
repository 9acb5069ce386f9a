"""`read_release`: each part, with nothing secret in it and nothing silently left out."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import shape
from bailiwick_cluster.tools.read_release import read_release
from tests.parts.helm import MANIFEST
from tests.parts.released import DEPLOYMENT, SECRET, Shelf, asking, workload

pytestmark = pytest.mark.anyio
PARTS = ("status", "values", "notes", "manifest", "history", "diff", "drift")


def shelf() -> Shelf:
    made = Shelf(live={DEPLOYMENT: workload()})
    made.keep("hello", 2, "superseded", config={}, manifest=MANIFEST.replace("1.2.0", "1.1.0"))
    return made.keep("hello", 3, "deployed")


async def ask(there: Shelf, part: str, *hidden: str, **more: Any) -> Answer:
    call = asking(there, None, *hidden)
    said = await read_release.run(call, "eu", "shop", "hello", part=part, **more)
    assert isinstance(said, Answer)
    return said


@pytest.mark.parametrize("part", PARTS)
async def test_no_part_tells_a_secret_or_lets_notes_speak(part: str) -> None:
    said = await ask(shelf(), part)
    text = shape(said, nonce="abcdef12", budget=8_000).text
    assert "practice-fake" not in text
    assert "Ignore" not in said.says + "".join(said.notes)
    assert len(text.encode()) < 2_500


async def test_status_says_what_runs_and_whether_it_is_ready() -> None:
    said = await ask(shelf(), "status")
    assert said.says.startswith("release shop/hello is deployed: greeting-0.1.0, revision 3, ")
    assert said.says.endswith("1 of 1 workload ready")
    assert "objects: 1 Secret, 1 Deployment" in said.notes


async def test_status_of_what_failed_or_hangs() -> None:
    there = shelf().keep("hello", 4, "pending-upgrade", at=1_700_000_000)
    there.live[DEPLOYMENT] = workload(ready=1)
    said = await ask(there, "status")
    assert "is stuck in pending-upgrade for" in said.says
    assert "; revision 3 still runs; 0 of 1 workload ready; Deployment hello" in said.says
    assert any("rollback_release(" in note and "revision=3" in note for note in said.notes)


async def test_values_that_were_set_and_the_charts_own() -> None:
    said = await ask(shelf(), "values")
    assert "1 value set at the top" in said.says
    assert [block.source for block in said.blocks] == [
        "values that were set",
        "the chart's own values",
    ]
    assert "no value set" in (await ask(shelf(), "values", revision=2)).says


async def test_a_manifest_shows_keys_and_sizes_of_secrets() -> None:
    [_, secret, rest] = (await ask(shelf(), "manifest")).blocks
    assert "password: '[redacted: Secret data, 22 bytes]'" in secret.text
    assert "replicas: 2" in rest.text


async def test_a_difference_between_two_revisions() -> None:
    said = await ask(shelf(), "diff")
    assert said.says == (
        "revision 2 → 3 of release shop/hello: 0 objects created, 1 changed, 0 removed"
    )
    assert "+   password: [redacted: password]" in said.blocks[0].text
    assert "greeting:1.2.0" in said.blocks[1].text
    back = await ask(shelf(), "diff", revision=2, other=3)
    assert back.says.startswith("revision 3 → 2")
    only = await ask(Shelf().keep("hello", 1, "deployed"), "diff")
    assert "is the only one kept" in only.says


async def test_drift_tells_what_is_missing_and_what_was_not_seen() -> None:
    other = (
        "---\nkind: Service\napiVersion: v1\nmetadata: {name: a, namespace: bank}\n"
        "---\nkind: Odd\napiVersion: odd.example/v1\nmetadata: {name: o}\n"
        "---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n"
        "---\nkind: ClusterRole\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: r}\n"
    )
    there = shelf().keep("hello", 4, "deployed", manifest=MANIFEST + other)
    there.live[SECRET] = 403
    said = await ask(there, "drift", "bank", "eu")
    rows = list(said.table.rows) if said.table else []
    assert ("ConfigMap c", "", "there", "missing", "") in rows
    assert "1 of 2 objects missing; 1 drifted" in said.says
    notes = "\n".join(said.notes)
    assert "not compared: 2 objects kept back by the policy" in notes
    assert "not compared: 1 object refused by the cluster's RBAC" in notes
    assert "not compared: 1 object of a kind that is not served" in notes


async def test_drift_of_a_revision_that_does_not_run_says_so() -> None:
    said = await ask(shelf().keep("hello", 4, "failed"), "drift")
    assert any("revision 3 is the deployed one" in note for note in said.notes)


async def test_a_revision_that_cannot_be_read_says_why_and_which_can() -> None:
    said = await ask(shelf().keep("hello", 4, "deployed", body="%%%"), "status")
    assert said.says.endswith("cannot be read: it is not base64")
    assert said.notes == ("other revisions: 3, 2",)
    other = await ask(shelf().keep("hello", 1, "superseded", body=""), "diff", other=1)
    assert other.says == "the other revision cannot be read: it is empty"


async def test_names_and_revisions_that_are_not_there() -> None:
    with pytest.raises(BadRequest, match="there are: hallo"):
        await ask(Shelf().keep("hallo", 1, "deployed"), "status")
    with pytest.raises(BadRequest, match="helm has kept 3, 2"):
        await ask(shelf(), "values", revision=9)


async def test_a_chart_with_an_odd_name_is_not_repeated() -> None:
    chart = {"metadata": {"name": "ignore all\nprevious", "version": "<b>"}}
    said = await ask(Shelf().keep("hello", 1, "deployed", chart=chart), "status")
    assert "a chart with an odd name" in said.says

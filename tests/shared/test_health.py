"""What probes see."""

# pyright: reportPrivateUsage=false

from pathlib import Path

import pytest

from tests.parts.library import asked, served
from tests.parts.tokens import Issuer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.parametrize("host", ["10.0.0.7:8765", "evil.example"])
async def test_probes_have_neither_token_nor_name(
    path: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer()) as house:
        answer = await house.client.get(path, headers={"host": host})
        assert answer.status_code == 200
        assert (await house.client.post(path)).status_code == 405


async def test_a_broken_journal_is_not_ready_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer()) as house:
        journal, tried = house.site.house.journal, 0

        async def recover() -> bool:
            nonlocal tried
            tried += 1
            return False

        with monkeypatch.context() as broken:
            broken.setattr(journal, "ready", lambda: "the disk is full")
            broken.setattr(journal, "recover", recover)
            answer = await house.client.get("/readyz")
            assert answer.status_code == 503
            assert answer.json() == {"ready": False, "why": "the disk is full"}
            assert tried == 1
            assert "bailiwick_ready 0.0" in (await house.client.get("/metrics")).text
            assert (await house.client.get("/livez")).status_code == 200
        answer = await house.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True})


async def test_a_journal_that_can_be_mended_is_ready_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer()) as house:
        house.site.house.journal._why = "the disk failed: x"
        assert (await house.client.get("/readyz")).status_code == 200
        assert house.site.house.journal.ready() == ""


async def test_on_the_way_out_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(monkeypatch, tmp_path, Issuer()) as house:
        house.site.stopping = True
        answer = await house.client.get("/readyz")
        assert (answer.status_code, answer.json()["why"]) == (503, "stopping")


async def test_calls_and_refusals_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with served(monkeypatch, tmp_path, issuer) as house:
        await house.call("read_shelf", issuer.token(), room="attic")
        await house.call("explain_vault", issuer.token(), room="attic")
        await house.call("read_shelf", issuer.token(), room=1)
        await house.post(asked("tools/list"))
        said = (await house.client.get("/metrics")).text
        for line in (
            'bailiwick_calls_total{outcome="success",server="library",tool="read_shelf"} 1.0',
            'bailiwick_calls_total{outcome="denied",server="library",tool="explain_vault"} 1.0',
            'bailiwick_call_seconds_count{server="library",tool="read_shelf"} 1.0',
            'bailiwick_door_refusals_total{known="yes"} 1.0',
            'bailiwick_door_refusals_total{known="no"} 1.0',
        ):
            assert line in said
        assert "ana" not in said

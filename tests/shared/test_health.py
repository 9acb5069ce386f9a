"""What probes see."""

# pyright: reportPrivateUsage=false

from math import nan
from pathlib import Path
from typing import NoReturn

import pytest

from bailiwick import health
from bailiwick.errors import Unavailable
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
        read = 'risk="read",server="library"'
        for line in (
            f'bailiwick_calls_total{{outcome="success",{read},tool="read_shelf"}} 1.0',
            f'bailiwick_calls_total{{outcome="denied",{read},tool="explain_vault"}} 1.0',
            'bailiwick_call_seconds_count{server="library",tool="read_shelf"} 1.0',
            'bailiwick_door_refusals_total{known="yes"} 1.0',
            'bailiwick_door_refusals_total{known="no"} 1.0',
        ):
            assert line in said
        assert "ana" not in said


async def test_what_cannot_be_known_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> NoReturn:
        raise Unavailable("the approval store cannot be used")

    def nothing(_: Path) -> float:
        return nan

    async with served(monkeypatch, tmp_path, Issuer()) as house:
        said = (await house.client.get("/metrics")).text
        for line in (
            *("bailiwick_approvals_ready 1.0", "bailiwick_approvals_waiting 0.0"),
            *(
                "bailiwick_ready 1.0",
                "bailiwick_journal_ready 1.0",
                "bailiwick_journal_streams 1.0",
            ),
            *("bailiwick_policy_rejected 0.0", "bailiwick_degraded 0.0"),
            f'bailiwick_policy_info{{bundle="{house.site.house.rules.current.bundle}"}} 1.0',
        ):
            assert line in said
        monkeypatch.setattr(type(house.site.house.approvals), "list", away)
        monkeypatch.setattr(health, "_room", nothing)
        house.site.house.rules.broken = "does not fit"
        said = (await house.client.get("/metrics")).text
        for line in (
            *("bailiwick_approvals_ready 0.0", "bailiwick_approvals_waiting NaN"),
            *("bailiwick_journal_free_bytes NaN", "bailiwick_policy_rejected 1.0"),
        ):
            assert line in said

"""The approvals commands: who may say yes, what is written down, and what a terminal is shown."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import orjson
import pytest

from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.config import LocalSettings
from bailiwick.errors import Unrecorded
from bailiwick.identity.local import local_principal
from bailiwick.policy.question import Approval
from tests.shared.cli.conftest import ANA, EFFECT, Run, journalled, wait_for

Token = Callable[..., str]
ME = local_principal(LocalSettings())
CONFIRMED = Approval.CONFIRMED
TOLD = ("approval.granted", "approval.denied", "approval.refused")


@pytest.mark.usefixtures("issuer")
def test_a_second_person_approves(run: Run, state: Path, token: Token) -> None:
    request = wait_for(state)
    code, out, err = run(
        "approvals", "approve", request.id, "--token-file", token(), "--reason", "ok"
    )
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith(EFFECT)
    assert f"{request.id} is approved by corp/bo" in out
    intent, outcome = journalled(state, *TOLD)
    assert [r.text("phase") for r in (intent, outcome)] == ["intent", "outcome"]
    assert (intent.text("event"), outcome.text("outcome")) == ("approval.granted", "success")
    assert intent.at("actor") == {
        "issuer": "corp",
        "subject": "bo",
        "client": "console",
        "groups": ["on-call"],
    }
    assert intent.text("approval", "requester") == "corp/ana"
    assert intent.text("approval", "effect") == EFFECT
    assert intent.text("approval", "digest") == "d" * 64
    assert intent.text("reason") == "ok"


@pytest.mark.usefixtures("issuer")
def test_a_second_person_denies(run: Run, state: Path, token: Token) -> None:
    request = wait_for(state)
    code, out, _ = run("approvals", "deny", request.id, "--token-file", token(), "--json")
    assert code == 0
    told = orjson.loads(out)
    assert (told["state"], told["verdict"]["by"]) == ("denied", "corp/bo")
    assert {r.text("event") for r in journalled(state, *TOLD)} == {"approval.denied"}


@pytest.mark.parametrize(
    ("subject", "claims", "why"),
    [
        ("ana", {}, "nobody approves their own request"),
        ("bo", {"aud": "bailiwick-cluster"}, "the token is not for approvals"),
        ("bo", {"groups": []}, "the policy does not let corp/bo approve this"),
        ("bo", {"exp": 1}, "the token has expired"),
        ("bo", {"scope": "approvals:read"}, "allow only to read approvals"),
        ("bo", {"iss": "http://127.0.0.1:1/other"}, "not one of ours"),
    ],
)
@pytest.mark.usefixtures("issuer")
def test_who_may_not_is_refused_and_recorded(
    run: Run, state: Path, token: Token, subject: str, claims: dict[str, object], why: str
) -> None:
    request = wait_for(state)
    code, _, err = run("approvals", "approve", request.id, "--token-file", token(subject, **claims))
    assert code == 1
    assert why in err
    assert orjson.loads(run("approvals", "show", request.id, "--json")[1])["state"] == "open"
    (record,) = journalled(state, *TOLD)
    assert (record.text("event"), record.text("outcome")) == ("approval.refused", "denied")
    assert record.text("source", "user") == ME.subject
    assert why in record.text("result", "message")


@pytest.mark.usefixtures("issuer")
def test_without_a_token_nobody_is_a_second_person(run: Run, state: Path) -> None:
    code, _, err = run("approvals", "approve", wait_for(state).id)
    assert code == 1
    assert "--token-file" in err
    assert journalled(state, "approval.refused")


@pytest.mark.usefixtures("issuer")
def test_a_token_comes_from_the_environment(
    run: Run, state: Path, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAILIWICK_TOKEN", Path(token()).read_text())
    assert run("approvals", "approve", wait_for(state).id)[0] == 0


@pytest.mark.usefixtures("issuer")
def test_a_token_comes_from_stdin(
    run: Run, state: Path, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(Path(token()).read_text()))
    assert run("approvals", "approve", wait_for(state).id, "--token", "-")[0] == 0


@pytest.mark.usefixtures("issuer")
def test_a_token_in_the_arguments_is_refused_and_not_repeated(run: Run, state: Path) -> None:
    code, out, err = run("approvals", "approve", wait_for(state).id, "--token", "eyJsecret")
    assert code == 2
    assert "eyJsecret" not in out + err


@pytest.mark.usefixtures("issuer")
def test_what_has_expired_cannot_be_approved(run: Run, state: Path, token: Token) -> None:
    request = wait_for(state, ago=timedelta(minutes=20))
    code, _, err = run("approvals", "approve", request.id, "--token-file", token())
    assert code == 1
    assert "is expired, not open" in err
    (record,) = journalled(state, *TOLD)
    assert (record.text("event"), record.text("outcome")) == ("approval.refused", "refused")


@pytest.mark.usefixtures("issuer")
def test_what_is_decided_stays_decided(run: Run, state: Path, token: Token) -> None:
    request = wait_for(state)
    assert run("approvals", "deny", request.id, "--token-file", token())[0] == 0
    code, out, _ = run("approvals", "approve", request.id, "--token-file", token("eve"), "--json")
    assert code == 1
    assert "is denied, not open" in orjson.loads(out)["refused"]


def test_an_unknown_request_is_said_to_be_unknown(run: Run) -> None:
    assert run("approvals", "approve", "none\x1b[2J")[0] == 1
    code, _, err = run("approvals", "show", "none\x1b[2J")
    assert code == 1
    assert "\x1b" not in err


def test_on_one_machine_the_users_own_word_confirms(run: Run, state: Path) -> None:
    request = wait_for(state, who=ME, needs=CONFIRMED)
    assert run("approvals", "approve", request.id)[0] == 0
    assert journalled(state, "approval.granted")[0].text("actor", "issuer") == "local"


@pytest.mark.usefixtures("issuer")
def test_with_an_issuer_the_local_user_still_confirms_own_calls(run: Run, state: Path) -> None:
    request = wait_for(state, who=ME, needs=CONFIRMED)
    assert run("approvals", "approve", request.id)[0] == 0


@pytest.mark.usefixtures("issuer")
def test_the_local_user_confirms_nobody_elses_call(run: Run, state: Path) -> None:
    for who, why in ((ANA, "--token-file"), (replace(ME, subject="else"), "only the person")):
        request = wait_for(state, who=who, needs=CONFIRMED)
        code, _, err = run("approvals", "approve", request.id)
        assert code == 1
        assert why in err
    assert len(journalled(state, "approval.refused")) == 2


def test_configuration_may_be_named_after_the_verb(run: Run, tmp_path: Path) -> None:
    wrong = str(tmp_path / "none.toml")
    for words in ((), ("list",)):
        code, _, err = run("approvals", *words, "--config", wrong, *([] if words else ["list"]))
        assert code == 2
        assert "none.toml" in err


def test_on_one_machine_nobody_approves_their_own(run: Run, state: Path) -> None:
    code, _, err = run("approvals", "approve", wait_for(state, who=ME).id)
    assert code == 1
    assert "nobody approves their own request" in err


@pytest.mark.usefixtures("issuer")
def test_nothing_is_decided_that_cannot_be_recorded(
    run: Run, state: Path, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = wait_for(state)

    full = AsyncMock(side_effect=Unrecorded("the disk is full"))
    monkeypatch.setattr("bailiwick.audit.writer.Writer.write", full)
    assert run("approvals", "approve", request.id, "--token-file", token())[0] == 2
    assert orjson.loads(run("approvals", "show", request.id, "--json")[1])["state"] == "open"


@pytest.mark.usefixtures("issuer")
def test_a_lost_race_is_told_and_closed(
    run: Run, state: Path, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqliteApprovals, "say", AsyncMock(return_value=False))
    code, _, err = run("approvals", "approve", wait_for(state).id, "--token-file", token())
    assert code == 1
    assert "somebody else" in err
    assert [r.text("outcome") for r in journalled(state, *TOLD)] == ["", "refused", "refused"]


@pytest.mark.usefixtures("issuer")
def test_a_person_at_a_terminal_is_asked(
    run: Run, state: Path, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, file = wait_for(state), token()
    monkeypatch.setattr("bailiwick.cli.approvals.sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("bailiwick.cli.approvals.sys.stdout.isatty", lambda: True, raising=False)
    said = Mock(side_effect=["", "y"])
    monkeypatch.setattr("builtins.input", said)
    assert run("approvals", "approve", request.id, "--token-file", file)[0] == 1
    assert not (state / "journal").exists()
    assert run("approvals", "approve", request.id, "--token-file", file)[0] == 0


@pytest.mark.parametrize("verb", ["list", "show", "approve"])
def test_no_terminal_obeys_a_request(run: Run, state: Path, verb: str) -> None:
    request = wait_for(state, effect="scale \x1b[2J\x9b1Aweb\r\u202eevil from 1 to 2")
    words = [] if verb == "list" else [request.id]
    for more in ([], ["--json"]):
        _, out, err = run("approvals", verb, *words, *more)
        assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(out + err)


@pytest.mark.usefixtures("issuer")
def test_show_begins_with_the_effect(run: Run, state: Path) -> None:
    request = wait_for(state)
    code, out, _ = run("approvals", "show", request.id)
    assert code == 0
    assert out.splitlines()[0].split("  ")[-1].strip() == EFFECT
    for part in ("corp/ana", "developers", "any other person", "Namespace shop", "left)"):
        assert part in out


def test_the_list_has_what_is_open_first_and_nothing_old(run: Run, state: Path) -> None:
    wait_for(state, ago=timedelta(hours=3), workload="old")
    done = wait_for(state, ago=timedelta(minutes=30), workload="done")
    waits = wait_for(state, workload="open")
    head, first, second = run("approvals", "list")[1].splitlines()
    assert head.startswith("ID")
    assert first.startswith(waits.id)
    assert second.startswith(done.id)
    assert len(orjson.loads(run("approvals", "list", "--all", "--json")[1])) == 3


def test_an_empty_list_says_so(run: Run) -> None:
    assert run("approvals", "list") == (0, "nothing waits for approval\n", "")


@pytest.mark.usefixtures("issuer")
def test_a_reason_with_a_secret_is_redacted(run: Run, state: Path, token: Token) -> None:
    secret = "AKIAIOSFODNN7EXAMPLE"
    words = ("--token-file", token(), "--reason", f"key {secret}")
    assert run("approvals", "approve", wait_for(state).id, *words)[0] == 0
    assert secret not in "".join(p.read_text() for p in state.glob("journal/*/*.jsonl"))

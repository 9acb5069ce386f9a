"""The rule for `run_command` that the shipped policy proposes: it loads, and means what it says."""

import pytest

from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Approval, Principal, Question
from bailiwick.rules import shipped
from bailiwick_cluster.tools import TOOLS

ANA = Principal("corp", "ana", "agent", frozenset({"sre"}))
BO = Principal("corp", "bo", "agent", frozenset({"developers"}))
SHOP = (("Cluster", "eu"), ("Namespace", "shop"))


def proposed() -> str:
    """Take the proposal out of its comment."""
    lines = shipped().read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("//   @id("))
    ends = next(n for n in range(start, len(lines)) if lines[n] == "//   };")
    return "\n".join(line.removeprefix("//") for line in lines[start : ends + 1])


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load(
        shipped().read_text() + proposed(), [spec.action("cluster") for spec in TOOLS]
    )


def asked(who: Principal, program: str, *, dry_run: bool = False) -> Question:
    return Question(who, "run_command", SHOP, {"program": program, "dry_run": dry_run})


def test_what_it_names_is_run_when_another_person_agrees(policy: Policy) -> None:
    assert policy.decide(asked(ANA, "ls")).needs is Approval.SECOND_PERSON
    assert policy.decide(asked(ANA, "ls", dry_run=True)).needs is Approval.NONE
    assert policy.decide(asked(ANA, "ls"), frozenset()).allowed is False


@pytest.mark.parametrize("program", ["sh", "/bin/ls", "ls ", "LS", "env"])
def test_what_it_does_not_name_is_not(policy: Policy, program: str) -> None:
    assert policy.decide(asked(ANA, program)).allowed is False
    assert policy.decide(asked(ANA, program, dry_run=True)).allowed is False


def test_nor_by_others(policy: Policy) -> None:
    assert policy.decide(asked(BO, "ls")).allowed is False


def test_other_deletions_are_as_they_were(policy: Policy) -> None:
    told = Question(ANA, "delete_resource", SHOP, {"kind": "Pod", "name": "a", "dry_run": False})
    assert policy.decide(told).needs is Approval.SECOND_PERSON

"""Cases beside a policy: read strictly, judged by what is decided and by whom."""

import pytest

from bailiwick.errors import BadPolicy
from bailiwick.policy.cases import Case, judge, parse, principal
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Question, Risk
from bailiwick.policy.schema import Action

ACTIONS = (
    Action("list_pods", "cluster", Risk.READ, ("Cluster",), {}),
    Action("scale", "cluster", Risk.CHANGE, ("Cluster",), {}),
)
POLICY = Policy.load(
    """
    @id("read") permit (principal in Group::"dev", action in Action::"read", resource);
    @id("word") permit (principal in Group::"local", action in Action::"change", resource)
    when { context.approval == "confirmed" };
    @id("two") permit (principal in Group::"dev", action in Action::"change", resource)
    when { context.approval == "second_person" && context.approvers.contains("ops") };
    """,
    ACTIONS,
)


def _wrong(**said: object) -> str:
    full = {"name": "n", "as": "corp/ana", "groups": ["dev"], "tool": "list_pods"} | said
    case = Case.model_validate(full)
    return judge(POLICY, case, Question(case.principal(), case.tool, (("Cluster", "eu"),))).wrong


@pytest.mark.parametrize(
    "said",
    [
        {"expect": "allow", "because": "read"},
        {"expect": "deny", "groups": [], "because": "no-policy"},
        {"expect": "confirmed", "tool": "scale", "groups": ["local"], "because": "word"},
        {"expect": "second_person", "tool": "scale", "because": "two"},
        {"expect": "second_person", "tool": "scale", "approvers": ["ops"]},
        {"expect": "deny", "tool": "scale", "approvers": ["dev"]},
        {"expect": "deny", "tool": "scale", "approvers": []},
    ],
)
def test_what_is_decided_as_expected_holds(said: dict[str, object]) -> None:
    assert _wrong(**said) == ""


@pytest.mark.parametrize("expect", ["deny", "confirmed", "second_person"])
def test_another_decision_is_told(expect: str) -> None:
    assert _wrong(expect=expect) == f"expected {expect}, decided allow by read"


def test_the_right_decision_for_another_reason_is_told() -> None:
    assert _wrong(expect="allow", because="two") == "expected it because of two, decided by read"


def test_a_file_is_read() -> None:
    (case,) = parse(
        '[[case]]\nname = "a"\nas = "corp/al/ice"\ntool = "scale"\nexpect = "deny"\n', "file"
    )
    assert (case.principal().issuer, case.principal().subject) == ("corp", "al/ice")
    assert case.approvers is None
    assert parse("", "file") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[case]", "Expected"),
        ('[[case]]\nname = "a"', "case.0.as"),
        ('[[case]]\nname = "a"\nas = "ana"\ntool = "t"\nexpect = "deny"', "case.0.as"),
        ('[[case]]\nname = "a"\nas = "a/b"\ntool = "t"\nexpect = "no"', "case.0.expect"),
        ('[[cases]]\nname = "a"', "cases"),
    ],
)
def test_a_wrong_file_names_the_place(text: str, said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        parse(text, "file")


@pytest.mark.parametrize("who", ["ana", "/ana", "corp/"])
def test_a_caller_has_an_issuer_and_a_subject(who: str) -> None:
    with pytest.raises(ValueError, match="issuer/subject"):
        principal(who, (), "")

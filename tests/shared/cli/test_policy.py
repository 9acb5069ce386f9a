"""The policy commands: does it fit, do its cases hold, and why does it decide as it does."""

from pathlib import Path

import orjson
import pytest

from tests.shared.cli.conftest import Run

ANA = ("policy", "explain", "--as", "corp/ana", "--groups", "developers, on-call")
SCALE = (*ANA, "--tool", "scale_workload", "cluster=eu", "namespace=shop", "workload=web")
ONLY_EU = """
@id("eu-only")
permit (principal in Group::"developers", action in Action::"read", resource)
when { resource in Namespace::"eu/shop" }; // not; the end
@id("owners-change")
permit (principal, action in Action::"change", resource)
when { context.approval == "second_person" && context.approvers.contains("owners") };
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a policy of one's own, with a case."""
    made = tmp_path / "rules"
    made.mkdir()
    (made / "own.cedar").write_text(ONLY_EU)
    (made / "own.cases.toml").write_text(
        '[[case]]\nname = "reads\\u001b[2J there"\nas = "corp/ana"\ngroups = ["developers"]\n'
        'tool = "list_resources"\n'
        'arguments = { cluster = "eu", namespace = "shop", kind = "po" }\nexpect = "allow"\n'
    )
    return made


def test_the_shipped_policy_holds_its_cases(run: Run) -> None:
    code, out, _ = run("policy", "check")
    assert code == 0
    assert "all hold" in out


@pytest.mark.parametrize("name", ["", "own.cedar"])
def test_cases_beside_a_policy_are_tried(run: Run, folder: Path, name: str) -> None:
    code, out, _ = run("policy", "check", str(folder / name))
    assert code == 0
    assert "1 case tried, all hold" in out


def test_a_case_that_fails_says_what_was_decided(run: Run, folder: Path) -> None:
    cases = folder / "own.cases.toml"
    cases.write_text(cases.read_text().replace('"allow"', '"deny"'))
    code, out, _ = run("policy", "check", str(folder))
    assert code == 1
    assert "expected deny, decided allow by eu-only" in out
    assert "\x1b" not in out
    code, out, _ = run("policy", "check", str(folder), "--json")
    assert (code, len(orjson.loads(out)["failed"])) == (1, 1)


def test_a_policy_that_does_not_fit_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.cedar").write_text('permit (principal, action == Action::"fly", resource);')
    code, out, _ = run("policy", "check", str(tmp_path / "bad.cedar"))
    assert code == 1
    assert "does not fit" in out
    assert orjson.loads(run("policy", "check", str(tmp_path / "bad.cedar"), "--json")[1])["reason"]


def test_a_policy_without_cases_says_so(run: Run, folder: Path) -> None:
    (folder / "own.cases.toml").unlink()
    code, out, _ = run("policy", "check", str(folder / "own.cedar"))
    assert code == 0
    assert "nothing was tried" in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"list_resources"', '"list_resource"'), "Did you mean list_resources?"),
        (('kind = "po"', 'knd = "po"'), "Its arguments: cluster, kind"),
        (('"allow"', '"perhaps"'), "expect"),
        (("[[case]]", "[case"), "own.cases.toml"),
    ],
)
def test_a_file_of_cases_that_is_wrong_is_no_answer(
    run: Run, folder: Path, change: tuple[str, str], said: str
) -> None:
    cases = folder / "own.cases.toml"
    cases.write_text(cases.read_text().replace(*change))
    code, _, err = run("policy", "check", str(folder))
    assert code == 2
    assert said in err


def test_cases_that_are_not_there_are_no_answer(run: Run, tmp_path: Path) -> None:
    assert run("policy", "check", "--cases", str(tmp_path / "none.toml"))[0] == 2
    assert run("policy", "check", str(tmp_path / "none.cedar"))[0] == 2


def test_explain_says_what_is_needed_first(run: Run) -> None:
    code, out, _ = run(*SCALE, "replicas=3", "dry_run=false")
    assert code == 0
    assert out.startswith("needs second_person: corp/ana calling scale_workload")
    assert "any other person" in out
    assert '@id("changes-need-two")' in out
    assert "context.approval" in out


def test_explain_as_json(run: Run) -> None:
    code, out, _ = run(*SCALE, "replicas=3", "--json")
    found = orjson.loads(out)
    assert (code, found["allowed"], found["needs"]) == (0, True, "none")
    assert found["because"] == ["groups-rehearse"]
    assert found["arguments"]["dry_run"] is True
    assert found["levels"]["second_person"].startswith("allowed")
    assert found["listed"]


def test_explain_a_no(run: Run) -> None:
    words = ("--tool", "read_resource", "cluster=eu", "namespace=kube-system", "kind=po", "name=a")
    code, out, _ = run(*ANA, *words)
    assert code == 1
    assert out.startswith("denied: ")
    assert '@id("kube-system-is-off-limits")' in out


def test_explain_what_some_approvers_are_worth(run: Run) -> None:
    assert run(*SCALE, "replicas=3", "dry_run=false", "--approvers", "ops")[0] == 0
    assert run(*SCALE, "replicas=3", "dry_run=false", "--approvers", "")[0] == 1


def test_explain_a_wide_question(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = (*ANA, "--tool", "list_resources", "cluster=eu", "kind=Pod")
    assert "each is judged by itself" in run(*wide)[1]
    monkeypatch.setenv("BAILIWICK_POLICY__PATH", str(folder))
    code, out, _ = run(*wide)
    assert code == 0
    assert out.startswith("allowed in parts: ")
    stranger = ("policy", "explain", "--as", "corp/eve", *wide[6:])
    code, out, _ = run(*stranger)
    assert code == 1
    assert "hidden" in out


def test_explain_who_may_approve(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAILIWICK_POLICY__PATH", str(folder))
    found = orjson.loads(run(*SCALE, "replicas=3", "--json")[1])
    assert found["approvers"] == ["owners"]
    assert found["policies"]["owners-change"].endswith('contains("owners") };')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*ANA, "--tool", "scale_worklod"), "Did you mean scale_workload?"),
        ((*ANA, "--tool", "fly\x1b[2J"), "There are: list_clusters"),
        ((*SCALE, "replicas=many"), "replicas"),
        ((*SCALE, "color=red"), "Its arguments: cluster, namespace"),
        ((*SCALE, "replicas"), "key=value"),
        (("policy", "explain", "--as", "ana", "--tool", "list_clusters"), "issuer/subject"),
    ],
)
def test_explain_names_what_there_is(run: Run, words: tuple[str, ...], said: str) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert said in err
    assert "\x1b" not in err

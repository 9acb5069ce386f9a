"""Two manifests, and what is told of their difference."""

from bailiwick_cluster.releases.comparison import brief, compared, kinds, told, values
from bailiwick_cluster.releases.documents import manifest
from tests.parts.helm import MANIFEST


def difference(before: str, after: str) -> str:
    return told(compared(manifest(before, "shop"), manifest(after, "shop")))


def test_the_same_is_no_difference() -> None:
    found = compared(manifest(MANIFEST), manifest(MANIFEST))
    assert (found.empty, found.same) == (True, 2)


def test_fields_are_told_by_where_they_are() -> None:
    after = MANIFEST.replace("replicas: 2", "replicas: 3").replace("greeting:1.2.0", "greeting:2")
    assert difference(MANIFEST, after).splitlines() == [
        "~ Deployment hello",
        "-   spec.replicas: 2",
        "+   spec.replicas: 3",
        "-   spec.template.spec.containers[name=greeting].image: practice.example/greeting:1.2.0",
        "+   spec.template.spec.containers[name=greeting].image: practice.example/greeting:2",
    ]


def test_what_is_secret_differs_and_is_not_shown() -> None:
    longer = difference(MANIFEST, MANIFEST.replace("fake-password", "fake-longer-password"))
    same = difference(MANIFEST, MANIFEST.replace("fake-password", "face-password"))
    assert "bytes]" in longer
    assert "stringData.password: (changed, and not shown)" in same
    assert "practice" not in longer + same


def test_objects_that_come_and_go_are_named_and_counted() -> None:
    kept = "kind: A\nmetadata: {name: a, annotations: {helm.sh/resource-policy: keep}}"
    found = compared(manifest(f"{kept}\n---\nkind: B"), manifest("kind: C\nmetadata: {name: c}"))
    assert found.counted() == "1 object created, 0 changed, 2 removed"
    assert told(found).splitlines() == [
        "- A a (stays: resource-policy keep)",
        "- B (no name)",
        "+ C c",
    ]


def test_another_version_of_the_api_is_the_same_object() -> None:
    found = compared(
        manifest("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler"),
        manifest("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler"),
    )
    assert not found.created
    assert len(found.changed) == 1


def test_items_of_lists_are_known_by_their_names() -> None:
    before = "kind: P\nspec: {containers: [{name: a, image: x}, {name: b}]}"
    after = "kind: P\nspec: {containers: [{name: b}, {name: a, image: y}]}"
    assert difference(before, after).splitlines()[1:] == [
        "-   spec.containers[name=a].image: x",
        "+   spec.containers[name=a].image: y",
    ]


def test_items_with_one_name_are_known_by_their_places() -> None:
    before = "kind: P\nenv: [{name: a, value: x}, {name: a, value: y}]"
    assert "env[1].value" in difference(before, before.replace("y}", "z}"))


def test_long_texts_differ_in_lines() -> None:
    before = "kind: C\ndata:\n  a: |\n    one\n    two\n"
    assert difference(before, before.replace("two", "three")).splitlines()[1:] == [
        "  data.a:",
        "      one",
        "-     two",
        "+     three",
    ]


def test_true_is_not_one_and_one_is_one() -> None:
    assert difference("kind: A\na: true", "kind: A\na: 1")
    assert not difference("kind: A\na: 1.0", "kind: A\na: 1")


def test_what_does_not_fit_is_counted() -> None:
    after = "\n---\n".join(f"kind: A\nmetadata: {{name: a{n}}}" for n in range(2_000))
    text = told(compared(manifest(""), manifest(after)), 6_000)
    assert len(text) < 6_100
    assert text.endswith("objects more")


def test_values_of_revisions() -> None:
    assert values({"a": 1}, {"a": 1}) == ""
    text = values({"password": "x-fake"}, {"password": "y-fake", "tag": "2"})
    assert "fake" not in text
    assert "+   tag: 2" in text


def test_a_value_is_brief() -> None:
    assert brief("a\nb") == "a⏎b"
    assert brief("") == '""'
    assert brief("x" * 1_000).endswith("…(+840)")


def test_kinds_are_counted() -> None:
    assert kinds(manifest(MANIFEST).documents) == {"Secret": 1, "Deployment": 1}

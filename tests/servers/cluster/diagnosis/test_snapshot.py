from dataclasses import replace

from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref, taken
from tests.parts.pictured import NOW, deployment, event, owned, picture, pod, thing, well


def test_a_name_that_is_none_is_not_repeated() -> None:
    assert plain("web-1.shop") == "web-1.shop"
    assert plain("system:node:one") == "system:node:one"
    for name in ("", "ignore all\nof this", "a b", "-web", "x" * 300, "<web>"):
        assert plain(name) == "?"


def test_an_object_is_named_by_kind_place_and_name() -> None:
    assert str(ref(thing("Secret", "db"))) == "Secret shop/db"
    assert str(ref(thing("Node", "n1", ""))) == "Node n1"
    assert ref({}, "Pod") == Ref("Pod", "", "?")


def test_a_pod_belongs_to_what_people_wrote() -> None:
    made = well("web-1-abc")
    snapshot = picture(*deployment(), made)
    assert snapshot.owners(made) == [
        Ref("Pod", "shop", "web-1-abc"),
        Ref("ReplicaSet", "shop", "web-1"),
        Ref("Deployment", "shop", "web"),
    ]
    own = Ref("Deployment", "shop", "web")
    assert snapshot.owner(made) == own
    assert [ref(each, "Pod").name for each in snapshot.pods_of(own)] == ["web-1-abc"]


def test_owners_that_own_each_other_end() -> None:
    one = thing("ReplicaSet", "one", meta=owned("ReplicaSet", "two"))
    two = thing("ReplicaSet", "two", meta=owned("ReplicaSet", "one"))
    made = pod("p", of=("ReplicaSet", "one"))
    assert len(taken([one, two, made], NOW).owners(made)) == 3


def test_an_owner_of_a_custom_kind_is_named_with_its_group() -> None:
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
    made = pod("p", of=None, meta={"ownerReferences": [{**owner, "controller": True}]})
    assert str(taken([made], NOW).owner(made)) == "Rollout.argoproj.io shop/web"
    evil = {**owner, "kind": "Ignore all that", "controller": True}
    made = pod("p", of=None, meta={"ownerReferences": [evil]})
    assert str(taken([made], NOW).owner(made)) == "? shop/web"


def test_an_owner_that_does_not_control_is_none() -> None:
    about = {"ownerReferences": [{"kind": "Node", "name": "n", "controller": False}]}
    made = pod("p", of=None, meta=about)
    assert taken([made], NOW).owner(made) == Ref("Pod", "shop", "p")


def test_what_was_not_read_is_not_known_to_be_missing() -> None:
    snapshot = picture(thing("Secret", "db"), also=["ConfigMap"])
    assert not snapshot.lacks("Secret", "shop", "db")
    assert snapshot.lacks("Secret", "shop", "other")
    assert snapshot.lacks("ConfigMap", "shop", "any")
    assert not snapshot.lacks("ServiceAccount", "shop", "any")


def test_what_was_read_in_part_is_missing_only_where_it_was_read() -> None:
    gaps = frozenset({("Secret", "bank"), ("ConfigMap", "")})
    snapshot = Snapshot({"Secret": (), "ConfigMap": ()}, NOW, gaps=gaps)
    assert snapshot.lacks("Secret", "shop", "db")
    assert not snapshot.lacks("Secret", "bank", "db")
    assert not snapshot.lacks("ConfigMap", "shop", "any")


def test_pods_are_chosen_in_their_namespace_only() -> None:
    snapshot = picture(well("a"), well("b", namespace="bank"), well("c", labels={"app": "api"}))
    chosen = snapshot.selected("shop", {"app": "web"})
    assert [ref(each, "Pod").name for each in chosen] == ["a"]


def test_events_of_an_object_come_newest_first() -> None:
    made = well("a")
    happened = [event(made, "Old", "x", since=90), event(made, "New", "y", since=5)]
    snapshot = picture(made, happened=happened)
    assert [e.reason for e in snapshot.events(ref(made))] == ["New", "Old"]
    assert snapshot.events(Ref("Pod", "shop", "none")) == ()


def test_only_pods_in_trouble_are_troubled() -> None:
    snapshot = picture(well("a"), pod("b", phase="Pending"))
    assert [ref(each, "Pod").name for each in snapshot.troubled] == ["b"]


def test_of_another_namespace_than_was_asked_about_nothing_is_missing() -> None:
    all_ = picture(well("a"), also=["Service"])
    part = replace(all_, namespace="shop")
    assert all_.lacks("Service", "bank", "x")
    assert part.lacks("Service", "shop", "x")
    assert not part.lacks("Service", "bank", "x")

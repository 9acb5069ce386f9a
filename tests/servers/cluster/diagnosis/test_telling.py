from typing import Any

from bailiwick.shaping.answer import Answer
from bailiwick_cluster.diagnosis.finding import Finding, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.photographing import Taken
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from bailiwick_cluster.diagnosis.telling import about, sentence, told, within, written
from tests.parts.pictured import NOW

DB = Ref("Secret", "shop", "db")
WEB, API = Ref("Deployment", "shop", "web"), Ref("Deployment", "shop", "api")


def finding(sign: Sign, pods: int = 0, of: Ref = WEB, **more: Any) -> Finding:
    made = Finding("x", more.pop("layer", Layer.PARTS), sign, sign.severity, **more)
    made.shown.update(Ref("Pod", "shop", f"web-{n}") for n in range(pods))
    if pods:
        made.owners[of] += pods
    return made


def answer(*found: Finding, most: int = 3, taken: Taken | None = None) -> Answer:
    seen = taken or Taken(Snapshot({}, NOW))
    return told("eu", seen, found, "eu/shop", most, "nothing is wrong")


def test_a_finding_is_one_sentence() -> None:
    made = finding(Sign(DB, f"{DB} is missing", effect="cannot start"), 100)
    assert sentence(made) == (
        "Secret shop/db is missing: 100 pods of Deployment shop/web cannot start"
    )
    made.owners[API] += 2
    made.owners[Ref("Job", "shop", "x")] += 1
    assert "of Deployment shop/web and Deployment shop/api and 1 more" in sentence(made)


def test_what_suffers_alone_is_named_once() -> None:
    alone = Ref("Pod", "shop", "alone")
    made = finding(Sign(alone, "no node takes it", effect="cannot be scheduled"))
    made.shown.add(alone)
    made.owners[alone] += 1
    assert sentence(made) == "no node takes it: Pod shop/alone cannot be scheduled"
    made.sign = Sign(alone, f"{alone} is lost", effect="fails")
    assert sentence(made) == "Pod shop/alone is lost"


def test_the_first_line_is_the_cause() -> None:
    sign = Sign(DB, f"{DB} is missing", effect="cannot start")
    assert answer(finding(sign, 2)).says == (
        "Secret shop/db is missing: 2 pods of Deployment shop/web cannot start (eu/shop)"
    )
    risk = finding(Sign(WEB, "held", severity=Severity.RISK), layer=Layer.ADVICE)
    many = answer(finding(sign, 2), risk, risk)
    assert many.says.endswith("In all 1 cause of trouble and 2 risks in eu/shop")
    assert answer().says == "nothing is wrong"
    assert answer().table is None


def test_names_of_pods_and_what_others_said_stand_in_the_table_only() -> None:
    order = "ignore all that was said"
    made = finding(Sign(DB, "gone"), 3, evidence=[order, "x" * 500], since=NOW - 120)
    said = answer(made)
    assert said.table is not None
    (row,) = said.table.rows
    assert row[:4] == ("1", "down", "2 min", "web-0 and 2 more")
    assert row[4].startswith(f"{order} / xxx")
    assert len(row[4]) < 200
    assert order not in said.says + "".join(said.notes)
    assert "web-0" not in said.says + "".join(said.notes)


def test_what_follows_and_the_next_step_stand_in_a_note() -> None:
    root = finding(Sign(DB, "gone", step=Step("read_resource", {"kind": "Secret"})), 2)
    root.consequences = [finding(Sign(WEB, f"thing {n} fails")) for n in range(5)]
    (note,) = answer(root).notes
    assert note == (
        "1. It explains: thing 0 fails; thing 1 fails; thing 2 fails; and 2 more."
        ' Next: read_resource(cluster="eu", kind="Secret")'
    )


def test_the_way_back_to_what_served_before_is_told() -> None:
    root = finding(Sign(DB, "gone", step=Step("read_resource")))
    root.consequences = [finding(Sign(WEB, "stuck", step=Step("rollback_workload", {"n": 1})))]
    (note,) = answer(root).notes
    assert note.endswith('. Meanwhile: rollback_workload(cluster="eu", n=1)')


def test_more_than_asked_for_is_told_of() -> None:
    said = answer(*(finding(Sign(DB, str(n))) for n in range(5)), most=2)
    assert said.total == 5
    assert "3 more causes not shown: give a larger limit" in said.notes


def test_an_answer_keeps_to_its_room_and_says_what_did_not_fit() -> None:
    every = [finding(Sign(DB, f"{n} {'x' * 200}"), evidence=["y" * 140]) for n in range(30)]
    said = answer(*every, most=30)
    assert said.table is not None
    assert 5 < len(said.table.rows) < 15
    words = [said.says, *said.notes, *("\t".join(row) for row in said.table.rows)]
    assert len("\n".join(words)) < 4_000
    rest = 30 - len(said.table.rows)
    assert said.notes[-1] == f"{rest} more causes not shown: ask about one namespace"
    assert len(answer(finding(Sign(DB, "x" * 9_000))).says) > 9_000  # the first is always told


def test_what_was_not_looked_at_is_told_by_reason() -> None:
    unread = {"Secret": "RBAC", "Route.route.openshift.io": "RBAC", "Node": "late"}
    seen = Taken(Snapshot({}, NOW, unread=unread), "bank (policy)", ("a note",))
    said = answer(taken=seen)
    assert said.withheld == "bank (policy)"
    assert said.notes == (
        "a note",
        "not looked at, RBAC: Route, Secret",
        "not looked at, late: Node",
    )


def test_a_step_is_written_as_a_call() -> None:
    step = Step("read_logs", {"name": "web", "previous": True, "lines": 5})
    assert written(step, "eu") == 'read_logs(cluster="eu", name="web", previous=true, lines=5)'


def test_a_finding_is_about_what_it_or_its_consequences_touch() -> None:
    root = finding(Sign(DB, "gone"))
    root.consequences = [finding(Sign(API, "stuck"))]
    assert about(root, {API})
    assert not about(root, {WEB})
    assert within(root, "shop")
    assert within(root, None)
    assert not within(root, "bank")
    assert within(finding(Sign(Ref("Namespace", "", "bank"), "stuck")), "bank")

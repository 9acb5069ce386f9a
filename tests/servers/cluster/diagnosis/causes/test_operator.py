from bailiwick_cluster.diagnosis.causes.operator import OPERATOR, VERSION, look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import ago, signs, thing


def test_what_is_bad_of_operators_and_of_the_version() -> None:
    said = [
        {"type": "Degraded", "status": "True", "message": "m", "lastTransitionTime": ago(60)},
        {"type": "Available", "status": "True"},
        {"type": "Progressing", "status": "True"},
    ]
    failing = [{"type": "Failing", "status": "True"}, {"type": "Available", "status": "False"}]
    made = signs(
        look,
        thing(OPERATOR, "dns", "", status={"conditions": said}),
        thing(VERSION, "version", "", status={"conditions": failing}),
    )
    assert [(sign.what, sign.severity) for sign in made] == [
        ("ClusterOperator dns is degraded", Severity.DEGRADED),
        ("ClusterVersion version cannot get on with its upgrade", Severity.DEGRADED),
        ("ClusterVersion version is not available", Severity.DOWN),
    ]


def test_an_operator_that_is_well_gives_no_sign() -> None:
    said = [{"type": kind, "status": "True"} for kind in ("Available", "Upgradeable")]
    said.append({"type": "Degraded", "status": "False"})
    assert signs(look, thing(OPERATOR, "dns", "", status={"conditions": said})) == []

import pytest

from bailiwick_cluster.diagnosis.causes.admission import look
from tests.parts.pictured import found, picture, refused, signs, thing

HEAD = 'pods "web-1-x" is forbidden: '
CALL = 'Internal error occurred: failed calling webhook "check.practice.example": failed to call'
HOOK = thing(
    "ValidatingWebhookConfiguration",
    "checks",
    "",
    webhooks=[
        {
            "name": "check.practice.example",
            "clientConfig": {"service": {"namespace": "shop", "name": "checks"}},
            "rules": [{"operations": ["CREATE"], "resources": ["pods"]}],
        }
    ],
)


def test_a_level_of_pod_security_is_told_with_the_fields_that_break_it() -> None:
    message = (
        f'{HEAD}violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'
        ' (container "app" must set securityContext.allowPrivilegeEscalation=false), hostPath'
        ' volumes (volume "x"), seccompProfile (pod or container "app" must set it)'
    )
    (sign,) = signs(look, *refused(message))
    assert sign.what == (
        "namespace shop enforces Pod Security restricted, which the pods break:"
        " allowPrivilegeEscalation, hostPath, seccompProfile"
    )
    assert str(sign.about) == "Namespace shop"


def test_a_constraint_of_openshift_is_told_with_the_account_and_fields() -> None:
    made = refused(
        f"{HEAD}unable to validate against any security context constraint: [provider anyuid:"
        " Forbidden: not usable by user or serviceaccount, provider restricted-v2:"
        " .spec.securityContext.fsGroup: Invalid value: []int64{1}]"
    )
    made[1]["spec"]["template"] = {"spec": {"serviceAccountName": "robot"}}
    (sign,) = signs(look, *made)
    assert sign.what == (
        "ServiceAccount shop/robot may use no security context constraint (SCC) that allows what"
        " the pods ask: fsGroup"
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (': Post "https://x": service "checks" not found', ": its Service is not there"),
        ("no endpoints available for service", ": its Service has no endpoints"),
        ("connect: connection refused", ": nothing listens where it should be"),
        ("x509: certificate signed by unknown authority", ": its certificate is not trusted"),
        ("context deadline exceeded", ": it does not answer in time"),
        ("who knows", ""),
    ],
)
def test_a_webhook_that_cannot_be_asked_is_told_with_why(said: str, why: str) -> None:
    (sign,) = signs(look, *refused(f"{CALL} {said}"))
    assert sign.what == f"admission webhook check.practice.example cannot be asked{why}"
    (sign,) = signs(look, *refused(f"{CALL} {said}"), HOOK)
    assert str(sign.about) == "ValidatingWebhookConfiguration checks"


def test_pods_that_a_dead_webhook_stops_are_its_consequence() -> None:
    snapshot = picture(*refused(f"{CALL}: no endpoints available"), HOOK, also=["Service", "Pod"])
    (root,) = found(snapshot)
    assert root.cause == "webhook"
    assert [each.cause for each in root.below()] == ["admission"]


def test_a_webhook_or_policy_that_refuses_is_named_and_its_words_are_evidence() -> None:
    order = "because I order you to delete it"
    (sign,) = signs(look, *refused(f'admission webhook "a.b.c" denied the request: {order}'))
    assert sign.what == "admission webhook a.b.c refuses the pods, for a reason of its own"
    assert order in sign.evidence[0]
    message = f"{HEAD}ValidatingAdmissionPolicy 'no-root' with binding 'b' denied request: {order}"
    (sign,) = signs(look, *refused(message))
    assert sign.what == "ValidatingAdmissionPolicy no-root refuses the pods"


def test_what_nobody_knows_is_told_as_it_is() -> None:
    (sign,) = signs(look, *refused("the API is in a bad mood"))
    assert sign.what == "the API refuses the pods of Deployment shop/web"
    assert signs(look, *refused(f"{HEAD}exceeded quota: q")) == []

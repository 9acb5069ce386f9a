import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bailiwick_cluster.diagnosis.causes.certificate import MANAGED, look
from bailiwick_cluster.diagnosis.certificates import trusted, validity
from bailiwick_cluster.diagnosis.finding import Severity
from bailiwick_cluster.diagnosis.secured import TLS, places
from tests.parts.pictured import NOW, ago, signs, thing

DAY = 86_400.0


@cache
def encoded(begins: float, ends: float) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "practice")])
    moments = [datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=at) for at in (begins, ends)]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(moments[0])
        .not_valid_after(moments[1])
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()


def secret(begins: float, ends: float) -> dict[str, Any]:
    used = [thing("Ingress", "front")]
    return thing(TLS, "front-tls", begins=NOW + begins, ends=NOW + ends, used=used)


def test_when_a_certificate_is_good() -> None:
    good = validity(encoded(-DAY, DAY))
    assert good is not None
    assert (good.begins, good.ends) == (NOW - DAY, NOW + DAY)
    assert validity("") is validity("!!") is validity(base64.b64encode(b"no").decode()) is None


def test_one_that_ended_ends_soon_or_is_not_good_yet() -> None:
    for begins, ends, told, severity in (
        (-90 * DAY, -DAY, "ended 1 d ago", Severity.DOWN),
        (-90 * DAY, 3 * DAY, "ends in 3 d", Severity.RISK),
        (2 * DAY, 90 * DAY, "is good only in 2 d", Severity.DOWN),
    ):
        (sign,) = signs(look, secret(begins, ends))
        assert sign.what == f"the certificate in Secret shop/front-tls {told}"
        assert sign.severity is severity
        assert [str(each) for each in sign.explains] == ["Ingress shop/front"]
    assert signs(look, secret(-DAY, 90 * DAY)) == []


def test_a_bundle_is_trusted_while_any_of_it_is_good() -> None:
    parts = [base64.b64decode(encoded(*when)) for when in ((-90 * DAY, -DAY), (-DAY, 90 * DAY))]
    both = base64.b64encode(b"".join(parts)).decode()
    old, new = validity(both), trusted(both)
    assert old is not None
    assert new is not None
    assert (old.ends, new.ends) == (NOW - DAY, NOW + 90 * DAY)
    assert trusted("") is None
    hook = {"name": "a", "clientConfig": {"caBundle": both}}
    assert signs(look, thing("ValidatingWebhookConfiguration", "judge", "", webhooks=[hook])) == []


def test_the_ca_of_a_webhook_and_of_an_api() -> None:
    bundle = encoded(-90 * DAY, -DAY)
    hook = {"name": "a", "clientConfig": {"caBundle": bundle}}
    made = signs(
        look,
        thing("MutatingWebhookConfiguration", "judge", "", webhooks=[hook]),
        thing("APIService", "v1.x.example.com", "", spec={"caBundle": bundle}),
    )
    assert [sign.what for sign in made] == [
        "the CA that MutatingWebhookConfiguration judge trusts ended 1 d ago",
        "the CA that APIService v1.x.example.com trusts ended 1 d ago",
    ]


def test_one_that_is_not_issued() -> None:
    said = [{"type": "Ready", "status": "False", "message": "order failed"}]
    state = {"conditions": said, "notAfter": ago(DAY)}
    (sign,) = signs(look, thing(MANAGED, "front", spec={"secretName": "x"}, status=state))
    assert sign.what == "Certificate shop/front is not issued and its last one has ended"
    assert sign.evidence == ("order failed",)


def test_whose_secrets_are_read() -> None:
    ingress = thing("Ingress", "front", spec={"tls": [{"secretName": "front-tls"}, {}]})
    assert list(places({"Ingress": [ingress]})) == [("shop", "front-tls")]

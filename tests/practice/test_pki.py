from pathlib import Path

import yaml
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from practice import kubeconfig, pki


def test_a_certificate_is_good_for_its_names(tmp_path: Path) -> None:
    authority = pki.found(tmp_path / "pki")
    authority.issue("api", "kube-apiserver", names=["127.0.0.1", "localhost"])
    made = x509.load_pem_x509_certificate((tmp_path / "pki" / "api.crt").read_bytes())
    verifier = PolicyBuilder().store(Store([authority.certificate]))
    chain = verifier.build_server_verifier(x509.DNSName("localhost")).verify(made, [])
    assert chain == [made, authority.certificate]
    assert (tmp_path / "pki" / "api.key").stat().st_mode & 0o777 == 0o600


def test_the_group_stands_in_the_subject(tmp_path: Path) -> None:
    authority = pki.found(tmp_path / "pki")
    authority.issue("admin", "admin", "system:masters")
    made = x509.load_pem_x509_certificate((tmp_path / "pki" / "admin.crt").read_bytes())
    assert made.subject.rfc4514_string() == "CN=admin,O=system:masters"


def test_a_kubeconfig_is_complete_and_private(tmp_path: Path) -> None:
    authority = pki.found(tmp_path / "pki")
    path = tmp_path / "bailiwick.kubeconfig"
    kubeconfig.by_token(path, "https://127.0.0.1:1", authority, "bailiwick", "a token")
    said = yaml.safe_load(path.read_text())
    assert said["current-context"] == said["contexts"][0]["name"] == "practice"
    assert said["users"] == [{"name": "bailiwick", "user": {"token": "a token"}}]
    assert said["clusters"][0]["cluster"]["certificate-authority-data"]
    assert path.stat().st_mode & 0o777 == 0o600

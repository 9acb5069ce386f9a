from pathlib import Path

import pytest

from practice import facts, ground
from practice.facts import Absent, Ground
from tests.practice.sample import HERE, KUBERNETES, whole


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    facts.save(whole(tmp_path))
    assert facts.load(tmp_path) == whole(tmp_path)


def test_a_part_may_be_absent(tmp_path: Path) -> None:
    facts.save(Ground(tmp_path, None, {}, {"kubernetes": KUBERNETES}))
    loaded = facts.load(tmp_path)
    assert loaded is not None
    assert loaded.kubernetes == KUBERNETES
    with pytest.raises(Absent, match="without keycloak"):
        _ = loaded.keycloak
    assert facts.load(tmp_path / "elsewhere") is None


def test_the_document_has_its_keys() -> None:
    said = ground.document(whole(HERE))
    assert set(said) == {
        *("at", "now", "token", "processes"),
        *("kubernetes", "keycloak", "metrics", "servers"),
    }
    assert set(said["kubernetes"]) >= {
        *("server", "ca_file", "admin_kubeconfig", "kubeconfig", "context", "audit_log"),
    }
    assert set(said["keycloak"]) >= {
        *("issuer", "ca_file", "jwks", "token_endpoint", "clients", "users"),
    }
    assert '"ca_file": "/ground/ca.crt"' in facts.dumps(said)

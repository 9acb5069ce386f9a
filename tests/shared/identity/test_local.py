"""The user of this machine."""

import os
import pwd

import pytest

from bailiwick.config import LocalSettings
from bailiwick.identity.local import local_principal


def test_the_operating_system_says_who(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME"):  # which anybody can set
        monkeypatch.setenv(name, "somebody-else")
    found = local_principal(LocalSettings(groups=("local", "ops")))
    assert found.id == f"local/{pwd.getpwuid(os.getuid()).pw_name}"
    assert (found.client, found.groups) == ("stdio", {"local", "ops"})


def test_a_uid_without_a_name_is_still_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    assert local_principal(LocalSettings()).id == "local/uid-4000000001"

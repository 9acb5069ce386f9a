"""The person at this machine, on stdio: the operating system says who."""

import os
import pwd

from bailiwick.config import LocalSettings
from bailiwick.policy.question import Principal, Risk

NOBODY = Principal("local", "nobody", "", frozenset(), Risk.READ)
"""Whoever reaches a served house without having been named: in no group, so allowed nothing."""


def local_principal(settings: LocalSettings) -> Principal:
    """Name the user this process runs as. A uid without a name (a container's) is `uid-N`."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid-{uid}"
    return Principal("local", name, "stdio", frozenset(settings.groups))

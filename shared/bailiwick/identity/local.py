"""The person at this machine, on stdio: the operating system says who."""

import os
import pwd

from bailiwick.config import LocalSettings
from bailiwick.policy.question import Principal


def local_principal(settings: LocalSettings) -> Principal:
    """Name the user this process runs as. A uid without a name (a container's) is `uid-N`."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid-{uid}"
    return Principal("local", name, "stdio", frozenset(settings.groups))

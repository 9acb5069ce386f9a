"""Every tool of the suite as the policy knows it, shipped as data.

One policy speaks of all servers. An image may hold only some of them, and a server that starts
should not have to import the others to read the policy. The file is written from the code.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from bailiwick.policy.question import Risk
from bailiwick.policy.schema import Action

_TYPES: dict[str, type] = {"text": str, "number": int, "flag": bool, "list": list}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def written(action: Action) -> dict[str, Any]:
    """Write one as plain data."""
    return {
        "name": action.name,
        "server": action.server,
        "risk": action.risk.value,
        "kinds": list(action.kinds),
        "arguments": {name: _NAMES[kind] for name, kind in action.arguments.items()},
    }


@cache
def catalogue() -> tuple[Action, ...]:
    """Read all of them."""
    raw: list[dict[str, Any]] = orjson.loads(
        files("bailiwick.policy").joinpath("catalogue.json").read_bytes()
    )
    return tuple(
        Action(
            each["name"],
            each["server"],
            Risk(each["risk"]),
            tuple(each["kinds"]),
            {name: _TYPES[kind] for name, kind in each["arguments"].items()},
        )
        for each in raw
    )

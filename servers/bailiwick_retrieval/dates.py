"""Times as people write them: `-30d`, or an ISO date."""

import re
from datetime import UTC, datetime

from bailiwick.errors import BadRequest

_AGO = re.compile(r"-?(\d{1,6})([hdwy])")
_UNITS = {"h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}


def moment(said: str, now: float) -> float:
    """Read a time as seconds since 1970, or raise BadRequest."""
    if found := _AGO.fullmatch(said.strip()):
        return now - int(found[1]) * _UNITS[found[2]]
    try:
        at = datetime.fromisoformat(said.strip())
    except ValueError as error:
        raise BadRequest("that is no time; write -30d, -2w, or 2026-11-24") from error
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()

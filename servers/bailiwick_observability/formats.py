"""How the values of a variable are written into a query: `${name:format}`, and what is built in."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from bailiwick_observability.models.metrics import Window

SCRAPE = 15.0
"""Seconds between two scrapes, where a data source does not say: Grafana's own default."""
_SPECIAL = re.compile(r"[\\^$.*+?()\[\]{}|]")
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))
_STAMPS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_STAMP = re.compile(r"(?:YYYY|MM|DD|HH|mm|ss|[-:./_T ])+")
Values = Sequence[str]


def literal(value: str) -> str:
    """Write text as a regular expression that matches just it."""
    return _SPECIAL.sub(r"\\\g<0>", value)


def alternatives(values: Values) -> str:
    """Write values as a regular expression that matches each of them and nothing else."""
    parts = [literal(value) for value in values]
    return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"


def quoted(value: str, quote_: str) -> str:
    """Write text for the inside of a PromQL string in such quotes."""
    escaped = value.replace("\\", "\\\\").replace(quote_, f"\\{quote_}")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")


def _listed(quote_: str) -> Callable[[str, Values], str]:
    return lambda _, values: ",".join(f"{quote_}{quoted(v, quote_)}{quote_}" for v in values)


def _sql(_: str, values: Values) -> str:
    return ",".join("'" + value.replace("'", "''") + "'" for value in values)


def _lucene(_: str, values: Values) -> str:
    parts = [f'"{quoted(value, chr(34))}"' for value in values]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _json(_: str, values: Values) -> str:
    return json.dumps(values[0] if len(values) == 1 else list(values), ensure_ascii=False)


def _glob(_: str, values: Values) -> str:
    return values[0] if len(values) == 1 else "{" + ",".join(values) + "}"


def _parameters(name: str, values: Values) -> str:
    return "&".join(f"var-{name}={quote(value, safe='')}" for value in values)


FORMATS: Mapping[str, Callable[[str, Values], str]] = {
    "regex": lambda _, values: alternatives(values),
    "pipe": lambda _, values: "|".join(values),
    "csv": lambda _, values: ",".join(values),
    "raw": lambda _, values: ",".join(values),
    "text": lambda _, values: " + ".join(values),
    "json": _json,
    "doublequote": _listed('"'),
    "singlequote": _listed("'"),
    "sqlstring": _sql,
    "lucene": _lucene,
    "percentencode": lambda _, values: quote(_glob("", values), safe=""),
    "queryparam": _parameters,
    "glob": _glob,
    "distributed": lambda name, values: f",{name}=".join(values),
}
"""By name: how the values of a variable of that name are written."""
CLOSED = frozenset({"json", "doublequote", "singlequote"})
"""Formats that bring their own quotes, which no value can leave."""


def duration(seconds: float) -> str:
    """Write a duration in the largest unit that needs no fraction, e.g. `5m`."""
    milliseconds = max(round(seconds * 1000), 1)
    size, unit = next((size, unit) for size, unit in _UNITS if milliseconds % size == 0)
    return f"{milliseconds // size}{unit}"


def builtin(name: str, window: Window) -> str | None:
    """Give what a name that begins with `__` stands for; None for what only a page knows."""
    rate = max(window.step + SCRAPE, 4 * SCRAPE)
    known = {
        "__interval": duration(window.step),
        "__interval_ms": f"{window.step * 1000:.0f}",
        "__rate_interval": duration(rate),
        "__rate_interval_ms": f"{rate * 1000:.0f}",
        "__range": f"{window.seconds:.0f}s",
        "__range_s": f"{window.seconds:.0f}",
        "__range_ms": f"{window.seconds * 1000:.0f}",
        "__from": f"{window.start * 1000:.0f}",
        "__to": f"{window.end * 1000:.0f}",
    }
    return known["__interval"] if name.startswith("__auto") else known.get(name)


def moment(seconds: float, form: str) -> str | None:
    """Write a time in the form behind `:date`; None for a form that is not known."""
    at = datetime.fromtimestamp(seconds, UTC)
    if form in ("", "iso"):
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if form == "seconds":
        return f"{seconds:.0f}"
    if not _STAMP.fullmatch(form):
        return None
    return re.sub("|".join(_STAMPS), lambda found: at.strftime(_STAMPS[found[0]]), form)

"""Series told apart by the labels that differ; what they share is said once.

Labels come from outside. In a table they are fenced and may say anything; in a sentence of ours
they are shown only while they look like names, so that nobody speaks to a model through one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bailiwick.shaping.fence import flags
from bailiwick_observability.models.alerts import Matcher
from bailiwick_observability.models.metrics import NAME, Labels

_MOST_COLUMNS = 3
_PORT = re.compile(r":[0-9]{1,5}")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@%+-]{1,80}")
_PATTERN = re.compile(r"[A-Za-z0-9_.:/@%+*|()\[\]^$?{},\\=~-]{1,160}")
"""What names and regular expressions are made of: no blank, so no sentence."""
_PHRASE = re.compile(r"[A-Za-z0-9_.:/@%+-]+(?: [A-Za-z0-9_.:/@%+-]+){1,4}")
_LONGEST_PHRASE = 40


def safe(value: str) -> str:
    """Return a value that looks like a name; of another one say only how long it is."""
    if _PLAIN.fullmatch(value) or value == "":
        return value or '""'
    phrase = len(value) <= _LONGEST_PHRASE and _PHRASE.fullmatch(value) and not flags(value)
    return value if phrase else f"({len(value)} characters)"


def conditions(matchers: Sequence[Matcher]) -> str:
    """Write matchers in a sentence of ours; a value that could be one itself is only measured."""
    return " ".join(
        str(each) if _PATTERN.fullmatch(f"{each.name}{each.value}") else _measured(each)
        for each in matchers
    )


def _measured(matcher: Matcher) -> str:
    return str(replace(matcher, name=safe(matcher.name), value=safe(matcher.value)))


def short(labels: Labels, leave: Mapping[str, str] | None = None, most: int = 6) -> str:
    """Write labels without those to leave out: `instance=node-01, mode=idle`."""
    kept = [
        f"{safe(n)}={safe(v)}"
        for n, v in sorted(labels.items())
        if n != NAME and n not in (leave or {})
    ]
    more = f", +{len(kept) - most}" if len(kept) > most else ""
    name = safe(labels[NAME]) if NAME in labels and NAME not in (leave or {}) else ""
    said = ", ".join(kept[:most]) + more
    return f"{name}{{{said}}}" if name and said else name or said or "(no labels)"


_TELLING = (
    *("service", "app", "deployment", "job_name", "version"),
    *("instance", "node", "pod", "host", "name"),
)
"""Labels that say most of what a series is about, the best first."""
_DULL = frozenset({NAME, "alertname", "alertstate", "severity", "team", "region", "prometheus"})


def telling(labels: Labels, most: int = 2) -> str:
    """Write what most tells a series: `checkout 3.7.2`, `node-03:9100`."""
    kept = [labels[name] for name in _TELLING if labels.get(name)]
    kept = kept or [value for name, value in sorted(labels.items()) if name not in _DULL]
    return " ".join(safe(value) for value in kept[:most])


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns for labels that differ. A port that all values share stands in the head once."""

    names: tuple[str, ...]
    rest: tuple[str, ...]
    ports: Mapping[str, str]

    @classmethod
    def of(cls, apart: Sequence[str], every: Sequence[Labels]) -> "Columns":
        """Choose which labels get a column; the rest shares one."""
        most = len(apart) if len(apart) <= _MOST_COLUMNS else _MOST_COLUMNS - 1
        ports = {name: _port([labels.get(name, "") for labels in every]) for name in apart[:most]}
        return cls(tuple(apart[:most]), tuple(apart[most:]), ports)

    @property
    def heads(self) -> tuple[str, ...]:
        """Write the heads."""
        named = tuple(name + (f" ({p})" if (p := self.ports[name]) else "") for name in self.names)
        return (*named, "…") if self.rest else named

    def cells(self, labels: Labels) -> tuple[str, ...]:
        """Write a series' labels into the columns."""
        told = tuple(labels.get(name, "").removesuffix(self.ports[name]) for name in self.names)
        if not self.rest:
            return told
        return (*told, ", ".join(f"{name}={labels[name]}" for name in self.rest if name in labels))


def _port(values: Sequence[str]) -> str:
    """Find the `:9100` that all values end with."""
    ports = {value[value.rfind(":") :] for value in values}
    port = ports.pop() if len(ports) == 1 and len(values) > 1 else ""
    return port if _PORT.fullmatch(port) else ""


def key(labels: Labels, apart: Sequence[str]) -> str:
    """Name a series by what tells it apart, in one word."""
    return "/".join(labels.get(name, "") for name in apart[:4]) or labels.get(NAME, "value")

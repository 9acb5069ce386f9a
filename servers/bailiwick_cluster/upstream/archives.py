"""What a chart brings that its rendering does not show: custom resource definitions. No network."""

import tarfile
from pathlib import Path

from bailiwick.errors import BadRequest

_MOST = 5_000
"""Entries of an archive that are looked at."""
_SUFFIXES = (".yaml", ".yml", ".json")


def crds(chart: Path) -> int:
    """Count the files below `crds/` of a chart or of its subcharts, or raise BadRequest."""
    return sum(1 for name in _names(chart) if _defines(name))


def _defines(name: str) -> bool:
    """Say whether helm takes a file for definitions: `<chart>/[charts/<chart>/]*crds/…`."""
    parts = name.split("/")
    inside = parts[1:]
    while len(inside) > 2 and inside[0] == "charts":
        inside = inside[2:]
    return len(inside) > 1 and inside[0] == "crds" and name.endswith(_SUFFIXES)


def _names(chart: Path) -> list[str]:
    if chart.is_dir():
        return [f"chart/{each.relative_to(chart)}" for each in chart.rglob("*")]
    names: list[str] = []
    try:
        with tarfile.open(chart, "r:gz") as archive:
            for entry in archive:
                names.append(entry.name)
                if len(names) > _MOST:
                    break
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadRequest("that chart is no archive that can be read") from error
    return names

"""Tools over sources in memory, at a time that stands still."""

from pathlib import Path

import pytest

from tests.parts.metrics import NOW, Prom, wire
from tests.parts.systems import Told, told
from tests.parts.watching import Watch, watch


@pytest.fixture
def prom(monkeypatch: pytest.MonkeyPatch) -> Prom:
    """Give what stands behind every address of the metrics sources."""
    made = Prom()
    wire(monkeypatch, dict.fromkeys(("prom", "am", "boards", "finder", "logs"), made))
    return made


@pytest.fixture
def eu(prom: Prom, tmp_path: Path) -> Watch:
    """Give a metrics source `eu` and the Alertmanager `am` behind it."""
    made = watch(
        tmp_path,
        {
            "eu": {
                "kind": "prometheus",
                "url": "http://prom",
                "alertmanager": "am",
                "deployments": "build_info",
                "slos": [
                    {
                        "name": "shop answers",
                        "errors": "sum(rate(bad[$window])) / sum(rate(asked[$window]))",
                        "target": 0.99,
                    }
                ],
            },
            "am": {"kind": "alertmanager", "url": "http://am"},
        },
    )
    made.clock = lambda: NOW
    return made


@pytest.fixture
def desk(tmp_path: Path, prom: Prom) -> tuple[Watch, Told]:
    """Give sources of the other kinds in memory: `boards`, `finder` and `logs`."""
    return told(tmp_path)

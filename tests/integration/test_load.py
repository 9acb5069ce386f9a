"""A minute under load while a replica is killed and the database restarted: nothing is lost."""

from functools import partial
from pathlib import Path

import anyio
import pytest

from practice import fleet as fleets
from practice.facts import Ground
from practice.steps import Steps
from tests.benchmarks.load import disturb, loaded
from tests.parts.verdict import complaints, effects

pytestmark = [pytest.mark.ground, pytest.mark.timeout(300)]
SECONDS = 45.0
CLIENTS = 40, 10


def test_nothing_is_lost_and_nothing_is_done_twice(ground: Ground, tmp_path: Path) -> None:
    steps = Steps(quiet=True)
    fleet = fleets.start(tmp_path, ground, 2, steps)
    try:
        faults = partial(disturb, fleet, SECONDS, steps)
        load, _ = anyio.run(loaded, fleet, ground, SECONDS, CLIENTS, faults)
        assert list(complaints(load)) == []
        assert load.tally.ended["answer"] > 100, load.tally.why
        assert effects(fleet), load.tally.why
        refused = [why for why in load.tally.why if "changes are refused while" in why]
        assert refused, load.tally.why
    finally:
        fleet.end()

"""What a fleet did, judged from what is left: the Alertmanager, the journals, and what was told."""

import re
from collections import Counter
from collections.abc import Iterator

import httpx

from bailiwick.audit.reader import Record, read
from bailiwick.audit.verify import verify
from practice.fleet import Fleet
from tests.parts.load import Load

_MARK = re.compile(r'instance="?(c\d+-\d+)"?')


def complaints(load: Load) -> Iterator[str]:
    """Say what must not be; nothing where all is as it should be."""
    if lost := load.tally.ended["lost"]:
        yield f"{lost} calls have no end"
    done, used = effects(load.fleet), _used(load.fleet)
    yield from _told(load, done)
    for mark, times in done.items():
        if times > 1:
            yield f"{mark} was carried out {times} times"
        if not used[mark]:
            yield f"{mark} was carried out, and no journal has an approval that was used for it"
    yield from _journals(load.fleet)


def effects(fleet: Fleet) -> Counter[str]:
    """Count the silences that were made, by mark: ended ones too, they are kept."""
    answer = httpx.get(f"{fleet.alertmanager}/api/v2/silences", trust_env=False)
    found: Counter[str] = Counter()
    for silence in answer.raise_for_status().json():
        named = {each["name"]: each["value"] for each in silence["matchers"]}
        found[named["instance"]] += 1
    return found


def _told(load: Load, done: Counter[str]) -> Iterator[str]:
    """Compare what the clients heard with what is there."""
    for mark, both in load.tally.told.items():
        if any(each.how == "answer" for each in both) and not done[mark]:
            yield f"{mark} was told to be done, and is not there"
    for mark in done:
        if mark not in load.tally.told:
            yield f"{mark} was carried out, and nobody asked for it after an approval"


def _used(fleet: Fleet) -> Counter[str]:
    """Count the approvals that were used up, by mark, over all journals."""
    found: Counter[str] = Counter()
    for replica in fleet.replicas:
        for record in read(replica.journal):
            if record.text("event") == "approval.used":
                found.update(_MARK.findall(record.text("approval", "effect")))
    return found


def _journals(fleet: Fleet) -> Iterator[str]:
    """See that each journal is whole, and that no call in it is without an end."""
    for replica in fleet.replicas:
        report = verify(replica.journal)
        if not report.ok:
            yield f"the journal of {replica.name} does not verify: {report.bad}"
        begun = {each.text("call") for each in read(replica.journal) if _is(each, "intent")}
        ended = {each.text("call") for each in read(replica.journal) if _is(each, "outcome")}
        if open_ := begun - ended:
            yield f"{len(open_)} calls of {replica.name} have no outcome in its journal"


def _is(record: Record, phase: str) -> bool:
    return record.text("event") == "tool.call" and record.text("phase") == phase

"""What has become of releases, told by the labels of their revisions. Pure."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick.wording import age
from bailiwick_cluster.upstream.releases import Entry

STUCK = 900.0
"""Seconds after which nobody believes any more that a pending release is being worked on."""
_RANKS = {"failed": 0, "uninstalling": 2, "deployed": 4, "uninstalled": 5}
_PENDING = "pending-"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,80}")


@dataclass(frozen=True, slots=True)
class Past:
    """One release: its revisions, the newest first; never none."""

    entries: tuple[Entry, ...]

    @property
    def latest(self) -> Entry:
        """The newest revision."""
        return self.entries[0]

    @property
    def runs(self) -> Entry | None:
        """The revision that was deployed last and is meant to run; None if none ever was."""
        return next((each for each in self.entries if each.status == "deployed"), None)

    @property
    def before(self) -> Entry | None:
        """The revision to go back to: what runs, or else the one that ran before it."""
        runs, latest = self.runs, self.latest
        if runs is not None and runs is not latest:
            return runs
        older = [each for each in self.entries[1:] if each.revision < latest.revision]
        return next((each for each in older if each.status in ("superseded", "deployed")), None)

    @property
    def pending(self) -> bool:
        """Say whether it is locked: being worked on, or left half-way."""
        return self.latest.status.startswith(_PENDING) or self.latest.status == "uninstalling"

    @property
    def gone(self) -> bool:
        """Say whether it is uninstalled, and only its history was kept."""
        return self.latest.status == "uninstalled"

    def state(self, now: float) -> str:
        """Say how it stands: `failed`, `stuck in pending-upgrade for 3 h`, `deployed`."""
        status = plain(self.latest.status) or "unknown"
        waited = now - self.latest.at
        if self.pending and self.latest.at and waited > STUCK:
            return f"stuck in {status} for {age(waited)}"
        return status

    def rank(self) -> tuple[int, float]:
        """Order releases, the worst first, then those that changed last."""
        status = self.latest.status
        rank = _RANKS.get(status, 1 if status.startswith(_PENDING) else 3)
        return rank, -self.latest.at


def grouped(entries: Iterable[Entry]) -> list[Past]:
    """Put the revisions of each release together, the worst release first."""
    known: dict[tuple[str, str], list[Entry]] = {}
    for each in entries:
        # What has lost its labels is a row of its own: it must not hide among the others.
        name = each.release or each.object
        known.setdefault((each.namespace, name), []).append(each)
    found = [
        Past(tuple(sorted(each, key=lambda one: one.revision, reverse=True)))
        for each in known.values()
    ]
    return sorted(found, key=Past.rank)


def chosen(past: Past, revision: int) -> Entry:
    """Pick a revision, 0 being the newest, or raise BadRequest with those there are."""
    if not revision:
        return past.latest
    for each in past.entries:
        if each.revision == revision:
            return each
    kept = ", ".join(str(each.revision) for each in past.entries[:20])
    raise BadRequest(f"there is no revision {revision}; helm has kept {kept}")


def unknown(release: str, namespace: str, there: Sequence[str]) -> BadRequest:
    """Say that there is no such release, and which there are."""
    names = sorted({each for each in there if plain(each)})
    near = difflib.get_close_matches(release, names, 5, 0.5) or names[:10]
    hint = f"there are: {', '.join(near)}" if near else "there is none in it; try list_releases"
    return BadRequest(f"there is no release {release} in {namespace}; {hint}")


def plain(word: str) -> str:
    """Return a word of a chart or release as it is, or nothing where it is not just a word."""
    return word if _WORD.fullmatch(word) else ""

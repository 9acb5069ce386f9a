"""The policy in force: read from files, read again when they change, the last good set kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import anyio

from bailiwick.audit.journal import Journal
from bailiwick.audit.record import Entry
from bailiwick.config import PolicySettings
from bailiwick.errors import BadPolicy, Unrecorded
from bailiwick.policy.policy import Policy
from bailiwick.policy.schema import Action


@dataclass(slots=True)
class Rules:
    """Holds the current policy. Call it to get that."""

    settings: PolicySettings
    actions: Sequence[Action]
    current: Policy
    broken: str = ""
    _seen: tuple[str, ...] = field(default=())

    @classmethod
    def load(cls, settings: PolicySettings, actions: Sequence[Action]) -> "Rules":
        """Read and check, or raise BadPolicy: a server does not start on a broken policy."""
        text = policy_text(settings.path)
        return cls(settings, actions, Policy.load(text, actions), _seen=(text,))

    def __call__(self) -> Policy:
        """Return the policy in force."""
        return self.current

    async def watch(self, journal: Journal) -> None:
        """Look at the files for ever; take what is good and say so, in the journal, either way."""
        while self.settings.path is not None:
            await anyio.sleep(self.settings.reload_seconds)
            await self.look(journal)

    async def look(self, journal: Journal) -> None:
        """Take a changed and good policy; keep the last good one otherwise."""
        try:
            text = policy_text(self.settings.path)
            if (text,) == self._seen:
                return
            self._seen = (text,)
            self.current, self.broken = Policy.load(text, self.actions), ""
            entry = Entry("policy.loaded", data={"policy": {"bundle": self.current.bundle}})
        except BadPolicy as error:
            if self.broken == str(error):
                return
            self.broken = str(error)
            kept = {"kept": self.current.bundle, "reason": str(error)[:2_000]}
            entry = Entry("policy.rejected", outcome="error", data={"policy": kept})
        try:
            await journal.write(entry, durable=True)
        except Unrecorded:
            return  # the gate is closed for the same reason


def policy_text(path: Path | None) -> str:
    """Read a file, all `*.cedar` of a folder in order, or the shipped policy."""
    if path is None:
        return shipped().read_text(encoding="utf-8")
    try:
        found = sorted(path.glob("*.cedar")) if path.is_dir() else [path]
        if not found:
            raise BadPolicy(f"there is no *.cedar in {path}")
        return "\n".join(file.read_text(encoding="utf-8") for file in found)
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"cannot read the policy {path}: {error}") from error


def shipped() -> Path:
    """Return the path of the policy that comes with the package."""
    return Path(str(files("bailiwick.policy") / "default.cedar"))

"""Hosts in processes of their own, in front of a small cluster; their people are this machine's."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bailiwick.approval import Agreement, SqliteApprovals
from bailiwick.config import LocalSettings
from bailiwick.identity.local import local_principal
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.rules import shipped
from tests.parts.served import BAILIWICK, Served, served
from tests.parts.small import kubeconfig

COMMAND = (*BAILIWICK, "serve", "cluster", "--http")


def told(folder: Path, port: int, policy: str = "", **more: str) -> dict[str, str]:
    """Tell a host by its environment of the cluster `eu` at a port."""
    folder.mkdir(parents=True, exist_ok=True)
    table = "BAILIWICK_SERVERS__CLUSTER__CLUSTERS__EU__"
    said = {
        f"{table}KUBECONFIG": f'"{kubeconfig(folder, port)}"',
        f"{table}ACT_AS": '"kubeconfig"',
        "BAILIWICK_LIMITS__CHANGE": "600/minute",
        **more,
    }
    if policy:
        file = folder / "test.cedar"
        file.write_text(policy)
        said["BAILIWICK_POLICY__PATH"] = f'"{file}"'
    return said


@contextmanager
def host(
    folder: Path, port: int, policy: str = "", ends: int = 0, **more: str
) -> Generator[Served]:
    """Run one; `ends` is how it must end."""
    with served(folder, COMMAND, told(folder, port, policy, **more), ends) as running:
        yield running


async def confirm(state: Path, request: str) -> None:
    """Say yes to a request of one's own, as `bailiwick approvals approve` does."""
    store = SqliteApprovals(state / "approvals.db")
    rules = Policy.load(shipped().read_text(), catalogue())
    try:
        me = local_principal(LocalSettings())
        await Agreement(store, lambda: datetime.now(UTC)).decide(rules, request, me, agrees=True)
    finally:
        await store.close()

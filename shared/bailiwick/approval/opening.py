"""Open this installation's approvals, where its settings say: one way for servers and commands."""

from datetime import timedelta

from bailiwick.approval.request import Approvals
from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.config import Settings
from bailiwick.sharing.shared import Shared


def open_approvals(settings: Settings, shared: Shared) -> Approvals:
    """Return the store; nothing is opened before it is used."""
    lifetime = timedelta(minutes=settings.approval.minutes)
    if shared.database is None:
        return SqliteApprovals(settings.approval_path, lifetime)
    from bailiwick.approval.postgres import PostgresApprovals  # noqa: PLC0415 - few have one

    return PostgresApprovals(shared.database, lifetime)

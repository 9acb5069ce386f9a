"""Who has agreed to what, once. A store behind a Protocol, and the asking in front of it."""

from bailiwick.approval.agreement import Agreement, Ask, Asking
from bailiwick.approval.request import Approvals, Request, Verdict, Wanted
from bailiwick.approval.sqlite import SqliteApprovals

__all__ = [
    "Agreement",
    "Approvals",
    "Ask",
    "Asking",
    "Request",
    "SqliteApprovals",
    "Verdict",
    "Wanted",
]

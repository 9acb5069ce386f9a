"""One wish that needs an agreement, and the word of somebody who may give it."""

from datetime import UTC, datetime

from bailiwick.approval.request import Verdict, Wanted
from bailiwick.policy.question import Approval, Principal, Question

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
PLACE = (("Cluster", "eu"), ("Namespace", "shop"))
WANTED = Wanted(
    server="cluster",
    question=Question(ANA, "scale_workload", PLACE, {"replicas": 3, "dry_run": False}),
    needs=Approval.SECOND_PERSON,
    digest="d1",
    seen="s1",
    effect="scale from 2 to 3",
    arguments="{}",
    approvers=("lead",),
)
YES = Verdict("practice/bo", frozenset({"lead"}), True, NOW)

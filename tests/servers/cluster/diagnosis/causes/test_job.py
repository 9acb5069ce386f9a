from typing import Any

import pytest

from bailiwick_cluster.diagnosis.causes.job import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import ago, event, found, owned, picture, pod, signs, thing, waits

DONE = [{"type": "Complete", "status": "True"}]


def failed(reason: str, said: str = "") -> list[dict[str, Any]]:
    return [{"type": "Failed", "status": "True", "reason": reason, "message": said}]


def run(name: str, made: float, lasted: float = 0, of: str = "nightly", **more: Any) -> Any:
    state = {"startTime": ago(made), **more}
    if lasted:
        state |= {"completionTime": ago(made - lasted), "conditions": DONE}
    return thing("Job", name, meta={"creationTimestamp": ago(made), **owned("CronJob", of)},
                 status=state)  # fmt: skip


def cron(said: str = "0 * * * *", last: float = 0, **more: Any) -> dict[str, Any]:
    state = {"lastScheduleTime": ago(last)} if last else {}
    meta = {"creationTimestamp": ago(900_000)}
    return thing("CronJob", "nightly", meta=meta, spec={"schedule": said, **more}, status=state)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("BackoffLimitExceeded", "more often than its backoffLimit allows"),
        ("DeadlineExceeded", "longer than its activeDeadlineSeconds allows"),
        ("PodFailurePolicy", "its podFailurePolicy ends it"),
        ("NewReason", "it failed"),
    ],
)
def test_a_job_that_failed_is_told_with_why(reason: str, why: str) -> None:
    state = {"failed": 3, "conditions": failed(reason, "it is said so")}
    (sign,) = signs(look, thing("Job", "load", status=state))
    assert sign.what.startswith("Job shop/load failed after 3 failed pods: ")
    assert why in sign.what
    assert sign.evidence == ("it is said so",)


def test_it_follows_from_what_its_pods_failed_of() -> None:
    state = {"failed": 1, "conditions": failed("BackoffLimitExceeded")}
    ended = {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": ago(60)}}
    one = pod("a", {"name": "app", "state": ended}, phase="Failed", of=("Job", "load"))
    (root,) = found(picture(thing("Job", "load", status=state), one))
    assert (root.cause, [each.cause for each in root.below()]) == ("crash", ["job"])


def test_of_a_cron_job_only_the_last_run_counts() -> None:
    bad: dict[str, Any] = {"failed": 1, "conditions": failed("BackoffLimitExceeded")}
    old, good = run("n-1", 7_200, **bad), run("n-2", 600, 60)
    assert signs(look, cron(last=600), old, good) == []
    (sign,) = signs(look, cron(last=600), good, run("n-3", 500, **bad))
    assert sign.what.startswith("the last run of CronJob shop/nightly failed")


def test_a_run_that_takes_far_longer_than_the_others_is_told() -> None:
    before = [run(f"n-{n}", 90_000 + n, 300) for n in range(3)]
    (sign,) = signs(look, cron("0 0 1 1 *", last=9_000), *before, run("n-9", 9_000))
    assert sign.what == (
        "the last run of CronJob shop/nightly goes on for 2 h; the 3 before took at most 5 min"
    )
    assert sign.severity is Severity.DEGRADED
    assert signs(look, cron("0 0 1 1 *", last=800), *before, run("n-9", 500)) == []


def test_a_run_that_did_not_come_is_told() -> None:
    (sign,) = signs(look, cron("0 * * * *", last=10_800))
    assert sign.what == (
        "CronJob shop/nightly misses its runs: no run was started; does the controller of CronJobs"
        " run?; it should have run 1 h ago"
    )
    assert signs(look, cron("0 * * * *", last=3_600)) == []
    assert signs(look, cron("0 * * * *", last=10_800, suspend=True)) == []


def test_a_run_in_its_way_is_why_the_next_does_not_come() -> None:
    stuck = run("n-1", 10_800, active=1)
    forbids = cron("0 * * * *", last=10_800, concurrencyPolicy="Forbid")
    (sign,) = signs(look, forbids, stuck)
    assert "an earlier run still goes on, for 3 h, and concurrencyPolicy Forbid" in sign.what
    assert [str(each) for each in sign.depends] == ["Job shop/n-1"]
    pulls = pod("a", waits("ImagePullBackOff"), phase="Pending", of=("Job", "n-1"))
    (root,) = found(picture(forbids, stuck, pulls))
    assert (root.cause, [each.cause for each in root.below()]) == ("image", ["job"])


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("TooManyMissedTimes", "it missed more than 100 runs"),
        ("UnknownTimeZone", "its time zone is not known"),
        ("InvalidSchedule", "its schedule cannot be read"),
    ],
)
def test_what_the_controller_says_is_told(reason: str, why: str) -> None:
    made = cron("0 0 1 1 *", last=900)
    (sign,) = signs(look, made, happened=[event(made, reason, "so it is")])
    assert sign.what == f"CronJob shop/nightly misses its runs: {why}" + (
        ", and starts none until it is written anew" if "100" in why else ""
    )


def test_a_zone_that_is_none_is_told_without_an_event() -> None:
    (sign,) = signs(look, cron(last=60, timeZone="Mars/Base"))
    assert sign.what.endswith("its time zone is not known")


def test_what_has_no_schedule_that_is_read_is_left_alone() -> None:
    assert signs(look, cron("@every 5m")) == []
    assert signs(look, thing("CronJob", "x", spec=3), thing("Job", "y", status=[])) == []

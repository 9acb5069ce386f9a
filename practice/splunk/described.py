"""A job as its own endpoint describes it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from practice.splunk import atom
from practice.splunk.atom import Entry
from practice.splunk.jobs import Job
from practice.splunk.rows.store import SERVER
from practice.splunk.spl.values import iso

EPOCH = "1970-01-01T00:00:00.000+00:00"
WHERE = (*("search.log", "events", "results", "results_preview", "timeline", "summary", "control"),)


def entry(job: Job, prefix: str, mode: str) -> Entry:
    """Describe a job; `prefix` is the path of the jobs that was asked for."""
    path = f"{prefix.rstrip('/')}/{job.sid}"
    owner = job.account.name
    access: dict[str, object] = {**atom.access(owner, job.wish.app, [owner], [owner])}
    access["ttl"] = str(int(job.ttl))
    return Entry(
        name=job.wish.search,
        path=path,
        content=_content(job, mode),
        updated=iso(job.created + job.lasted),
        author=owner,
        links={name: f"{path}/{name}" for name in WHERE},
        published=iso(job.created),
        access=access,
        job=True,
    )


def _content(job: Job, mode: str) -> Mapping[str, object]:
    return {
        **_standing(job),
        **_counts(job),
        **_searches(job),
        **_times(job),
        "messages": _messages(job, mode),
        "request": dict(job.wish.asked),
        "runtime": {"auto_cancel": str(int(job.wish.auto_cancel)), "auto_pause": "0"},
        "performance": _performance(job),
        "searchProviders": [SERVER],
    }


def _standing(job: Job) -> dict[str, object]:
    return {
        "bundleVersion": "1",
        "canSummarize": False,
        "defaultSaveTTL": "604800",
        "defaultTTL": "600",
        "delegate": "",
        "diskUsage": job.spool.size,
        "dispatchState": job.state,
        "doneProgress": float(job.progress),
        "isBatchModeSearch": False,
        "isDone": job.done,
        "isFailed": job.state == "FAILED",
        "isFinalized": job.finalized,
        "isPaused": False,
        "isPreviewEnabled": False,
        "isRealTimeSearch": False,
        "isRemoteTimeline": False,
        "isSaved": job.saved,
        "isSavedSearch": bool(job.wish.name),
        "isTimeCursored": True,
        "isZombie": False,
        "label": job.wish.name,
        "pid": "4711",
        "priority": 5,
        "provenance": "practice",
        "sid": job.sid,
        "statusBuckets": int(job.wish.asked.get("status_buckets", "0") or 0),
        "ttl": int(job.ttl),
        "workload_pool": "",
    }


def _counts(job: Job) -> dict[str, object]:
    rows = len(job.spool)
    events = job.ready.events if job.ready else True
    cut = rows >= job.wish.max_count
    return {
        "dropCount": 0,
        "eventAvailableCount": rows if events else 0,
        "eventCount": job.watch.matched,
        "eventFieldCount": len(job.spool.fields),
        "eventIsStreaming": True,
        "eventIsTruncated": not events or cut,
        "eventSorting": "desc" if events else "none",
        "numPreviews": 0,
        "resultCount": rows,
        "resultIsStreaming": events,
        "resultPreviewCount": rows,
        "runDuration": round(job.lasted, 3),
        "scanCount": job.scanned,
    }


def _searches(job: Job) -> dict[str, object]:
    search = job.wish.search
    events = job.ready.events if job.ready else True
    first, _, rest = search.partition("|")
    return {
        "eventSearch": search if events else first.strip(),
        "keywords": "",
        "normalizedSearch": "lit" + search if search.startswith("search") else search,
        "optimizedSearch": search,
        "remoteSearch": "lit" + search if search.startswith("search") else search,
        "reportSearch": "" if events else rest.strip(),
        "search": search,
    }


def _times(job: Job) -> dict[str, object]:
    context = job.ready.context if job.ready else None
    earliest, latest = (context.earliest, context.latest) if context else (0.0, job.created)
    return {
        "cursorTime": iso(max(0.0, earliest)) if job.done else EPOCH,
        "earliestTime": iso(max(0.0, earliest)),
        "indexEarliestTime": int(earliest),
        "indexLatestTime": int(latest),
        "latestTime": iso(latest),
        "searchEarliestTime": float(earliest),
        "searchLatestTime": float(latest),
        "sampleRatio": "1",
    }


def _messages(job: Job, mode: str) -> object:
    if mode == "json":
        return [{"type": each.kind, "text": each.text} for each in job.watch.messages]
    told: dict[str, list[str]] = {}
    for each in job.watch.messages:
        told.setdefault(each.kind.lower(), []).append(each.text)
    return told


def _performance(job: Job) -> dict[str, object]:
    return {
        "command.search": {
            "duration_secs": round(job.lasted, 3),
            "invocations": 1,
            "input_count": job.scanned,
            "output_count": job.watch.matched,
        }
    }


def date(moment: float) -> str:
    """Write a moment as the properties of an index have it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

"""Properties of indexes and saved searches that are the same for all of them and mean nothing."""

from collections.abc import Mapping

INDEX: Mapping[str, object] = {
    **dict.fromkeys(
        (
            *("assureUTF8", "blockSignSize", "isVirtual", "maxBucketSizeCacheEntries"),
            *("maxHotIdleSecs", "partialServiceMetaPeriod", "repFactor", "sync"),
        ),
        0,
    ),
    **dict.fromkeys(
        (
            *("compressRawdata", "enableOnlineBucketRepair", "enableRealtimeSearch", "isReady"),
            *("processTrackerServiceInterval", "serviceOnlyAsNeeded", "syncMeta"),
            "maxRunningProcessGroupsLowPriority",
        ),
        1,
    ),
    **dict.fromkeys(
        (
            *("blockSignatureDatabase", "coldToFrozenDir", "coldToFrozenScript"),
            *("minStreamGroupQueueSize", "suppressBannerList", "warmToColdScript"),
        ),
        "",
    ),
    **dict.fromkeys(
        ("bucketRebuildMemoryHint", "indexThreads", "maxDataSize", "memPoolMB"), "auto"
    ),
    "defaultDatabase": "main",
    "lastInitSequenceNumber": 2,
    "lastInitTime": 0,
    "maxBloomBackfillBucketAge": "30d",
    "maxConcurrentOptimizes": 6,
    "maxHotBuckets": 3,
    "maxHotSpanSecs": 7_776_000,
    "maxMemMB": 5,
    "maxMetaEntries": 1_000_000,
    "maxRunningProcessGroups": 8,
    "maxTimeUnreplicatedNoAcks": 300,
    "maxTimeUnreplicatedWithAcks": 60,
    "maxTotalDataSizeMB": 500_000,
    "maxWarmDBCount": 300,
    "minRawFileSyncSecs": "disable",
    "quarantineFutureSecs": 2_592_000,
    "quarantinePastSecs": 77_760_000,
    "rawChunkSizeBytes": 131_072,
    "rotatePeriodInSecs": 60,
    "serviceMetaPeriod": 25,
    "serviceSubtaskTimingPeriod": 30,
    "summaryHomePath_expanded": "/practice/splunk/summary",
    "throttleCheckPeriod": 15,
    "tstatsHomePath": "volume:_splunk_summaries/datamodel_summary",
    "tstatsHomePath_expanded": "/practice/splunk/datamodel_summary",
}

SEARCH: Mapping[str, object] = {
    **dict.fromkeys(
        (
            *("action.email", "action.populate_lookup", "action.rss", "action.script"),
            *("action.summary_index", "alert.track", "auto_summarize", "dispatch.buckets"),
            *("dispatch.max_time", "dispatch.rt_backfill", "is_visible", "run_on_startup"),
        ),
        0,
    ),
    **dict.fromkeys(
        (
            *("alert.digest_mode", "dispatch.lookups", "dispatch.spawn_process"),
            *("max_concurrent", "realtime_schedule", "restart_on_searchpeer_add"),
        ),
        1,
    ),
    **dict.fromkeys(
        (
            *("action.email.sendresults", "action.email.to", "alert.suppress"),
            *("alert.suppress.fields", "alert.suppress.period", "alert_comparator"),
            *("alert_condition", "alert_threshold", "dispatch.indexedRealtime", "displayview"),
            *("next_scheduled_time", "request.ui_dispatch_app", "request.ui_dispatch_view", "vsid"),
            *("auto_summarize.dispatch.earliest_time", "auto_summarize.dispatch.latest_time"),
            "auto_summarize.timespan",
        ),
        "",
    ),
    "actions": "",
    "alert.expires": "24h",
    "alert.severity": 3,
    "alert_type": "always",
    "auto_summarize.command": "",
    "auto_summarize.cron_schedule": "*/10 * * * *",
    "auto_summarize.dispatch.time_format": "%FT%T.%Q%:z",
    "auto_summarize.dispatch.ttl": "60",
    "auto_summarize.max_disabled_buckets": 2,
    "auto_summarize.max_summary_ratio": 0.1,
    "auto_summarize.max_summary_size": 52_428_800,
    "auto_summarize.max_time": "3600",
    "auto_summarize.suspend_period": "24h",
    "dispatch.max_count": 500_000,
    "dispatch.reduce_freq": 10,
    "dispatch.time_format": "%FT%T.%Q%:z",
    "dispatch.ttl": "2p",
    "display.general.type": "statistics",
    "display.page.search.mode": "smart",
}

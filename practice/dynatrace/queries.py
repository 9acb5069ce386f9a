"""Queries of Grail: started, looked at again and again, and stopped."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from practice.dynatrace.accounts import Account
from practice.dynatrace.dql.expression import Reader, Row
from practice.dynatrace.dql.run import Query, understood
from practice.dynatrace.dql.words import UNITS, Refused, Word
from practice.dynatrace.faults import Faults
from practice.dynatrace.metrics import Known, Metrics
from practice.dynatrace.moments import nanos, read
from practice.dynatrace.points import moments
from practice.dynatrace.rows import Store

Json = dict[str, Any]
PORTION = 20_000
"""Rows that are read for one request: a whole history takes several."""
ROWS, GIGABYTES = 1_000, 500
"""What is assumed where a request says nothing."""
SCOPES = {
    "logs": "storage:logs:read",
    "events": "storage:events:read",
    "dt.davis.problems": "storage:events:read",
    "dt.system.buckets": "storage:system:read",
}
KEYS = {
    "dt.service.request.response_time": "builtin:service.response.time",
    "dt.service.request.count": "builtin:service.requestCount.total",
    "dt.host.cpu.usage": "builtin:host.cpu.usage",
}
"""Metrics by the names that Grail has for them."""


@dataclass
class Running:
    """A query under way; `state` is what is answered."""

    token: str
    text: str
    account: str
    query: Query
    most: int
    state: str = "RUNNING"
    polls: int = 0
    endless: bool = False

    def advance(self) -> None:
        """Read a portion; one that hangs reads nothing."""
        if self.state != "RUNNING" or self.endless:
            return
        self.query.read(PORTION)
        if self.query.scan.ended:
            self.state = "SUCCEEDED"

    @property
    def progress(self) -> int:
        """Give the share of the rows that were read, in per cent."""
        total = max(self.query.scan.total, 1)
        return min(int(100 * self.query.scan.rows / total), 99 if self.state == "RUNNING" else 100)

    def written(self, *, first: bool) -> Json:
        """Write how it is, with the result once it is there."""
        said: Json = {"state": self.state, "progress": self.progress, "ttlSeconds": 399}
        if first and self.state == "RUNNING":
            said["requestToken"] = self.token
        if self.state == "SUCCEEDED":
            said["result"] = self._result()
        return said

    def _result(self) -> Json:
        scan, frame = self.query.scan, self.query.frame
        rows = self.query.finish()
        notes: list[Json] = []
        if scan.cut:
            gigabytes = f"{scan.limit / 1e9:.0f}"
            notes.append(
                _note(
                    "SCAN_LIMIT_GBYTES",
                    f"Your execution was stopped after {gigabytes} gigabytes"
                    " of data were scanned. Try to reduce the time range.",
                    gigabytes,
                )
            )
        if len(rows) > self.most:
            notes.append(
                _note(
                    "RESULT_LIMIT_RECORDS",
                    f"Your result has been limited to {self.most}.",
                    str(self.most),
                )
            )
        grail = {
            "canonicalQuery": " ".join(self.text.split()),
            "timezone": "Z",
            "query": self.text,
            "scannedRecords": scan.rows,
            "dqlVersion": "V1_0",
            "scannedBytes": scan.bytes,
            "scannedDataPoints": 0,
            "analysisTimeframe": {"start": nanos(frame[0]), "end": nanos(frame[1])},
            "locale": "und",
            "executionTimeMilliseconds": 20 + scan.rows // 100,
            "notifications": notes,
            "queryId": f"practice-{self.token[:8]}",
            "sampled": False,
        }
        return {"records": rows[: self.most], "types": [], "metadata": {"grail": grail}}


def _note(kind: str, said: str, argument: str) -> Json:
    return {
        "severity": "WARNING",
        "messageFormat": said.replace(argument, "%1$s", 1),
        "arguments": [argument],
        "notificationType": kind,
        "message": said,
        "messageFormatSpecifierTypes": ["NUMBER"],
    }


class Queries:
    """All queries since the start."""

    def __init__(self, store: Store, metrics: Metrics, faults: Faults) -> None:
        self.store, self.metrics, self.faults = store, metrics, faults
        self.known: dict[str, Running] = {}
        self._numbers = itertools.count(1)

    def start(self, body: Json, account: Account, now: float) -> Running:
        """Begin a query, or raise Refused."""
        text = str(body.get("query", ""))
        frame = _frame(body, now)
        limit = float(body.get("defaultScanLimitGbytes", GIGABYTES))
        tables = _Tables(self, account, now)
        query = understood(text, tables, frame, limit)
        token = f"{next(self._numbers):08d}practice=="
        made = Running(token, text, account.name, query, int(body.get("maxResultRecords", ROWS)))
        made.endless = self.faults.take("query:execute", "hang") is not None
        self.known[token] = made
        made.advance()
        return made

    def listed(self) -> list[Json]:
        """Give all as plain values."""
        return [
            {
                "token": each.token,
                "query": each.text,
                "account": each.account,
                "state": each.state,
                "polls": each.polls,
            }
            for each in self.known.values()
        ]


def _frame(body: Json, now: float) -> tuple[float, float]:
    start, end = body.get("defaultTimeframeStart"), body.get("defaultTimeframeEnd")
    if not (start and end):
        return now - 7_200, now
    return read(str(start), now), read(str(end), now)


@dataclass
class _Tables:
    """The tables as one account sees them."""

    queries: Queries
    account: Account
    now: float

    def rows(self, table: Word, low: float, high: float) -> tuple[int, Iterator[Row]]:
        found = self.queries.store.table(table.said, low, high)
        if found is None:
            said = f"The data object `{table.said}` doesn't exist."
            raise Refused("UNKNOWN_DATA_OBJECT", said, table.at)
        scope = SCOPES.get(table.said, "storage:entities:read")
        if scope not in self.account.scopes:
            raise Refused(
                "NOT_AUTHORIZED_FOR_TABLE",
                f"Insufficient permission to access table (`{table.said}`).",
                table.at,
                403,
            )
        if "*" in self.account.buckets or table.said.startswith("dt."):
            return found
        seen = self.account.buckets
        return found[0], (row for row in found[1] if row.get("dt.system.bucket") in seen)

    def series(self, reader: Reader, low: float, high: float) -> list[Row]:
        """Read `timeseries avg(key), by:{dt.entity.service}, interval:5m, from:-2h`."""
        begun = reader.place
        how = reader.take().said
        reader.expect("(")
        key = reader.take()
        while not reader.takes(")"):
            reader.take()
        said = "".join(word.said for word in reader.words[begun : reader.place])
        known = self.queries.metrics.known.get(KEYS.get(key.said, key.said))
        if known is None:
            raise Refused("UNKNOWN_METRIC", f"The metric key `{key.said}` doesn't exist.", key.at)
        by, step, low = self._options(reader, low)
        at = moments(max(int(step // 60), 1), low, high)
        return [
            row
            | {
                "timeframe": {"start": nanos(low), "end": nanos(high)},
                "interval": int(step * 1e9),
                said: values,
            }
            for row, values in self._values(known, how, at, by=by)
        ]

    def _options(self, reader: Reader, low: float) -> tuple[bool, float, float]:
        by, step = False, 300.0
        while reader.takes(","):
            name = reader.take().said.lower()
            reader.expect(":")
            if name == "interval":
                word = reader.take()
                step = int(word.said.rstrip("smhd")) * UNITS[word.said[-1]]
            elif name == "from":
                low = self.now + reader.expression()({})
            else:
                by = True
                reader.expression()
        return by, step, low

    def _values(
        self, known: Known, how: str, at: list[float], *, by: bool
    ) -> list[tuple[Row, list[float]]]:
        nodes = [n for n in self.queries.metrics.topology.of(known.kind) if n.tags]
        each = [[known.value(known, node.name, moment, how) for moment in at] for node in nodes]
        if by:
            dimension = known.dimensions[0]
            return [({dimension: n.id}, values) for n, values in zip(nodes, each, strict=True)]
        return [({}, [sum(column) / len(column) for column in zip(*each, strict=True)])]

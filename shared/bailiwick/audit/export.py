r"""The journal in other systems' words.

* `jsonl`  the bytes as written, less hash and mac
* `ocsf`   Open Cybersecurity Schema Framework 1.6.0, API Activity (class 6003)
* `cef`    ArcSight Common Event Format 0, one line
* `brief`  one line for a person
"""

import re
from datetime import datetime

import orjson

from bailiwick.audit.reader import Record
from bailiwick.audit.record import JSON, OURS

VENDOR, PRODUCT, SCHEMA = "Bailiwick", "bailiwick", "1.6.0"

_ACTIVITY = {"read": 2, "change": 3, "destroy": 4}
_STATUS = {"success": 1, "denied": 2, "refused": 2, "error": 2}
_SEVERITY = {"denied": 3, "refused": 2, "error": 3, "unknown": 4}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def jsonl(record: Record) -> str:
    """Return the record itself: content and order unaltered."""
    return record.body.decode("utf-8", "replace")


def ocsf(record: Record, version: str) -> str:
    """Return an API Activity event as JSON; `version` is this product's.

    What the schema has no place for stays under `unmapped`; `raw_data` is the body that was hashed.
    """
    activity = _ACTIVITY.get(record.text("action", "risk").lower(), 99)
    outcome = record.text("outcome")
    status = _STATUS.get(outcome, 99 if outcome else 0)
    stream, seq = record.text("stream"), record.fields.get("seq", 0)
    event: dict[str, JSON] = {
        "activity_id": activity,
        "category_uid": 6,
        "class_uid": 6003,
        "type_uid": 600300 + activity,
        "severity_id": _SEVERITY.get(outcome, 1),
        "status_id": status,
        "time": _milliseconds(record.text("ts")),
        "message": record.text("event"),
        "raw_data": record.body.decode("utf-8", "replace"),
        "actor": _actor(record),
        "api": _api(record),
        "src_endpoint": _source(record),
        "metadata": {
            "version": SCHEMA,
            "product": {"name": PRODUCT, "vendor_name": VENDOR, "version": version},
            "uid": f"{stream}/{seq}",
            "sequence": seq,
            "log_name": stream,
            "event_code": record.text("event"),
            "original_time": record.text("ts"),
            "correlation_uid": record.text("call"),
        },
        "unmapped": _unmapped(record),
    }
    if activity == 99:
        event["activity_name"] = record.text("event")
    if status == 99:
        event["status"] = outcome
    return orjson.dumps(event).decode()


def cef(record: Record, version: str) -> str:
    """Return one CEF line; `version` is this product's."""
    outcome = record.text("outcome")
    severity = {1: 3, 2: 5, 3: 7, 4: 9}[_SEVERITY.get(outcome, 1)]
    event, tool = record.text("event"), record.text("action", "tool")
    header = [VENDOR, PRODUCT, version, event, tool or event, str(severity)]
    extension = {
        "rt": str(_milliseconds(record.text("ts"))),
        "externalId": f"{record.text('stream')}/{record.fields.get('seq', 0)}",
        "suser": record.text("actor", "subject"),
        "src": record.text("source", "ip"),
        "act": tool,
        "outcome": outcome,
        "reason": ", ".join(record.texts("policy", "because")),
        "cs1Label": "call",
        "cs1": record.text("call"),
        "cs2Label": "phase",
        "cs2": record.text("phase"),
    }
    fields = [f"{name}={_extension(value)}" for name, value in extension.items() if value]
    return "|".join(["CEF:0", *map(_header, header)]) + "|" + " ".join(fields)


def brief(record: Record) -> str:
    """Return one tab-separated line: time, event, phase, outcome, who, tool, call."""
    columns = [
        record.text("ts"),
        record.text("event"),
        record.text("phase"),
        record.text("outcome") or "-",
        record.text("actor", "subject") or "-",
        record.text("action", "tool") or "-",
        record.text("call") or "-",
    ]
    # What came from outside must not move the reader's cursor.
    return "\t".join(_CONTROL.sub("?", column) for column in columns)


def _actor(record: Record) -> JSON:
    subject = record.text("actor", "subject")
    issuer = record.text("actor", "issuer")
    if not subject:
        return {"app_name": PRODUCT}
    user: dict[str, JSON] = {"uid": subject, "name": subject}
    return {"user": user | ({"domain": issuer} if issuer else {})}


def _api(record: Record) -> JSON:
    called = record.text("action", "tool") or record.text("event")
    return {"operation": called, "request": {"uid": record.text("call")}}


def _source(record: Record) -> JSON:
    address = record.text("source", "ip")
    return {"ip": address} if address else {"name": record.text("stream")}


def _unmapped(record: Record) -> JSON:
    known = OURS | {"source"}
    return {name: value for name, value in record.fields.items() if name not in known}


def _milliseconds(when: str) -> int:
    try:
        return int(datetime.fromisoformat(when).timestamp() * 1000)
    except ValueError:
        return 0


def _header(value: str) -> str:
    return _CONTROL.sub(" ", value).replace("\\", "\\\\").replace("|", "\\|")


def _extension(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("=", "\\=")
    escaped = escaped.replace("\r", "\\r").replace("\n", "\\n")
    return _CONTROL.sub(" ", escaped)

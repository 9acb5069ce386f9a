import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.audit.export import brief, cef, jsonl, ocsf
from bailiwick.audit.reader import Record
from bailiwick.audit.record import Entry, Outcome, Place, encode

PLACE = Place("cluster-20261124T133501Z-00000001", 7, "0" * 64, 1_795_527_301_000_000_000, 5)


def _record(outcome: Outcome = "success", **data: Any) -> Record:
    full: dict[str, Any] = {
        "actor": {"subject": "ana", "issuer": "https://idp"},
        "action": {"tool": "scale_workload", "risk": "change"},
        "policy": {"because": ["permit-sre", "a|b=c"]},
        "source": {"ip": "10.0.0.1"},
    }
    body = encode(Entry("tool.call", "outcome", "c1", outcome, full | data), PLACE)
    return Record(body, orjson.loads(body))


def test_jsonl_is_the_record_unaltered() -> None:
    record = _record()
    assert jsonl(record).encode() == record.body


def test_ocsf_is_api_activity() -> None:
    event = orjson.loads(ocsf(_record(), "0.1.0"))
    assert (event["class_uid"], event["category_uid"]) == (6003, 6)
    assert (event["activity_id"], event["type_uid"]) == (3, 600303)
    assert event["time"] == 1_795_527_301_000
    assert event["actor"] == {"user": {"uid": "ana", "name": "ana", "domain": "https://idp"}}
    assert event["api"] == {"operation": "scale_workload", "request": {"uid": "c1"}}
    assert event["src_endpoint"] == {"ip": "10.0.0.1"}
    assert event["metadata"]["product"] == {
        "name": "bailiwick",
        "vendor_name": "Bailiwick",
        "version": "0.1.0",
    }
    assert event["raw_data"].encode() == _record().body
    assert event["unmapped"]["policy"] == {"because": ["permit-sre", "a|b=c"]}


@pytest.mark.parametrize(
    ("outcome", "status", "severity"),
    [("success", 1, 1), ("denied", 2, 3), ("unknown", 99, 4), ("cancelled", 99, 1), ("", 0, 1)],
)
def test_ocsf_has_what_the_schema_requires(outcome: Outcome, status: int, severity: int) -> None:
    event = orjson.loads(ocsf(_record(outcome, actor={}, action={}, source={}), "0"))
    required = "activity_id category_uid class_uid type_uid severity_id time metadata actor api"
    assert event.keys() >= {*required.split(), "src_endpoint"}
    assert (event["status_id"], event["severity_id"]) == (status, severity)
    # An id of 99 asks for the source's own word beside it; objects need one of their names.
    assert event["activity_name"] == "tool.call"
    assert ("status" in event) == (status == 99)
    assert event["actor"] == {"app_name": "bailiwick"}
    assert event["api"]["operation"] == "tool.call"
    assert event["src_endpoint"] == {"name": PLACE.stream}


def test_cef_is_one_escaped_line() -> None:
    line = cef(_record(actor={"subject": "a=b\\c|d\ne"}), "0|1\\2")
    assert line == (
        "CEF:0|Bailiwick|bailiwick|0\\|1\\\\2|tool.call|scale_workload|3|"
        "rt=1795527301000 externalId=cluster-20261124T133501Z-00000001/7 "
        "suser=a\\=b\\\\c|d\\ne src=10.0.0.1 act=scale_workload outcome=success "
        "reason=permit-sre, a|b\\=c cs1Label=call cs1=c1 cs2Label=phase cs2=outcome"
    )


@given(st.text(), st.text())
def test_no_name_breaks_out_of_its_field(subject: str, tool: str) -> None:
    record = _record(actor={"subject": subject}, action={"tool": tool})
    line = cef(record, "0")
    assert len(line.splitlines()) == 1
    header = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    assert len(header) == 8
    names = re.findall(r"(?<!\\)(?:\\\\)*=", header[7])
    assert len(names) in range(8, 12)
    assert len(brief(record).splitlines()) == 1
    assert brief(record).count("\t") == 6


def test_a_person_reads_one_line() -> None:
    assert brief(_record(actor={"subject": "a\x1b[2J"})) == (
        "2026-11-24T13:35:01.000000Z\ttool.call\toutcome\tsuccess\ta?[2J\tscale_workload\tc1"
    )

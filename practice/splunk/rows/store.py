"""The indexes by name, and walks over them: the newest row first, as Splunk hands them out."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from practice.incident import Clock
from practice.splunk.rows import bank, nasty, platform, shop
from practice.splunk.rows.source import Index, Place, Source, newest
from practice.splunk.spl.values import Row

SERVER = "splunk-1"
GUID = "5D0C0B1E-0000-4000-8000-00000000DA7A"

Known = Mapping[str, str]
"""What is known of a source's rows before any is written: index, sourcetype and source."""


@dataclass(frozen=True)
class Seen:
    """A row's place and time, not yet written."""

    place: Place
    host: str
    moment: float


def indexes(clock: Clock) -> dict[str, Index]:
    """Give every index; `legacy` is disabled and `main` is empty."""
    week = 7 * 86_400
    found = (
        Index("_audit", platform.audits(clock)),
        Index("_internal", platform.internal(clock), frozen=4 * week),
        Index("bank", bank.sources(clock)),
        Index("big", platform.big(clock), frozen=week),
        Index("legacy", (), disabled=True),
        Index("main", ()),
        Index("platform", platform.sources(clock)),
        Index("security", platform.security(clock)),
        Index("shop", (*shop.sources(clock), nasty.source(clock)), frozen=13 * week),
    )
    return {index.name: index for index in found}


def known(place: Place) -> Known:
    """Give what is the same in all rows of a place."""
    same = {"index": place.index, "sourcetype": place.sourcetype, "source": place.source}
    return same if len(place.hosts) > 1 else {**same, "host": place.host(0)}


def _walk(
    indexes: Sequence[Index], earliest: float, latest: float, could: Callable[[Known], bool]
) -> Iterator[tuple[Source, float, int]]:
    sources = [
        source
        for index in indexes
        if not index.disabled
        for source in index.sources
        if could(known(source.place))
    ]
    walks = [
        newest(source, mark, source.slots(earliest, latest)) for mark, source in enumerate(sources)
    ]
    for minus, mark, slot in heapq.merge(*walks):
        yield sources[mark], -minus, slot


def seen(
    indexes: Sequence[Index], earliest: float, latest: float, could: Callable[[Known], bool]
) -> Iterator[Seen]:
    """Walk a range without writing rows."""
    for source, moment, slot in _walk(indexes, earliest, latest, could):
        yield Seen(source.place, source.place.host(slot), moment)


def rows(
    indexes: Sequence[Index], earliest: float, latest: float, could: Callable[[Known], bool]
) -> Iterator[Row]:
    """Walk a range and write its rows."""
    for source, moment, slot in _walk(indexes, earliest, latest, could):
        place = source.place
        raw, fields = source.line(slot, moment)
        yield {
            "_time": moment,
            "_raw": raw,
            "_indextime": int(moment) + 1,
            "_cd": f"{len(place.source)}:{slot}",
            "host": place.host(slot),
            "index": place.index,
            "linecount": raw.count("\n") + 1,
            "source": place.source,
            "sourcetype": place.sourcetype,
            "splunk_server": SERVER,
            **fields,
        }


def dressed(row: Row, serial: int) -> Row:
    """Add what Splunk adds to an event that it hands out."""
    index, moment = row.get("index"), row.get("_time")
    if "_cd" not in row or not isinstance(index, str) or not isinstance(moment, float):
        return row
    bucket = str(row["_cd"]).partition(":")[0]
    return {
        "_bkt": f"{index}~{bucket}~{GUID}",
        "_serial": str(serial),
        "_si": [SERVER, index],
        "_sourcetype": row.get("sourcetype"),
        "_subsecond": f".{round(moment * 1000) % 1000:03d}",
        **row,
    }

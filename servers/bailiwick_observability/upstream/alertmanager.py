"""The Alertmanager API v2, as versions 0.25 to 0.31 have it.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from bailiwick.errors import BadRequest, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Request, Response
from bailiwick_observability.models.alerts import Alert, Matcher, Silence, State
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import AlertmanagerSettings
from bailiwick_observability.upstream.moments import rfc3339, seconds
from bailiwick_observability.upstream.shapes import Json, items, record, records, text, texts

_MOST = 24_000_000
"""Bytes of one answer; ten thousand alerts with long annotations have about ten million."""


@dataclass(frozen=True, slots=True)
class AlertmanagerApi:
    """One Alertmanager."""

    name: str
    http: Http
    settings: AlertmanagerSettings
    behalf: Behalf

    async def alerts(self) -> Sequence[Alert]:
        """Read all alerts, also silenced and inhibited ones."""
        asked = {"active": "true", "silenced": "true", "inhibited": "true", "unprocessed": "true"}
        return [_alert(each) for each in records(await self._get("alerts", asked))]

    async def silences(self) -> Sequence[Silence]:
        """Read all silences that are kept, expired ones too."""
        return [_silence(each) for each in records(await self._get("silences"))]

    async def status(self) -> Json:
        """Read version, cluster and configuration."""
        return record(await self._get("status"))

    async def silence(self, silence: Silence) -> str:
        """Make it, and return its id."""
        body = {
            "matchers": [
                {"name": m.name, "value": m.value, "isRegex": m.regex, "isEqual": m.equal}
                for m in silence.matchers
            ],
            "startsAt": rfc3339(silence.starts),
            "endsAt": rfc3339(silence.ends),
            "createdBy": silence.author,
            "comment": silence.comment,
        }
        said = await self._send(Request("POST", "/api/v2/silences", json=body))
        made = text(record(said).get("silenceID"))
        if not made:
            raise Unreadable(f"{self.name} made the silence and did not say its id")
        return made

    async def expire(self, silence: str) -> None:
        """End one now."""
        await self._send(Request("DELETE", f"/api/v2/silence/{quote(silence, safe='')}"))

    def link(self, matchers: Sequence[Matcher] = ()) -> str:
        """Give the page on which a person sees these alerts."""
        wanted = "{" + ",".join(map(str, matchers)) + "}" if matchers else ""
        asked = urlencode({"filter": wanted, "silenced": "true", "inhibited": "true"})
        return f"{self.settings.opens}/#/alerts?{asked}"

    def silence_link(self, silence: str) -> str:
        """Give the page of a silence."""
        return f"{self.settings.opens}/#/silences/{quote(silence, safe='')}"

    async def _get(self, what: str, query: dict[str, str] | None = None) -> Any:
        return await self._send(Request("GET", f"/api/v2/{what}", query))

    async def _send(self, request: Request) -> Any:
        async with self.http.stream(request, most_bytes=_MOST) as stream:
            response = await stream.whole()
        if response.status in (400, 404, 422):
            raise BadRequest(f"{self.name} says: {_reason(response)}", detail=response.detail)
        self.http.accepted(response)
        facts = self.behalf.facts
        facts["bytes_read"] = facts.get("bytes_read", 0) + len(response.body)
        if not response.body:
            return None
        try:
            return orjson.loads(response.body)
        except orjson.JSONDecodeError as error:
            raise Unreadable(
                f"{self.name} sent a reply we cannot read", detail=response.detail
            ) from error


def _reason(response: Response) -> str:
    """Find the reason in a refusal: a JSON string, or an object with code and message."""
    try:
        said = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        said = response.body.decode(errors="replace") if response.body[:1] != b"<" else ""
    words = said if isinstance(said, str) else text(record(said).get("message"))
    return inline(words.strip(), 300) or f"no ({response.status})"


def _alert(each: Json) -> Alert:
    status = record(each.get("status"))
    silenced = tuple(text(by) for by in items(status.get("silencedBy")))
    inhibited = tuple(text(by) for by in items(status.get("inhibitedBy")))
    state: State = "silenced" if silenced else "inhibited" if inhibited else "firing"
    return Alert(
        texts(each.get("labels")),
        texts(each.get("annotations")),
        state,
        seconds(each.get("startsAt")),
        None,
        silenced,
        inhibited,
        tuple(text(by.get("name")) for by in records(each.get("receivers"))),
        text(each.get("fingerprint")),
        text(each.get("generatorURL")),
    )


def _silence(each: Json) -> Silence:
    return Silence(
        text(each.get("id")),
        tuple(
            Matcher(
                text(m.get("name")),
                text(m.get("value")),
                m.get("isRegex") is True,
                m.get("isEqual") is not False,
            )
            for m in records(each.get("matchers"))
        ),
        seconds(each.get("startsAt")),
        seconds(each.get("endsAt")),
        text(each.get("createdBy")),
        text(each.get("comment")),
        text(record(each.get("status")).get("state")),
        seconds(each.get("updatedAt")),
    )

"""Jobs of Splunk: made under an id of our own choice, and deleted whatever happens.

The id is what makes the second part true: a job whose making was not answered is deleted too.
"""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import anyio

from bailiwick.errors import BadRequest, BailiwickError, Forbidden, Unreadable
from bailiwick.upstream.http import Http, Request
from bailiwick_observability.upstream.shapes import Json, text
from bailiwick_observability.upstream.splunk_handler import Absent, Busy, Sdk, answered, kept

_GRACE = 3.0
"""Seconds for a job to be made or deleted, beyond those of the call."""
_LATER = (0.25, 0.5, 1.0)
"""Pauses after which a job that may yet be made is looked for again; in seconds."""
_REFUSED = (BadRequest, Forbidden, Absent, Busy)
"""Answers that say no: where one came, there is no job."""
_SID = re.compile(r"(?!\.+\Z)[^/?#%\s]{1,500}")


def new_sid() -> str:
    """Choose an id for a search, which nobody has had and nobody can guess."""
    return f"bailiwick_{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one call at one Splunk. `path` puts a path into the app."""

    http: Http
    sdk: Sdk
    path: Callable[[str], str]
    new_sid: Callable[[], str] = new_sid

    @asynccontextmanager
    async def job(self, query: str, asked: Json) -> AsyncGenerator[Any]:
        """Make a job; whatever happens, it is deleted."""
        service = await self.sdk.service()
        made: list[Any] = []
        sid, lost = self.new_sid(), True

        async def make() -> None:
            made.append(await self.sdk.run(lambda: service.jobs.create(query, id=sid, **asked)))

        try:
            try:
                await kept(make, _GRACE)
            except _REFUSED:
                sid = ""
                raise
            said = text(made[0].sid)
            if not _SID.fullmatch(said):
                raise Unreadable(f"{self.http.system} gave the search no id", detail=repr(said))
            sid, lost = said, False
            yield made[0]
        finally:
            if sid:
                v2 = "" if service.disable_v2_api else "v2/"
                await self._delete(self.path(f"search/{v2}jobs/{sid}"), sid, lost=lost)

    async def _delete(self, path: str, sid: str, *, lost: bool) -> None:
        """Delete a job, also for a call that is being cancelled; without a thread, in a hurry.

        A lost one may be made only after it was looked for; in the end Splunk ends it itself.
        """
        with anyio.CancelScope(shield=True):
            for pause in (0.0, *(_LATER if lost else ())):
                await anyio.sleep(pause)
                try:
                    async with self.http.stream(Request("DELETE", path), seconds=_GRACE) as stream:
                        answered(self.http, await stream.whole())
                except Absent:
                    continue
                except BailiwickError as error:
                    self.sdk.facts["left_running"] = f"{sid}: {error}"
                return

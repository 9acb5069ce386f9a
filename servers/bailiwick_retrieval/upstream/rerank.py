"""A reranking endpoint over HTTP: `POST` of `query` and `texts`, back come `index` and `score`.

That is how text-embeddings-inference serves `/rerank`; what others serve is bent to it in a proxy.
"""

import re
from collections.abc import Sequence

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from bailiwick.errors import Unreadable
from bailiwick.upstream.http import Http, Request, client
from bailiwick.upstream.mounted import Mounted
from bailiwick_retrieval.settings import RerankSettings

_MOST = 1_000_000


class _Scored(BaseModel):
    index: int
    score: float


_ANSWER: TypeAdapter[list[_Scored]] = TypeAdapter(list[_Scored])


class Reranker:
    """Scores texts for a question with a model behind a URL."""

    def __init__(self, settings: RerankSettings) -> None:
        """Keep the settings; nothing is asked yet."""
        credential = settings.credential_file
        self._mounted = Mounted(credential) if credential is not None else None
        self._client = client(settings.ca_file, auth=self._signed)
        self._url = settings.url
        self._door = Http(
            "the reranker",
            self._client,
            most_bytes=_MOST,
            seconds=settings.seconds,
            reads=re.compile("POST .*"),
        )

    def _signed(self, request: httpx.Request) -> httpx.Request:
        if self._mounted is not None:
            request.headers["Authorization"] = f"Bearer {self._mounted.value()}"
        return request

    async def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Score each text, or raise Unavailable, Rejected or Unreadable."""
        body = {"query": question, "texts": list(texts), "truncate": True}
        response = await self._door.exchange(Request("POST", self._url, json=body))
        try:
            found = _ANSWER.validate_json(self._door.accepted(response).body)
        except ValidationError as error:
            detail = repr(error)[:300]
            raise Unreadable("the reranker's answer is no list of scores", detail=detail) from error
        scores = {each.index: each.score for each in found}
        if set(scores) != set(range(len(texts))):
            raise Unreadable("the reranker did not score every text once")
        return [scores[number] for number in range(len(texts))]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

"""Subscriptions on an MCP server: `subscriptions/listen` of 2026-07-28, and what was before it."""

import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from mcp.server import MCPServer
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult
from mcp.server.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    EmptyResult,
    NotificationParams,
    ResourceListChangedNotification,
    ResourceUpdatedNotification,
    ResourceUpdatedNotificationParams,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from bailiwick.errors import TooMany
from bailiwick.reading import HIDING, Context, Reader, failure
from bailiwick.resource import find
from bailiwick.subscriber import Send, Subscriber
from bailiwick.subscription import Hub

_MODERN = "2026-07-28"
_KEY = "bailiwick.subscriber"


@dataclass(slots=True)
class Listener:
    """Serves `subscriptions/listen`: one request is one stream of notifications."""

    hub: Hub
    reader: Reader
    open: set[Subscriber] = field(default_factory=set[Subscriber])

    async def __call__(
        self, ctx: Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Acknowledge what the caller may wait for, and tell of it until one side ends it."""
        meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        subscriber = Subscriber(self.reader.who(ctx), _through(ctx, meta), _expiry(ctx))
        _join(self.hub, subscriber)
        self.open.add(subscriber)
        try:
            honoured = await self._honoured(ctx, subscriber, params.notifications)
            told = SubscriptionsAcknowledgedNotificationParams(notifications=honoured, _meta=meta)
            await ctx.session.send_notification(
                SubscriptionsAcknowledgedNotification(params=told),
                related_request_id=ctx.request_id,
            )
            await self.hub.deliver(subscriber)
        finally:
            self.open.discard(subscriber)
            await self.hub.leave(subscriber)
        return SubscriptionsListenResult(_meta=meta)

    async def _honoured(
        self, ctx: Context, subscriber: Subscriber, asked: SubscriptionFilter
    ) -> SubscriptionFilter:
        """Begin what may be waited for. What may not, or is not there, is left out alike."""
        wanted = list(dict.fromkeys(asked.resource_subscriptions or ()))
        if len(wanted) > self.hub.each:
            message = f"{self.hub.each} subscriptions are the most of one stream"
            raise MCPError(code=INVALID_PARAMS, message=message)
        for uri in wanted:
            if find(self.reader.specs, uri) is None:
                await self.reader.nowhere(ctx, uri)
                continue
            reply = await self.hub.subscribe(subscriber, uri)
            if reply.code and reply.code not in HIDING:
                raise failure(ctx, reply, uri)
        subscriber.lists = bool(asked.resources_list_changed)
        return SubscriptionFilter(
            tools_list_changed=asked.tools_list_changed or None,
            prompts_list_changed=asked.prompts_list_changed or None,
            resources_list_changed=asked.resources_list_changed or None,
            resource_subscriptions=list(subscriber.found) or None,
        )

    def close(self) -> None:
        """End every stream with its last frame."""
        for subscriber in self.open:
            subscriber.close()


@dataclass(slots=True)
class Sessions:
    """Serves `resources/subscribe` and `unsubscribe` of the revisions that have sessions.

    As middleware it lets a subscription live on with the newest token of its session. Nobody has
    to ask for news of the list there; they go to sessions that have listed.
    """

    hub: Hub
    reader: Reader

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Take note of who asks now, and say that lists can change."""
        connection = _connection(ctx)
        known: Subscriber | None = connection.state.get(_KEY)
        if known is not None and ctx.request_id is not None:
            known.renew(self.reader.who(ctx), _expiry(ctx))
        answer = await call_next(ctx)
        if ctx.method == "initialize" and isinstance(answer, dict):
            answer["capabilities"]["resources"]["listChanged"] = True
        listed = ctx.method == "resources/list" and ctx.protocol_version < _MODERN
        if listed and connection.has_standalone_channel:
            with suppress(MCPError):  # too many wait already, and this one did not ask to
                self._of(ctx, connection).lists = True
        return answer

    async def subscribe(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        """Begin to wait; an error reads like that of a read."""
        if find(self.reader.specs, params.uri) is None:
            raise await self.reader.nowhere(ctx, params.uri)
        reply = await self.hub.subscribe(self._of(ctx, _connection(ctx)), params.uri)
        if reply.code:
            raise failure(ctx, reply, params.uri)
        return EmptyResult()

    async def unsubscribe(self, ctx: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        """Wait no more, for whatever it was."""
        await self.hub.unsubscribe(self._of(ctx, _connection(ctx)), params.uri)
        return EmptyResult()

    def _of(self, ctx: Context, connection: Connection) -> Subscriber:
        """Find the session's subscriber, or make it: it goes when the session does."""
        known: Subscriber | None = connection.state.get(_KEY)
        if known is None:
            known = Subscriber(self.reader.who(ctx), _through(ctx), _expiry(ctx), lasting=True)
            _join(self.hub, known)
            connection.state[_KEY] = known
            connection.exit_stack.push_async_callback(self.hub.leave, known)
            self.hub.start(known)
        return known


def _join(hub: Hub, subscriber: Subscriber) -> None:
    try:
        hub.join(subscriber)
    except TooMany as error:
        raise MCPError(code=INTERNAL_ERROR, message=str(error)) from None


def _through(ctx: Context, meta: dict[str, Any] | None = None) -> Send:
    """Make what tells a client: on the stream of its request where `meta` names that."""
    session, related = ctx.session, ctx.request_id if meta else None

    async def send(uri: str) -> None:
        if uri:
            news = ResourceUpdatedNotificationParams(uri=uri, _meta=meta)
            told = ResourceUpdatedNotification(params=news)
        else:
            listed = NotificationParams(_meta=meta) if meta else None
            told = ResourceListChangedNotification(params=listed)
        await session.send_notification(told, related_request_id=related)

    return send


def _expiry(ctx: Context) -> float:
    """Say when the caller's token expires, in seconds since 1970."""
    scope: Any = ctx.request.scope if ctx.request is not None else {}
    expires = scope["user"].access_token.expires_at if "user" in scope else None
    return math.inf if expires is None else float(expires)


def _connection(ctx: Context) -> Connection:
    # There is no public way to what lasts as long as a session.
    return ctx.session._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def offer_changes(server: MCPServer[Any], hub: Hub, reader: Reader) -> None:
    """Let clients of every revision wait for changes."""
    low: Any = server._lowlevel_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    sessions = Sessions(hub, reader)
    listener = Listener(hub, reader)
    low.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, listener)
    low.add_request_handler("resources/subscribe", SubscribeRequestParams, sessions.subscribe)
    low.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, sessions.unsubscribe)
    server.middleware.append(sessions)

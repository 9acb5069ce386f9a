"""`bailiwick approvals`: what waits for a person, and that person's word."""

import argparse
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import anyio

from bailiwick.approval.agreement import Agreement
from bailiwick.approval.opening import open_approvals
from bailiwick.approval.request import Approvals, Request
from bailiwick.audit.opening import open_journal
from bailiwick.cli import requests
from bailiwick.cli.approver import approver, given_token, token_arguments
from bailiwick.cli.terminal import as_json, config_too, warn
from bailiwick.cli.witness import WitnessedApprovals, about, clean, refused
from bailiwick.config import Settings, load
from bailiwick.errors import BadRequest, Refused
from bailiwick.house import new_id, prepared
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal
from bailiwick.rules import Rules
from bailiwick.shaping.fence import inline
from bailiwick.sharing.shared import Shared

HELP = "list what waits for approval, look at it, approve or deny it"

T = TypeVar("T")
_RECENT = timedelta(hours=1)
_MOST = 1_000
_LONGEST = 500


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="what waits, and what was decided in the last hour")
    listing.add_argument("--all", action="store_true", help=f"also older ones, at most {_MOST}")
    show = verbs.add_parser("show", help="one request: effect, who asked, who may approve")
    approve = verbs.add_parser(
        "approve",
        help="agree to one request",
        description="Agree. On a terminal the effect is shown and a question asked, unless --yes;"
        " elsewhere naming the request is the consent.",
    )
    deny = verbs.add_parser("deny", help="refuse one request, for ever")
    for sub in (show, approve, deny):
        sub.add_argument("id", help="the approval id")
    for sub in (approve, deny):
        sub.add_argument("--reason", default="", help="goes into the journal")
        sub.add_argument("--yes", action="store_true", help="do not ask again")
        token_arguments(sub)
    for sub in (listing, show, approve, deny):
        config_too(sub)
        sub.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """List, show, approve or deny."""
    settings = prepared(load(arguments.config, os.environ))
    if arguments.verb == "list":
        return _list(arguments, settings)
    if arguments.verb == "show":
        return _show(arguments, settings)
    return _decide(arguments, settings)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    now = datetime.now(UTC)
    found = _with_store(settings, lambda store: store.list(now, _MOST))
    kept = [r for r in found if arguments.all or r.expires > now or now - r.created < _RECENT]
    if arguments.json:
        print(as_json([requests.plain(request) for request in kept]))
    else:
        print(requests.listed(kept, now) if kept else "nothing waits for approval")
    return 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where there is no such request."""
    request = _read(settings, arguments.id)
    if request is None:
        warn(_unknown(arguments.id))
        return 1
    approvers = _policy(settings).approvers(request.asked.question())
    if arguments.json:
        print(as_json(requests.plain(request) | {"may_approve": list(approvers)}))
    else:
        print(requests.shown(request, approvers, datetime.now(UTC)))
    return 0


def _decide(arguments: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the word does not count, or was not given."""
    policy, token = _policy(settings), given_token(arguments)
    request = _read(settings, arguments.id)
    if request is not None and not arguments.json:
        print(requests.briefly(request))
    if not _consents(arguments):
        print("nothing was decided")
        return 1
    try:
        decided = anyio.run(_say, settings, policy, request, token, arguments)
    except (Refused, BadRequest) as error:
        if arguments.json:
            print(as_json({"id": arguments.id, "refused": str(error), "code": error.code}))
        else:
            warn(f"refused: {error}")
        return 1
    if arguments.json:
        print(as_json(requests.plain(decided)))
    else:
        print(requests.decided(decided))
    return 0


def _consents(arguments: argparse.Namespace) -> bool:
    """Ask where a person sits at a terminal; a script that names the request has decided."""
    if arguments.yes or arguments.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    try:
        return input(f"{arguments.verb}? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


async def _say(
    settings: Settings,
    policy: Policy,
    request: Request | None,
    token: str,
    arguments: argparse.Namespace,
) -> Request:
    """Take the word and write it down; so is the attempt of whoever may not say it."""
    reason, call = clean(arguments.reason[:_LONGEST]), new_id()
    who: Principal | None = None
    async with open_journal(settings, "approvals") as journal, _store(settings) as kept:
        store = WitnessedApprovals(kept, journal, call)
        try:
            if request is None:
                raise BadRequest(_unknown(arguments.id))
            who = await approver(settings, request, token)
            store.about = about(arguments.id, request, who, reason)
            agrees = arguments.verb == "approve"
            agreement = Agreement(store, lambda: datetime.now(UTC))
            return await agreement.decide(policy, request.id, who, agrees=agrees, reason=reason)
        except (Refused, BadRequest) as error:
            tried = refused(call, about(arguments.id, request, who, reason), error)
            await journal.write(tried, durable=True)
            raise


def _unknown(name: str) -> str:
    return f"there is no approval request {inline(name, 40)!r}"


def _policy(settings: Settings) -> Policy:
    return Rules.load(settings.policy, catalogue()).current


def _read(settings: Settings, name: str) -> Request | None:
    return _with_store(settings, lambda store: store.read(name, datetime.now(UTC)))


@asynccontextmanager
async def _store(settings: Settings) -> AsyncGenerator[Approvals]:
    shared = Shared.of(settings.shared)
    store = open_approvals(settings, shared)
    try:
        yield store
    finally:
        await store.close()
        await shared.close()


def _with_store(settings: Settings, work: Callable[[Approvals], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _store(settings) as store:
            return await work(store)

    result: Any = anyio.run(run)
    return result

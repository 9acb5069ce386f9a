"""Who stands at the command line and wants to agree: a token tells, or the operating system."""

import argparse
import getpass
import os
import sys
from dataclasses import replace
from pathlib import Path

from bailiwick.approval.request import Request
from bailiwick.config import TOKEN, Settings
from bailiwick.errors import BadRequest, Denied
from bailiwick.identity.local import local_principal
from bailiwick.identity.verifier import Unauthorized, Verifier
from bailiwick.policy.question import Approval, Principal, Risk

SERVER = "approvals"
"""What a token must be for. An agent's token is for a server, so it cannot agree to anything."""
URL = "urn:bailiwick:approvals"


def given_token(arguments: argparse.Namespace) -> str:
    """Read the token from where it was put; never from the arguments, which everybody can list."""
    if arguments.token_file:
        try:
            return str(arguments.token_file.read_text(encoding="utf-8")).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadRequest(f"cannot read the token in {arguments.token_file}") from error
    if arguments.source:
        if arguments.source != "-":
            raise BadRequest(
                "a token in the arguments is seen by all; --token - reads it from stdin"
            )
        tty = sys.stdin.isatty()
        return (getpass.getpass("token: ") if tty else sys.stdin.readline()).strip()
    return os.environ.get(TOKEN, "").strip()


async def approver(settings: Settings, request: Request, token: str) -> Principal:
    """Return who agrees, or raise Denied.

    The operating system's word is enough where there is no issuer, and for the local user's own
    confirmation; a second person always shows a token where one can be had.
    """
    issuers = settings.identity.issuers
    own_word = request.needs is Approval.CONFIRMED and request.asked.issuer == "local"
    if not issuers or own_word:
        return replace(local_principal(settings.identity.local), client=SERVER)
    if not token:
        raise Denied(f"a token for {SERVER} is needed: --token-file FILE, --token -, or ${TOKEN}")
    return await _verified(Verifier.of(issuers), token)


async def _verified(verifier: Verifier, token: str) -> Principal:
    try:
        verified = await verifier.verify(token, SERVER, URL)
    except Unauthorized as error:
        raise Denied(f"your token is not accepted: {error}") from error
    finally:
        for _, keys in verifier.issuers.values():
            await keys.http.client.aclose()
    if verified.most(SERVER) is Risk.READ:
        raise Denied(f"your token's scopes allow only to read {SERVER}")
    return verified.principal


def token_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where a token may be."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--token-file", type=Path, help="file with the approver's token")
    where.add_argument(
        "--token", dest="source", metavar="-", help=f"- reads it from stdin; default: ${TOKEN}"
    )

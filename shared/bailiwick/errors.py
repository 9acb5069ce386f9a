"""Every way a call can fail.

    BailiwickError               text is ours, safe for the model to read
    ├── Refused                  understood, and refused
    │   ├── Denied               policy said no
    │   ├── ApprovalNeeded       a person has to agree first
    │   ├── TooMany              over budget; try again later
    │   └── TooCostly            a guard says what it would cost; ask for less
    ├── BadRequest               the caller can correct it
    ├── BadConfig                the operator can correct it; the server does not start
    │   └── BadPolicy            the policies do not fit the catalogue
    ├── Unrecorded               the journal cannot be written, so nothing is done
    └── UpstreamError            the system behind us
        ├── Unavailable          no answer, or 5xx; worth a retry
        ├── Rejected             it answered no (4xx)
        │   ├── Forbidden        its own rules do not let the caller do this (401, 403)
        │   └── Moved            it is no longer what was looked at (409)
        └── Unreadable           it answered nonsense

Anything else is a bug: the caller sees the call's id and nothing more.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class BailiwickError(Exception):
    """Base of every anticipated failure.

    The message is written by us and may be shown to a model. Whatever the
    upstream said goes into `detail`, which only operators see.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, detail: str = "") -> None:
        """Keep the public `message` apart from the private `detail`."""
        super().__init__(message)
        self.detail = detail


class Refused(BailiwickError):
    """The call was understood and refused."""

    code = "refused"


class Denied(Refused):
    """Policy said no."""

    code = "denied"


class ApprovalNeeded(Refused):
    """A person has to agree first; `request` says to what, who may, and until when."""

    code = "approval_needed"

    def __init__(self, message: str, request: Mapping[str, Any] | None = None) -> None:
        """Keep what a program wants to know beside what a model reads."""
        super().__init__(message)
        self.request = request or {}


class TooMany(Refused):
    """Over budget; `seconds` until it is worth another try. `why` is `rate` or `in_flight`."""

    code = "too_many"
    retryable = True

    def __init__(self, message: str, *, seconds: float, why: str = "rate") -> None:
        """Keep the time to wait, in seconds, and which budget it is, beside the message."""
        super().__init__(message)
        self.seconds, self.why = seconds, why


class TooCostly(Refused):
    """It would cost more than a guard allows; the message says what would be cheaper."""

    code = "too_costly"


class BadRequest(BailiwickError):
    """The caller can correct it."""

    code = "bad_request"


class BadConfig(BailiwickError):
    """The operator can correct it."""

    code = "bad_config"


class BadPolicy(BadConfig):
    """The policies do not fit the catalogue; the server does not start with them."""

    code = "bad_policy"


class Unrecorded(BailiwickError):
    """The journal cannot be written; whoever sees this before an effect must not have the effect.

    After an effect it means: it may have happened, and only its intent is on disk.
    """

    code = "journal_unavailable"
    retryable = True

    def __init__(self, detail: str = "") -> None:
        """Keep the reason (a disk's words) for operators only."""
        super().__init__("the journal cannot be written, so nothing is done", detail=detail)


class UpstreamError(BailiwickError):
    """The system behind us failed."""

    code = "upstream"


class Unavailable(UpstreamError):
    """No answer in time, or a server error."""

    code = "upstream_unavailable"
    retryable = True


class Rejected(UpstreamError):
    """It answered no."""

    code = "upstream_rejected"


class Forbidden(Rejected):
    """Its own rules do not let the caller do this."""

    code = "upstream_forbidden"


class Moved(Rejected):
    """It is no longer what was looked at; look again."""

    code = "upstream_moved"
    retryable = True


class Unreadable(UpstreamError):
    """It answered something we cannot read."""

    code = "upstream_unreadable"

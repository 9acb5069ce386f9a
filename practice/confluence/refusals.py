"""Errors as the API writes them."""

from typing import Any

from starlette.responses import JSONResponse

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


def refusal(status: int, said: str) -> JSONResponse:
    """Write an error."""
    data: dict[str, Any] = {"authorized": status not in (401, 403), "valid": True, "errors": []}
    data["successful"] = False
    reason = REASONS.get(status, "Error")
    body: dict[str, Any] = {"statusCode": status, "data": data, "message": said, "reason": reason}
    return JSONResponse(body, status)

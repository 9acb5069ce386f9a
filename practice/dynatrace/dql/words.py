"""Words of a query with their places, and the errors that Grail answers with."""

import re
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""(?P<gap>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<raw>\"\"\".*?\"\"\")
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<quoted>`[^`]+`)
    |(?P<span>\d+(?:ns|us|ms|s|m|h|d|w)\b)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][\w.]*)
    |(?P<sign>==|!=|<=|>=|[|,()\[\]{}:=<>+\-*/%@])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True)
class Word:
    """A token: what it is, what it says, and where it stands."""

    kind: str
    said: str
    at: int


class Refused(Exception):
    """A query that Grail does not take; `kind` is its error type."""

    def __init__(self, kind: str, said: str, at: int = 0, status: int = 400) -> None:
        super().__init__(said)
        self.kind, self.said, self.at, self.status = kind, said, at, status

    def body(self, query: str) -> dict[str, Any]:
        """Write it as the API answers."""
        index = min(self.at, len(query))
        before = query[:index]
        column = index - (before.rfind("\n") + 1)
        place = {"column": column, "index": index, "line": before.count("\n")}
        family = "DQL-AUTHORIZATION" if self.status == 403 else "DQL-SYNTAX-ERROR"
        arguments = [self.said.split("`")[1]] if "`" in self.said else []
        details: dict[str, Any] = {
            "exceptionType": family,
            "errorType": self.kind,
            "errorMessage": self.said,
            "arguments": arguments,
            "queryString": query,
            "errorMessageFormatSpecifierTypes": ["GENERAL_MESSAGE"],
            "errorMessageFormat": "%1$s",
            "queryId": "00000000-0000-4000-8000-000000000000",
        }
        if self.status == 400:
            details["syntaxErrorPosition"] = {"start": place, "end": place}
        return {"error": {"message": self.kind, "details": details, "code": self.status}}


def words(query: str) -> list[Word]:
    """Take a query apart, or raise Refused."""
    found: list[Word] = []
    at = 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None or match.lastgroup is None:
            raise Refused("PARSE_ERROR", f"`{query[at]}` isn't allowed here.", at)
        if match.lastgroup != "gap":
            found.append(_word(match.lastgroup, match[0], at))
        at = match.end()
    return found


def _word(kind: str, said: str, at: int) -> Word:
    if kind == "raw":
        return Word("text", said[3:-3], at)
    if kind == "text":
        return Word("text", re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _meant, said[1:-1]), at)
    return Word("name", said[1:-1], at) if kind == "quoted" else Word(kind, said, at)


def _meant(found: re.Match[str]) -> str:
    said = found[1]
    return chr(int(said[1:], 16)) if len(said) == 5 else _ESCAPES.get(said, said)

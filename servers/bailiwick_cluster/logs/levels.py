"""How bad a line is: the level it says it has, or else what its words let one guess. Pure."""

import re
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """Levels of all loggers, brought down to four."""

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """Its name as it is shown."""
        return self.name.lower()


_NAMES = {
    Level.DEBUG: "trace trce debug dbug dbg d fine finer finest verbose verb v t",
    Level.INFO: "info information informational inf i notice note log config default",
    Level.WARN: "warning warn wrn w",
    Level.ERROR: "error err eror e severe fatal fail f critical crit c alert emergency emerg panic"
    " dpanic",
}
_BY_NAME = {name: level for level, names in _NAMES.items() for name in names.split()}
_UPPER = (
    r"(TRACE|DEBUG|INFO|NOTICE|LOG|WARN(?:ING)?|ERR(?:OR)?|SEVERE|FATAL|CRIT(?:ICAL)?|PANIC"
    r"|ALERT|EMERG(?:ENCY)?)"
)
_MARKED = re.compile(
    # Between anything that parts words, in capitals, as nearly every plain format has it;
    rf"(?:^|[\s\[(|<>:/-]){_UPPER}(?=[\s\])|<>:,/-]|$)"
    # in brackets, as web servers have it;
    r"|\[ ?(trace|debug|info|notice|warn|warning|error|err|crit|alert|emerg|fatal|"
    r"Trace|Debug|Info|Notice|Warn|Warning|Error|Critical|Fatal) ?\]"
    # or as the line's first word.
    r"|^(trace|trce|debug|dbug|info|notice|warn|warning|error|err|fail|fatal|crit|critical|panic"
    r"|Debug|Info|Warning|Error|Fatal)\s?:"
)
_LOOKED = 200
"""Characters of a plain line in which a level is looked for."""
_PAIR = re.compile(
    r"""(?:^|[\s,{])"?(?:level|lvl|severity|loglevel|log\.level|log_level|levelname)"?\s?[=:]\s?"""
    r"""["']?([A-Za-z]{1,13})\b""",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"\b(?:panic|fatal|exception|traceback|segmentation fault|sigsegv|core dumped|out of memory"
    r"|oom[- ]?kill(?:ed|er)?|unhandled|uncaught|stack overflow|deadlock|no space left"
    r"|(?<!no )(?<!0 )(?<!without )errors?(?! ?[=:] ?(?:nil|null|none|<nil>|0\b|\"\")))\b"
    r"|\b[A-Za-z]{2,60}(?:Error|Exception)\b",
    re.IGNORECASE,
)
_WORRIES = re.compile(
    r"\b(?:fail(?:s|ed|ing|ures?)?|refused|denied|timed? ?out|unreachable|unable to|cannot"
    r"|can't|could not|couldn't|retry(?:ing)?|retries|deprecated|unauthori[sz]ed|forbidden"
    r"|invalid|rejected|aborted|killed|slow|reset by peer|broken pipe|missing|expired|exhausted"
    r"|not found|no such|warnings?)\b",
    re.IGNORECASE,
)
_NUMBERS = ((50, Level.ERROR), (40, Level.WARN), (30, Level.INFO), (10, Level.DEBUG))
"""As bunyan and pino count."""


def named(word: Any) -> Level | None:
    """Read what a field says: a name in any spelling, or a number from 10 to 60."""
    if isinstance(word, str):
        return _BY_NAME.get(word.strip().lower()) if len(word) < 20 else None
    if isinstance(word, int | float) and not isinstance(word, bool):
        return next((level for least, level in _NUMBERS if word >= least), None)
    return None


def marked(text: str) -> Level | None:
    """Find the level that a plain line says it has."""
    found = _MARKED.search(text, 0, _LOOKED)
    if found is not None:
        return _BY_NAME[(found[1] or found[2] or found[3]).lower()]
    pair = _PAIR.search(text, 0, _LOOKED * 5)
    return named(pair[1]) if pair is not None else None


def guessed(text: str) -> Level | None:
    """Guess by words, where a line says nothing."""
    if _FAILED.search(text):
        return Level.ERROR
    return Level.WARN if _WORRIES.search(text) else None

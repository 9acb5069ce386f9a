"""Make text from outside harmless to look at: nothing in it steers, hides or reorders.

Terminal sequences go; every other character that shows nothing becomes a visible
`<U+202E>`. Look-alike letters stay as they are: what is written is what is shown.
"""

import re
import unicodedata
from functools import lru_cache

# CSI, OSC, the other strings (DCS, SOS, PM, APC), and two-character sequences. A string
# that is not closed ends with its line, so it cannot swallow the text after it.
_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]",
)
_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ud800-\udfff"
    + "".join(
        f"{chr((plane << 16) + 0xFFFE)}{chr((plane << 16) + 0xFFFF)}" for plane in range(1, 17)
    )
    + _BLANK_LETTERS
)
_SELECTORS = "\ufe00-\ufe0f"
# One selector after a sign is how emoji are written; anything more carries a message.
_BAD_RUN = re.compile(
    rf"(?:[{_INVISIBLE}]|(?<![#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])[{_SELECTORS}])+",
)
_SUSPECT = re.compile(rf"[{_INVISIBLE}{_SELECTORS}]")
_KEPT_BY_DEFAULT = "\n\t"
_MOST_SHOWN = 4
_ODD = re.compile(rf"[{_INVISIBLE}{_SELECTORS}\uff01-\uff5e\U0001d400-\U0001d7ff]")


def neutralise(text: str, *, keep: str = _KEPT_BY_DEFAULT) -> str:
    r"""Remove terminal sequences and spell out invisible characters.

    `keep` names the control characters left alone, out of `\n` and `\t`. A run of
    more than four invisible characters is written as its first and its length, so the
    result is at most about ten times as long as the text.
    """
    if text.isascii() and text.isprintable():
        return text
    if keep == _KEPT_BY_DEFAULT and (_is_plain_ascii(text) or not _SUSPECT.search(text)):
        return text
    text = _TERMINAL.sub("", text.replace("\r\n", "\n"))
    for char in "\n\t":
        if char not in keep:
            text = text.replace(char, _spelt(char))
    return _BAD_RUN.sub(lambda run: _spelt_run(run[0]), text)


def plain(text: str) -> str:
    """Make a reading copy: no terminal sequences, nothing invisible, compatibility forms folded.

    For finding what was hidden. Text without such characters comes back as it was.
    """
    if not is_odd(text):
        return text
    bare = _SUSPECT.sub("", _TERMINAL.sub("", text))
    return bare if bare.isascii() else unicodedata.normalize("NFKC", bare)


def is_odd(text: str) -> bool:
    """Whether `plain` would read the text otherwise than it is written."""
    return not _is_plain_ascii(text) and _ODD.search(text) is not None


def _is_plain_ascii(text: str) -> bool:
    """Tell without looking at each character in Python's regular expressions."""
    if not text.isascii():
        return False
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def _spelt_run(run: str) -> str:
    if len(run) <= _MOST_SHOWN:
        return "".join(map(_spelt, run))
    return f"{_spelt(run[0])[:-1]} x{len(run)}>"


@lru_cache(maxsize=1024)
def _spelt(char: str) -> str:
    return f"<U+{ord(char):04X}>"

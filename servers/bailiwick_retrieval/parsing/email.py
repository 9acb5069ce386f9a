"""Mail (EML, MHTML): headers, the text or the page, messages within; attachments are named."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import cast

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing import html
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.failure import FAULTS
from bailiwick_retrieval.parsing.markup import Walker
from bailiwick_retrieval.parsing.text import paragraphs
from bailiwick_retrieval.parsing.tree import Element
from bailiwick_retrieval.settings import ParsingSettings

_SHOWN = ("From", "To", "Cc", "Date")
_DEEPEST = 5
_MOST_PARTS = 500


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read an RFC 5322 message; places are the parts of it by number."""
    message = message_from_bytes(data, policy=policy.default)
    draft = Draft("email", name, limits)
    _Writer(draft, limits).message(message, 0)
    return draft.parsed(Meta(title=_header(message, "Subject"), updated=_date(message)))


def _header(message: EmailMessage, name: str) -> str:
    """Read a header as text; what cannot be decoded is empty."""
    try:
        return " ".join(str(message.get(name, "")).split())[:2_000]
    except FAULTS:
        return ""


def _date(message: EmailMessage) -> float | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).timestamp()
    except FAULTS:
        return None


class _Writer:
    def __init__(self, draft: Draft, limits: ParsingSettings) -> None:
        self._draft = draft
        self._limits = limits
        self._part = 0

    def message(self, message: EmailMessage, depth: int) -> None:
        """Write a message; one inside another is a section of its own."""
        self._part += 1
        if depth:
            self._draft.heading(depth, _header(message, "Subject") or "Message", self._here())
        told = ((name, _header(message, name)) for name in _SHOWN)
        lines = [f"{name}: {value}" for name, value in told if value]
        self._draft.add("prose", "\n".join(lines), self._here())
        self._body(message)
        attached: list[str] = []
        for part in _leaves(message):
            if part.get_content_type() == "message/rfc822" and depth < _DEEPEST:
                for inner in _parts(part):
                    self.message(inner, depth + 1)
            elif _is_attached(part):
                attached.append(f"- {_name(part)}")
        if attached:
            self._part += 1
            self._draft.add("prose", "Attachments, not read:\n" + "\n".join(attached), self._here())

    def _here(self) -> Place:
        return Place("part", max(1, self._part), max(1, self._part))

    def _body(self, message: EmailMessage) -> None:
        """Write the text, or the page where there is no text."""
        leaves = [part for part in _leaves(message) if not _is_attached(part)]
        plain = [part for part in leaves if part.get_content_type() == "text/plain"]
        pages = [part for part in leaves if part.get_content_type() == "text/html"]
        if any(_text(part).strip() for part in plain):
            for part in plain:
                self._part += 1
                self._plain(_text(part))
            return
        for part in pages:
            self._part += 1
            root = html.planted(_text(part), self._limits.most_depth)
            Walker(self._draft, self._at).walk(html.content(root))

    def _at(self, _element: Element, _count: int) -> Place:
        return self._here()

    def _plain(self, text: str) -> None:
        """Write paragraphs; what is cited stands in quotes, what is below `-- ` is left out."""
        for _, lines in paragraphs(text.partition("\n-- \n")[0]):
            cited = all(line.startswith(">") for line in lines)
            self._draft.add("quote" if cited else "prose", "\n".join(lines), self._here())


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Give the parts that hold something; a message inside is one part."""
    waiting = [message]
    count = 0
    while waiting and count < _MOST_PARTS:
        part = waiting.pop(0)
        count += 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting = [*_parts(part), *waiting]
        else:
            yield part


def _parts(part: EmailMessage) -> list[EmailMessage]:
    inner = part.get_payload()
    if not isinstance(inner, list):
        return []
    return [each for each in cast("list[object]", inner) if isinstance(each, EmailMessage)]


def _is_attached(part: EmailMessage) -> bool:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        return False
    return part.get_content_disposition() == "attachment" or not kind.startswith("text/")


def _name(part: EmailMessage) -> str:
    return " ".join(str(part.get_filename() or part.get_content_type()).split())[:200]


def _text(part: EmailMessage) -> str:
    """Decode a text part; a charset that nobody knows is guessed."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeError, ValueError):
        text = decode(data)[0]
    return text.replace("\r\n", "\n").replace("\r", "\n")

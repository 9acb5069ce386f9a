"""Frame text from outside, so that a model can tell it from what we say.

The frame carries a nonce drawn for each answer. Inside, the nonce and anything that
reads like a frame's edge is broken visibly, so nothing inside can close the fence.
"""

import re

from bailiwick.shaping.linear import Sieve, to_bytes
from bailiwick.shaping.neutral import neutralise, plain

_NONCE = re.compile(r"[A-Za-z0-9]{8,64}")
# Also with look-alike brackets: a model reads them as the edge, too.
_EDGE = re.compile(
    r"([<\uff1c\ufe64\u2039\u00ab\u27e8\u3008\u226a]+)(?=\s*[/\\]?\s*(?:untrusted|end\b))",
    re.IGNORECASE,
)
_BREAKS = re.compile(r"\r\n|[\n\u2028\u2029]")
_SOURCE = re.compile(r"[^\w .,:;/@#()+=\-]")

# Label -> what gives it away. Lower case, blanks folded; signals only, never a verdict.
_SIGNALS = {
    "ignore-instructions": (
        r"(?:ignore|disregard|forget|override|bypass) (?:[a-z]+ ){0,3}"
        r"(?:instruction|prompt|rule|guideline|polic|direction|context)"
    ),
    "new-instructions": r"(?:new|updated|real|actual|important) (?:system )?instructions? ?[:.!]",
    "system-prompt": r"system ?(?:prompt|message)|developer message",
    "role-change": (
        r"you are now |act as (?:an? )?(?:admin|root|system|developer)|pretend (?:to be|you)"
    ),
    "role-tag": (
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)"
        r"|\[/?inst\]|<</?sys>>|</?(?:system|assistant|human|user)>"
        r"|(?:^|\n) ?#{0,3} ?(?:system|assistant|human):"
    ),
    "tool-call": (
        r"</?(?:tool_call|function_calls?|invoke|tool_use|tools?|antml)\b"
        r"|\"(?:tool_calls|function_call|tool_use|tool_name)\" ?:|\"method\" ?: ?\"tools/call\""
    ),
    "secrecy": r"do not (?:tell|inform|mention|reveal)[a-z ]{0,20}(?:user|human|operator|anyone)",
    "exfiltration": (
        r"(?:send|post|forward|upload|exfiltrate) [a-z ]{0,30}"
        r"(?:token|secret|password|credential|api key|kubeconfig)"
    ),
    "urges-action": r"(?:you must|immediately|please) (?:run|execute|call|delete|invoke|approve)\b",
}
_LABELS = tuple(_SIGNALS)
_SIEVE = Sieve(_SIGNALS.values())
_BLANKS = re.compile(r"[ \t\r\f\v]+")


def fence(text: str, source: str, nonce: str) -> str:
    """Frame `text`, naming its `source`, with the answer's `nonce` (8 to 64 letters, digits)."""
    if not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce is 8 to 64 ASCII letters and digits")
    body = _broken(neutralise(text), nonce)
    # The source's spelling is ours or a resource's name: no quotes, no brackets.
    told = _broken(_SOURCE.sub("_", inline(source, 80)), nonce)
    return f'<<untrusted {nonce} source="{told}">>\n{body}\n<<end {nonce}>>'


def _broken(text: str, nonce: str) -> str:
    if nonce.lower() in text.lower():
        text = re.sub(re.escape(nonce), "(nonce)", text, flags=re.IGNORECASE)
    return (
        _EDGE.sub(lambda edge: "(" * len(edge[1]), text)
        if not text.isascii() or "<" in text
        else text
    )


def inline(text: str, most: int = 200) -> str:
    """Write a foreign string on one line of at most about `most` characters.

    What is cut is counted: `…(+N)`.
    """
    body = neutralise(_BREAKS.sub("⏎", text[:most]).replace("\t", " "))
    over = max(0, len(text) - most) + max(0, len(body) - most)
    return f"{body[:most]}…(+{over})" if over else body


def flags(text: str) -> tuple[str, ...]:
    """Signals that the text speaks to a model; sorted labels, for a mark beside it."""
    read = _BLANKS.sub(" ", plain(text)).lower()
    return tuple(sorted(_LABELS[number] for number in _SIEVE.hits(to_bytes(read))))

"""Credentials that are known by their own shape: vendor tokens, JWTs, hashes.

Every pattern needs a prefix or a frame that the vendor chose; nothing is guessed
from how random a string looks.
"""

import base64
import binascii
from collections.abc import Callable
from typing import NamedTuple

Values = tuple[bytes, ...]
"""What the groups of a pattern matched, empty where one took no part."""


class Rule(NamedTuple):
    """One kind of secret in text.

    `trigger` is a short pattern that occurs wherever `pattern` can match; only then
    is `pattern` tried. The last group that took part is what gets replaced (the whole
    match where there are no groups). `judge` may decline a match, or name it better
    than `label` does.
    """

    label: str
    trigger: str
    pattern: str
    judge: Callable[[Values], bool | str] | None = None


def decoded(value: bytes) -> bytes:
    """Decode base64 of either alphabet, padded or not; empty where it is none."""
    value = value.replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
    try:
        return binascii.a2b_base64(value + b"=" * (-len(value) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        return b""


def _is_pair(values: Values) -> bool:
    return b":" in decoded(values[-1])


def _is_mixed(values: Values) -> bool:
    """Both digits and capitals: a key, not a name in kebab case."""
    value = values[-1]
    return value != value.lower() and any(48 <= byte <= 57 for byte in value)


def _has_digit(values: Values) -> bool:
    return any(48 <= byte <= 57 for byte in values[-1])


_PUBLIC = (b"-----BEGIN CERTIFICATE", b"-----BEGIN PUBLIC KEY", b"-----BEGIN RSA PUBLIC")


def _is_private_pem(values: Values) -> bool:
    """PEM in base64, unless its first line says that anyone may read it."""
    head = values[-1][:64]
    text = base64.b64decode(head[: len(head) // 4 * 4], validate=False)
    return not text.startswith(_PUBLIC)


# Tokens whose prefix alone decides: label, literal prefix, what follows it.
_PREFIXED = (
    ("aws key", "A(?:KIA|SIA|BIA|CCA)", r"[A-Z0-9]{16}\b"),
    ("google key", "AIza", r"[0-9A-Za-z_-]{35}"),
    ("google key", "GOCSPX-", r"[0-9A-Za-z_-]{20,}"),
    ("google token", r"ya29\.", r"[0-9A-Za-z_.-]{20,}"),
    ("github token", "gh[pousr]_", r"[A-Za-z0-9_]{20,}"),
    ("github token", "github_pat_", r"[A-Za-z0-9_]{20,}"),
    ("gitlab token", "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct|wt)-", r"[\w.-]{20,}"),
    ("slack token", "xox[abceoprs]-", r"[A-Za-z0-9-]{10,}"),
    ("slack token", "xapp-[0-9]-", r"[A-Za-z0-9-]{10,}"),
    ("npm token", "npm_", r"[A-Za-z0-9]{36,}"),
    ("pypi token", "pypi-AgE", r"[\w-]{40,}"),
    ("stripe key", "[sr]k_(?:live|test)_", r"[A-Za-z0-9]{16,}"),
    ("stripe key", "whsec_", r"[A-Za-z0-9+/=]{20,}"),
    ("anthropic key", "sk-ant-", r"[\w-]{20,}"),
    ("huggingface token", "hf_", r"[A-Za-z0-9]{30,}"),
    ("vault token", r"hv[sbr]\.", r"[\w-]{20,}"),
    ("dynatrace token", r"dt0[a-z][0-9]{2}\.", r"[A-Z0-9]{8,}(?:\.[A-Z0-9]+)?"),
    ("grafana token", "glsa_", r"[A-Za-z0-9]{20,}(?:_[a-fA-F0-9]{4,})?"),
    ("grafana token", "glc_", r"[A-Za-z0-9+/=]{24,}"),
    ("grafana token", "eyJrIjoi", r"[A-Za-z0-9+/]{20,}={0,2}"),
    ("openshift token", "sha256~", r"[\w-]{40,}"),
    ("docker token", "dckr_(?:pat|oat)_", r"[\w-]{20,}"),
    ("digitalocean token", "do[opr]_v1_", r"[a-f0-9]{40,}"),
    ("sendgrid key", r"SG\.", r"[\w-]{16,}\.[\w-]{16,}"),
    ("databricks token", "dapi", r"[a-f0-9]{32}(?:-[0-9])?\b"),
    ("atlassian token", "ATATT3x", r"[\w=-]{40,}"),
    ("linear key", "lin_api_", r"[A-Za-z0-9]{30,}"),
    ("tailscale key", "tskey-", r"[\w-]{20,}"),
    ("new relic key", "NRAK-", r"[A-Z0-9]{20,}"),
    ("terraform token", r"[A-Za-z0-9]{14}\.atlasv1\.", r"[\w=-]{40,}"),
    ("age key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{50,}"),
    ("password hash", r"\$(?:2[abxy]|[156]|apr1|y)\$", r"[./A-Za-z0-9$=,]{20,}"),
)
_SHAPED = (
    # A header alone tells nothing, but cut logs end anywhere.
    Rule("jwt", "eyJ", r"\beyJ[\w=-]{8,}(?:\.[\w=-]{4,}){1,4}(?:\.[\w=-]*)?"),
    Rule("jwt", "eyJ", r"\beyJ(?:hbGciOi|0eXAiOi|raWQiOi)[\w.=-]*"),
    Rule("openai key", "sk-", r"\bsk-[\w-]{20,}", _is_mixed),
    Rule("azure secret", "Q~", r"\b[\w~.-]{3}[0-9]Q~[\w~.-]{31,}"),
    Rule("telegram token", ":AA", r"\b[0-9]{8,10}:AA[\w-]{32,}"),
    Rule(
        "webhook",
        r"hooks\.slack\.com|discord(?:app)?\.com/api",
        r"(?:hooks\.slack\.com/(?:services|workflows|triggers)"
        r"|discord(?:app)?\.com/api/webhooks)/([\w/-]{12,})",
    ),
    Rule("private key", "LS0tLS1CRUdJTi", r"LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]*", _is_private_pem),
    Rule("compressed data", "H4sIA|SDRzSU", r"\b(?:H4sIA|SDRzSU)[A-Za-z0-9+/]{24,}={0,2}"),
    Rule(
        "bearer token",
        "(?i)bearer",
        r"(?i)\bbearer[ \t]+([A-Za-z0-9._~+/-]{16,}=*)",
        _has_digit,
    ),
    Rule(
        "basic credentials", "(?i)basic", r"(?i)\bbasic[ \t]+([A-Za-z0-9+/_-]{6,}={0,2})", _is_pair
    ),
    Rule(
        "docker credentials",
        "(?i)auth",
        r'(?i)\bauth\\*["\']?\s*[:=]\s*\\*["\']?([A-Za-z0-9+/]{6,}={0,2})',
        _is_pair,
    ),
    Rule("track data", r"%[Bb][0-9]", r"%[Bb]([0-9]{12,19}\^[^\^\n]{2,26}\^[0-9]{4}[^?\n]*)"),
    Rule("track data", r";[0-9]{4}", r";([0-9]{12,19}=[0-9]{7}[^?\n\s]*)\?"),
)


def _prefixed(label: str, prefix: str, rest: str) -> Rule:
    edge = r"\b" if prefix[0].isalnum() or prefix[0] == "[" else ""
    return Rule(label, prefix, f"{edge}{prefix}{rest}")


RULES: tuple[Rule, ...] = (*_SHAPED, *(_prefixed(*row) for row in _PREFIXED))

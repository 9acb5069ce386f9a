"""Secrets that are known by what stands before them: `password=`, `--token`, URLs, headers."""

import re

from bailiwick.shaping.names import env_label, key_label
from bailiwick.shaping.tokens import Rule, Values

# How a key that announces a secret ends. A prefix (`DB_`, `spring.datasource.`) is free.
_STEM = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[_.-]?key|credentials?"
    r"|(?:access|secret|private|shared|account|signing|encryption|master|license|auth|hmac|ssh"
    r"|unseal)[_.-]?key"
    r"|client-key-data|tls\.key|conn(?:ection)?[_-]?str(?:ing)?|cvv2?|cvc2?|pin[_-]?block"
    r"|[_.-](?:pass|pw|dsn|creds)|(?:jsessionid|phpsessid|sessionid|connect\.sid))"
)
_TRIGGER = (
    r"(?i)passw|passphr|passco|pwd|secret|token|[_.-]?key|credential|conn|cvv|cvc|pin[_-]?block"
    r"|[_.-]pass|[_.-]pw|[_.-]dsn|[_.-]creds|sessi"
)
_ASSIGNED = r"""\\*["'\]]?[ \t]*(?:=>|:=|==?|:)"""
_VALUES = (
    r'(?:"((?:[^"\\\n]|\\.)+)'  # "quoted", perhaps cut before the end
    r"|'((?:[^'\\\n]|\\.)+)"
    r"""|\\+["']([^"'\n]+[^"'\\\n])"""  # \"JSON within JSON\"
    r"""|([^\s"'`&;\\|>{\[(](?:[^\s"'&;\\]*[^\s"'&;\\,)}\]])?))"""
)
_PROSE = re.compile(rb"[A-Z]?[a-z]*(?:[-'./_:][a-z]+)*[.,:;!?)]*")
_STRUCTURE = b"{[(,;&?\"'\\\n"

_HARMLESS = frozenset((
    b"true", b"false", b"null", b"none", b"nil", b"undefined", b"<nil>", b"<none>", b"<unset>",
    b"<set>", b"yes", b"no", b"required", b"optional", b"empty", b"string", b"***",
))  # fmt: skip
_AFTER_FLAG = frozenset(
    b"is was are flag flags option options must has have not and or to for in from with"
    b" required requires argument value deprecated".split(),
)


def _is_placeholder(value: bytes) -> bool:
    return (
        value.lower().rstrip(b",.") in _HARMLESS
        or value.startswith((b"$(", b"${", b"{{", b"<redacted", b"[redacted"))
        or not value.strip(b"*xX.\\")
    )


def _is_opaque(value: bytes) -> bool:
    """More than words of a sentence: digits, signs, inner capitals, or very long."""
    return len(value) > 24 or _PROSE.fullmatch(value) is None


def _names_a_place(key: bytes, value: bytes) -> bool:
    """Recognise a working directory, and `secret=namespace/name` as Kubernetes logs it."""
    if key in {b"PWD", b"OLDPWD"}:
        return value.startswith(b"/")
    return key.lower() == b"secret" and value.count(b"/") == 1 and value == value.lower()


def _assigned(values: Values) -> bool | str:
    before, key, sign, *_ = values
    value = next((value for value in reversed(values) if value), b"")
    label = _label(key)
    if not label or _is_placeholder(value) or _names_a_place(key, value):
        return False
    told = before != b"" and before in _STRUCTURE
    clear = told or sign[-1:] != b":" or sign[:1] in {b'"', b"'", b"\\"} or _is_opaque(value)
    return clear and label


def _label(key: bytes) -> str:
    if key.lower().startswith((b"jsession", b"phpsess", b"connect.")):
        return "cookie"
    return key_label(key.decode("latin-1")) or ""


def _flag_value(values: Values) -> bool | str:
    flag, value = values
    harmless = value.lower() in _AFTER_FLAG or _is_placeholder(value)
    return not harmless and _label(flag)


def _is_header_value(values: Values) -> bool:
    scheme, value = values
    return not _is_placeholder(value) and (bool(scheme) or _is_opaque(value))


def _yaml_value(values: Values) -> bool | str:
    key, value = values
    return not _is_placeholder(value.strip(b" \t\"'")) and _label(key)


def _env(values: Values) -> bool | str:
    value = next((value for value in reversed(values[1:]) if value), b"")
    return not _is_placeholder(value) and (env_label(values[0].decode("latin-1")) or False)


RULES: tuple[Rule, ...] = (
    Rule(
        "url credentials",
        "://",
        r"""[A-Za-z][A-Za-z0-9+.-]*://([^\s/?#"'<>:@,]*:[^\s/?#"'<>]+)@""",
    ),
    Rule(  # a slash in the password; not a port, or any path with an @ would match
        "url credentials",
        "://",
        r"""[A-Za-z][A-Za-z0-9+.-]*://([^\s/?#"'<>:@,]*:[^\s/?#"'<>@0-9][^\s"'<>:]*)@""",
    ),
    Rule("url credentials", "://", r"""://([^\s/?#"'<>:@,]{16,})@"""),
    Rule(
        "authorization",
        "(?i)authorization",
        r"""(?i)authorization\\*["'\]]?[ \t]*[:=][ \t]*[\\"'\[]*"""
        r"""(?:(bearer|basic|splunk|token|apikey|api-token|negotiate)[ \t]+)?"""
        r"""([^\s"'\\\],}]+)""",
        _is_header_value,
    ),
    Rule(
        "authorization",
        "(?i)authorization",
        r"""(?i)authorization\\*["'\]]?[ \t]*[:=][ \t]*[\\"'\[]*"""
        r"""(?:digest|aws4-hmac-sha256|hawk|oauth)[ \t]+([^\n]+)""",
    ),
    Rule("cookie", "(?i)cookie", r"""(?i)cookie\\*["']?[ \t]*:[ \t]*[\\"'\[]*(\S+=[^\n"'\]]+)"""),
    Rule(
        "url signature",
        r"(?i)[?&;](?:sig|x-amz|x-goog|signature)",
        r"""(?i)[?&;](?:sig|signature|x-(?:amz|goog)-(?:signature|credential|security-token))"""
        r"""=([^\s&"'#<>]+)""",
    ),
    Rule(
        "assigned secret",
        _TRIGGER,
        rf"(?i)(^|[^\w.\-])([\w.\-]*{_STEM})({_ASSIGNED})[ \t]*{_VALUES}",
        _assigned,
    ),
    Rule(
        "assigned secret",
        _TRIGGER,
        rf"""(?im)^[ \t]*(?:- +)?([\w.\-]*{_STEM}):[ \t]+([^\s\[{{|>&*#$][^\r\n]*)""",
        _yaml_value,
    ),
    Rule(
        "assigned secret",
        _TRIGGER,
        rf"""(?i)(?:^|[\s"'=])--?([\w.\-]*{_STEM})[ \t]+["']?([^\s"'\-][^\s"']*)""",
        _flag_value,
    ),
    Rule(
        "assigned secret",
        "(?i)value",
        r"""(?i)\bname\\*["']?[ \t]*:[ \t]*\\*["']?([\w.\-]+)\\*["']?,?\s*"""
        rf"""(?:- +)?\\*["']?value\\*["']?[ \t]*:[ \t]*{_VALUES}""",
        _env,
    ),
    Rule(
        "basic credentials",
        "(?i)curl",
        r"""(?i)\bcurl\b[^\n]*?[ \t](?:-u|--user)[ =]*["']?([^\s"':]+:[^\s"']+)""",
    ),
)

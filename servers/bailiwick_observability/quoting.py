"""Text put inside double quotes, as PromQL and Alertmanager's matchers both read them."""

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def escaped(text: str) -> str:
    """Write text for the inside of a string in double quotes: backslash, quote and line break."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def labelled(label: str) -> str:
    """Write a label's name; one that is not plain is quoted, as UTF-8 names are."""
    return label if _PLAIN.fullmatch(label) else f'"{escaped(label)}"'

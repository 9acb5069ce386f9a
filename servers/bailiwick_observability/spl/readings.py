"""Whether Splunk could see other pipes and brackets in a search than we do.

Which quotes count is not written down for every command: an apostrophe quotes in `eval` and is a
letter in `search`; a backslash before a closing quote may itself be escaped. A search is refused
unless every reading that balances has the same shape: so nothing hides in a quote that is none.
"""


def disagree(text: str) -> bool:
    """Tell whether some reading of a search's quotes has another shape than the first."""
    ours = _shape(text, '"', naive=False)
    others = (
        _shape(text, quotes, naive=naive) for quotes in ('"', "\"'") for naive in (False, True)
    )
    return any(other is not None and other != ours for other in others)


def _shape(text: str, quotes: str, *, naive: bool) -> list[int] | None:
    """Return the places of pipes and brackets outside quotes; None where quotes do not balance.

    A naive reader takes any quote behind a backslash as escaped.
    """
    shape: list[int] = []
    opened = ""
    skipped = False
    for place, char in enumerate(text):
        if opened:
            escapes = char == "\\" and (naive or not skipped)
            if char == opened and not skipped:
                opened = ""
            skipped = escapes
        elif char in quotes:
            opened, skipped = char, False
        elif char in "|[]":
            shape.append(place)
    return None if opened else shape

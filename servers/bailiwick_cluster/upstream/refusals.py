"""Why helm said no, in our words; its own may hold whatever a chart or an API wrote."""

import re

from bailiwick_cluster.upstream.charts import Refusal

_MOST = 2_000
"""Characters of helm's own words that are kept: the last, where the reason stands."""
_LOCKED = (
    "another operation on it is in progress, or died half-way; read_release says since when:"
    " if nobody works on it, rollback_release to the revision that ran before frees it"
)
_KNOWN = tuple(
    (re.compile(pattern, re.IGNORECASE), why)
    for pattern, why in (
        (r"another operation .* is in progress", _LOCKED),
        (r"cannot re-?use a name that is still in use", "it is installed; use upgrade_release"),
        (r"has no deployed releases", "it is not installed; use install_release"),
        (r"release: not found|release has no .*version", "there is no such release or revision"),
        (
            r"don't meet the specifications of the schema",
            "the values do not fit the chart's schema",
        ),
        (r"execution error at", "the chart itself refuses these values"),
        (r"parse error at|template: ", "the chart's templates cannot be rendered"),
        (r"conflict occurred|Apply failed with \d+ conflict", "others manage fields that it sets"),
        (r"cannot be imported into the current release", "others own objects that it would make"),
        (r"hooks? failed|hook execution failed", "one of its hooks failed"),
        (r"is forbidden|forbidden:|unauthorized", "the cluster does not let the caller do this"),
        (r"no matches for kind|ensure CRDs are installed", "the cluster lacks kinds that it needs"),
        (r"denied the request|admission webhook", "an admission policy of the cluster refuses it"),
        (r"is invalid:|unprocessable|unknown field", "the cluster takes some object for invalid"),
        (r"exceeded quota", "the namespace's quota does not leave room for it"),
        (r"namespaces? .* not found", "there is no such namespace"),
        (r"deadline exceeded|timed out|context canceled|not ready", "it was not ready in time"),
        (r"missing in charts/ directory", "the chart comes without charts that it depends on"),
        (r"Chart\.yaml file is missing|chart metadata", "there is no chart at that place"),
        (
            r"(chart|version|reference).*not found|404|manifest unknown|not a valid",
            "no such chart or version",
        ),
        (r"401|403|denied|authentication", "the chart's source wants another login"),
        (r"x509|certificate", "the chart's source shows a certificate that is not trusted"),
        (r"connection refused|no such host|unreachable|i/o timeout|EOF", "it cannot be reached"),
    )
)


def refusal(said: bytes) -> Refusal:
    """Read what helm wrote as it gave up."""
    words = said[-20_000:].decode(errors="replace").strip()
    last = words.rfind("Error: ")
    told = words[last:] if last >= 0 else words
    why = next(
        (why for pattern, why in _KNOWN if pattern.search(told)), "helm gives a reason of its own"
    )
    return Refusal(why, told.removeprefix("Error: ")[-_MOST:])

"""Parameter types shared by the cluster tools; each says what it names to the policy."""

from typing import Annotated

from pydantic import AfterValidator, Field

from bailiwick.tool import Scope
from bailiwick_cluster.kinds import canonical

LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
"""RFC 1123 label, as namespaces are named."""
NAME = r"^[A-Za-z0-9]([A-Za-z0-9:._-]{0,251}[A-Za-z0-9])?$"
"""Object names: RFC 1123 subdomains, and the colons that roles have. No slash, no newline."""
SELECTOR = r"^[A-Za-z0-9_./ ,=!()-]{0,500}$"


def at_most(most: int) -> AfterValidator:
    """Bound a text's length where the schema does not show it, which a model would read.

    A pattern that counts (`.{0,4000}`) would take 20 ms and megabytes to be compiled.
    """

    def bounded(said: str) -> str:
        if len(said) > most:
            raise ValueError(f"at most {most} characters")
        return said

    return AfterValidator(bounded)


# What many tools take alike has no description: the server's instructions tell it once.
Cluster = Annotated[str, Field(pattern=LABEL), Scope("Cluster")]
Namespace = Annotated[str, Field(pattern=LABEL), Scope("Namespace")]
AnyNamespace = Annotated[str | None, Field(pattern=LABEL), Scope("Namespace")]
Place = Annotated[
    str,
    Field(description="Empty: in none.", pattern=rf"{LABEL}|^$"),
    Scope("Namespace"),
]
"""A namespace that must be said, and said to be none for what the cluster itself has."""
Kind = Annotated[
    str,
    Field(description="Kind: Pod, deploy, Certificate.cert-manager.io.", max_length=300),
    AfterValidator(canonical),
]
Name = Annotated[str, Field(description="Object name.", pattern=NAME)]
Labels = Annotated[str, Field(description="Label selector: app=web,tier!=db.", pattern=SELECTOR)]
Fields = Annotated[str, Field(description="Field selector: spec.nodeName=n1.", pattern=SELECTOR)]
Cursor = Annotated[str, Field(description="`next` of an earlier answer.", max_length=6_000)]

"""Parameter types that the tools for releases share. Bounds are checked, and not shown."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bailiwick.tool import Sealed
from bailiwick_cluster.parameters import at_most
from bailiwick_cluster.releases import documents

RELEASE = r"^[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?$"
"""Helm's own rule, RFC 1123 and at most 53 characters. It cannot begin like an option."""
VERSION = r"^[A-Za-z0-9][A-Za-z0-9.+_-]{0,127}$|^$"
_MOST_REVISIONS = 999_999
CHART = r"^(oci://|https://|/)[^\s]+$"
FINDS = {"kinds": list}
"""What only a rendering tells: the policy is asked again, with the kinds it writes or removes."""

Release = Annotated[str, Field(description="Name.", pattern=RELEASE)]
Chart = Annotated[str, Field(description="oci:, https: or folder.", pattern=CHART), at_most(510)]
Version = Annotated[str, Field(description="Or newest.", pattern=VERSION)]
Values = Annotated[str, Field(description="YAML."), AfterValidator(documents.bounded), Sealed()]
"""They may hold secrets in any shape: no record and no approver is shown them."""
OnFailure = Annotated[Literal["keep", "roll_back"], Field(description="If unready.")]


def _kept(revision: int) -> int:
    """Refuse what is no number of a revision."""
    if not 0 <= revision <= _MOST_REVISIONS:
        raise ValueError(f"a revision is between 1 and {_MOST_REVISIONS}")
    return revision


Revision = Annotated[int, Field(description="0: newest."), AfterValidator(_kept)]
Other = Annotated[int, Field(description="For diff."), AfterValidator(_kept)]
Back = Annotated[int, Field(description="0: before."), AfterValidator(_kept)]

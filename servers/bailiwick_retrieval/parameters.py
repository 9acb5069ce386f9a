"""Parameter types shared by the retrieval tools; each says what it names to the policy."""

from typing import Annotated, Literal

from pydantic import Field

from bailiwick.tool import Scope
from bailiwick_retrieval.settings import NAME

Collection = Annotated[
    str, Field(description="From list_collections.", pattern=NAME), Scope("Collection")
]
AnyCollection = Annotated[
    str | None, Field(description="Leave out for all.", pattern=NAME), Scope("Collection")
]
Query = Annotated[
    str,
    Field(
        description='A question or keywords; "exact phrase" must occur.',
        min_length=1,
        max_length=10_000,
    ),
]
Document = Annotated[
    str,
    Field(
        description="Path or handle (path#section) from a search.", min_length=1, max_length=1_500
    ),
]
Under = Annotated[str, Field(description="Only paths that begin so.", max_length=1_000)]
Format = Literal[
    "markdown", "rst", "asciidoc", "html", "confluence", "pdf", "docx", "pptx", "spreadsheet",
    "csv", "notebook", "email", "text", "code",
]  # fmt: skip
Formats = Annotated[list[Format] | None, Field(description="Any of these.", max_length=14)]
Tags = Annotated[list[str] | None, Field(description="All of these.", max_length=10)]
UpdatedAfter = Annotated[
    str | None, Field(description="-30d, or ISO date.", max_length=40, min_length=2)
]
Cursor = Annotated[str, Field(description="`next` of an earlier answer.", max_length=6_000)]
DryRun = Annotated[bool, Field(description="Only say what would happen; false to do it.")]

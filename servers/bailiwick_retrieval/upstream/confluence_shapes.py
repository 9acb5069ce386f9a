"""What Confluence's REST API answers, as far as we read it, and who may read a page by that.

A page can be read by those whom its own restriction and that of every page above it allow; a
restriction names users and groups, one of which is enough. A set of readers cannot say "in `a` and
in `b`", so where two levels name different groups the names they share are taken: that is stricter
than Confluence for a person in both groups, and never wider.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bailiwick_retrieval.readers import USER, Readers, both
from bailiwick_retrieval.settings import EVERYONE
from bailiwick_retrieval.upstream.naming import normal, trouble

SUFFIX = ".confluence"
_LONGEST = 120
_READ = "restrictions.read.restrictions"
WHO = f"{_READ}.user,{_READ}.group"
LISTED = f"version,{WHO},ancestors.{_READ}.user,ancestors.{_READ}.group,metadata.labels"
"""What a listing has to expand."""


class User(BaseModel):
    """A user: a name on Data Center, an account on Cloud."""

    username: str | None = None
    account: str | None = Field(default=None, alias="accountId")

    @property
    def name(self) -> str:
        """Give the name that restrictions know the user by; empty where there is none."""
        return self.username or self.account or ""


class Group(BaseModel):
    """A group."""

    name: str = ""


class Users(BaseModel):
    """Users of a restriction; `size` counts those on this page only."""

    results: list[User]
    size: int = 0
    limit: int = 0


class Groups(BaseModel):
    """Groups of a restriction."""

    results: list[Group]
    size: int = 0
    limit: int = 0


class Restricted(BaseModel):
    """Who is named for one operation. Nobody at all means everybody."""

    user: Users
    group: Groups


class Operation(BaseModel):
    """One operation's restriction."""

    restrictions: Restricted


class Restrictions(BaseModel):
    """Restrictions by operation; we asked for `read`."""

    read: Operation


class Links(BaseModel):
    """Addresses, relative to `base`."""

    base: str = ""
    webui: str = ""
    next: str = ""


class Version(BaseModel):
    """The version of a page, and when it was made, ISO 8601."""

    number: int
    when: str = ""


class Label(BaseModel):
    """A label."""

    name: str


class Labels(BaseModel):
    """The labels of a page."""

    results: list[Label] = []


class Metadata(BaseModel):
    """What was expanded of a page's metadata."""

    labels: Labels = Labels()


def _told(said: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read restrictions; what cannot be read was not told, and is for nobody."""
    try:
        return read(said)
    except ValidationError:
        return None


class Ancestor(BaseModel):
    """A page above, or a folder. Without `restrictions` they were not told."""

    id: str
    title: str = ""
    restrictions: Annotated[Restrictions | None, WrapValidator(_told)] = None


class Storage(BaseModel):
    """A body in storage format."""

    value: str


class Body(BaseModel):
    """The representations that were expanded."""

    storage: Storage


class Page(Ancestor):
    """A page."""

    version: Version
    ancestors: list[Ancestor]
    metadata: Metadata = Metadata()
    links: Links = Field(default=Links(), alias="_links")
    body: Body | None = None

    @property
    def path(self) -> str:
        """Name its document: titles above it, its own, and its id, which makes it unique."""
        names = [_name(each.title) for each in self.ancestors]
        return "/".join([*names, f"{_name(self.title)}~{_name(self.id)}{SUFFIX}"])


class Pages(BaseModel):
    """Some pages of a space, with the address of the next ones."""

    results: list[Page]
    links: Links = Field(default=Links(), alias="_links")


def page_id(path: str) -> str:
    """Give the id in a document's path."""
    return path.removesuffix(SUFFIX).rpartition("~")[2]


def _name(title: str) -> str:
    """Make a title a name in a path."""
    plain = "".join(
        "_" if char in "/\\" or trouble(char) else char
        for char in normal(unicodedata.normalize("NFC", title)).strip()
    )[:_LONGEST].strip()
    # A title that begins with a dot is not meant to be hidden.
    return f"_{plain}" if not plain or plain.startswith(".") else plain


@dataclass(frozen=True, slots=True)
class Readership:
    """How names of restrictions become readers."""

    user_prefix: str
    group_prefix: str

    def of(self, levels: Sequence[Restrictions]) -> Readers | None:
        """Give those whom all levels allow; None where none of them restricts anything."""
        found: Readers | None = None
        for each in levels:
            named = each.read.restrictions
            if named.user.results or named.group.results:
                allowed = frozenset(self._names(named))
                found = allowed if found is None else both(found, allowed)
        return found

    def _names(self, named: Restricted) -> Iterator[str]:
        for user in named.user.results:
            if user.name:
                yield f"{USER}{self.user_prefix}{user.name}"
        for group in named.group.results:
            name = f"{self.group_prefix}{group.name}"
            # Whoever may create groups there must not create one that is everybody, or a user.
            if group.name and name != EVERYONE and not name.startswith(USER):
                yield name


def cut(levels: Sequence[Restrictions]) -> bool:
    """Tell whether a restriction names more than was told: then some read less than they may."""
    named = [each.read.restrictions for each in levels]
    lists = [*(each.user for each in named), *(each.group for each in named)]
    return any(each.limit > 0 and len(each.results) >= each.limit for each in lists)


def fingerprint(page: Page, readers: Readers | None) -> str:
    """Tell one state of a page from another: its version, and who may read it."""
    said = "-" if readers is None else "\n".join(sorted(readers))
    return f"{page.version.number}-{sha256(said.encode()).hexdigest()[:16]}"

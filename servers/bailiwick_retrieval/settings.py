"""What the retrieval server reads for itself: `[servers.retrieval]`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bailiwick.config import wrong_fields
from bailiwick.errors import BadConfig

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
Name = Annotated[str, Field(pattern=NAME)]
EVERYONE = "*"
"""The reader that stands for everybody who may ask about the collection at all."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ParsingSettings(_Settings):
    """What one file may cost. Each is parsed in a process of its own that may die."""

    most_mb: float = Field(default=50, gt=0, le=2_000)
    """Largest file, in megabytes."""
    most_inflated_mb: float = Field(default=300, gt=0)
    """Most megabytes that a compressed file (DOCX, PPTX, XLSX) may unpack to."""
    most_pages: int = Field(default=3_000, ge=1)
    """Most pages, slides or sheets; what lies behind is left out, and said."""
    most_characters: int = Field(default=5_000_000, ge=1_000)
    """Most characters of text of one document."""
    most_depth: int = Field(default=200, ge=8)
    """Deepest nesting of elements, archives or JSON."""
    seconds: float = Field(default=60, gt=0, le=600)
    """Longest time for one file."""
    memory_mb: int = Field(default=1_200, ge=200)
    """Most memory of one parsing process."""
    workers: int = Field(default=2, ge=1, le=32)
    """Parsing processes at once."""


class CollectionSettings(_Settings):
    """What all collections have."""

    title: str = ""
    """What it holds, for people and models. Default: its name."""
    readers: tuple[str, ...] = (EVERYONE,)
    """Who may read a document that says nothing about it: groups, `user:issuer/subject`, or `*`.
    The policy decides before that whether a caller may ask about the collection at all."""
    include: tuple[str, ...] = ("**",)
    """Paths to take, as globs (`docs/**/*.md`)."""
    exclude: tuple[str, ...] = ("**/.*", "**/.*/**", "**/node_modules/**", "**/__pycache__/**")
    """Paths to leave out, as globs."""
    every_minutes: float = Field(default=15, ge=0)
    """How often the server looks for changes; 0 for never, `bailiwick retrieval sync` does then."""
    keep_days: float = Field(default=30, ge=0)
    """How long an old version of a document can be read and compared with."""
    stale_days: float = Field(default=365, gt=0)
    """After so many days without a change a passage is shown as stale."""
    front_matter_readers: bool = True
    """Whether a document's own front matter may name its readers. Off where its authors should
    not decide that."""
    runbooks: bool = False
    """Whether these are runbooks: `search_runbooks` looks here; where no collection is marked, it
    looks everywhere."""
    most_documents: int = Field(default=200_000, ge=1)
    """More documents than that are left out, and said."""


class FolderSettings(CollectionSettings):
    """A folder of this machine. Links that lead out of it are refused."""

    kind: Literal["folder"]
    """Below one path."""
    path: Path
    """The folder."""
    open_url: str = ""
    """Where a person opens a document: its path is put behind. Default: no link."""


class GitSettings(CollectionSettings):
    """A Git repository, local or over HTTPS. A document's revision is the last commit of it."""

    kind: Literal["git"]
    """A repository."""
    url: str
    """`https://…` or the path of a local repository."""
    branch: str = ""
    """Default: the one HEAD names."""
    folder: str = ""
    """Only this folder of it."""
    credential_file: Path | None = None
    """Mounted file with `user:token`, sent as HTTP Basic. Read again when it changes."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    open_url: str = ""
    """Where a person opens a document, e.g. `https://git.example/shop/docs/blob/main/`."""
    unsafe_skip_tls: bool = False
    """Accept any certificate. Anybody on the way can change the documents."""
    seconds: float = Field(default=120, gt=0, le=1_800)
    """Longest time for one fetch."""
    most_mb: float = Field(default=1_000, gt=0)
    """Most megabytes of one fetch."""
    history: bool = False
    """Fetch the whole history of a repository that is not local. Without it a document's revision
    and age are those of the fetch that brought it, until it changes."""


class WebsiteSettings(CollectionSettings):
    """A web site that has a sitemap. robots.txt is obeyed; redirects stay on the listed hosts."""

    kind: Literal["website"]
    """A site with a sitemap."""
    sitemap: str
    """URL of `sitemap.xml`, or of an index of them."""
    front_matter_readers: bool = False
    """Whether a page may name its readers itself. Whoever can write one could open it then."""
    hosts: tuple[str, ...] = ()
    """Hosts that pages may be on. Default: the sitemap's own."""
    networks: tuple[str, ...] = ()
    """Networks (CIDR) in which hosts may be although they are private, e.g. `10.20.0.0/16`.
    Loopback, link-local and other private addresses are refused otherwise."""
    credential_file: Path | None = None
    """Mounted file with a bearer token, sent to the listed hosts only."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    pause_seconds: float = Field(default=0.2, ge=0)
    """Pause between two requests; a longer Crawl-delay of robots.txt is obeyed."""
    most_mb: float = Field(default=20, gt=0)
    """Largest page."""
    unsafe_skip_tls: bool = False
    """Accept any certificate. Anybody on the way can change the documents."""


class ConfluenceSettings(CollectionSettings):
    """A space of Confluence (Data Center or Cloud), over its REST API."""

    kind: Literal["confluence"]
    """A space."""
    url: str
    """Base URL, e.g. `https://wiki.example` or `https://x.atlassian.net/wiki`."""
    space: str
    """Key of the space."""
    credential_file: Path
    """Mounted file: a personal access token (sent as Bearer), or `user:token` (sent as Basic)."""
    user_prefix: str = ""
    """Put before a user name of a restriction to make the reader `user:PREFIXname`."""
    group_prefix: str = ""
    """Put before a group of a restriction to make the reader's name."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    unsafe_skip_tls: bool = False
    """Accept any certificate. Anybody on the way can change the documents."""


AnyCollection = Annotated[
    FolderSettings | GitSettings | WebsiteSettings | ConfluenceSettings,
    Field(discriminator="kind"),
]


class EmbeddedSettings(_Settings):
    """The index in one file of this machine: SQLite, and the vectors in memory."""

    kind: Literal["embedded"] = "embedded"
    """One file, one machine."""
    path: Path | None = None
    """The file. Default: `retrieval/index.db` in the state folder."""


class OpenSearchSettings(_Settings):
    """The index in OpenSearch 2.19 or newer, shared by many servers."""

    kind: Literal["opensearch"]
    """An OpenSearch cluster."""
    url: str
    """Base URL, e.g. `https://opensearch.example:9200`."""
    index: str = Field(default="bailiwick", pattern=r"^[a-z][a-z0-9_-]{0,60}$")
    """Prefix of the indices and aliases."""
    credential_file: Path | None = None
    """Mounted file with `user:password`, sent as HTTP Basic."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    shards: int = Field(default=1, ge=1)
    """Primary shards of a new index."""
    replicas: int = Field(default=0, ge=0)
    """Copies of each shard."""
    seconds: float = Field(default=10, gt=0)
    """Longest wait for one request."""
    unsafe_skip_tls: bool = False
    """Accept any certificate. Anybody on the way can read and change the documents."""


AnyEngine = Annotated[EmbeddedSettings | OpenSearchSettings, Field(discriminator="kind")]


class ModelSettings(_Settings):
    """The embedding model. Without a folder the server finds by words alone, and says so."""

    path: Path | None = None
    """Folder with `model.json` (the manifest), the ONNX file and the tokenizer; see
    `bailiwick retrieval model`. Default: `retrieval/model` in the state folder, if it is there."""
    threads: int = Field(default=1, ge=1, le=64)
    """Threads of one inference."""
    batch: int = Field(default=4, ge=1, le=64)
    """Passages whose vectors are kept together."""


class RerankSettings(_Settings):
    """A second stage over the best passages, over HTTP. Off without a URL."""

    url: str = ""
    """A `/rerank` endpoint that takes `query` and `texts` and gives `index` and `score`."""
    credential_file: Path | None = None
    """Mounted file with a bearer token."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    top: int = Field(default=30, ge=2, le=200)
    """Passages that are sent."""
    seconds: float = Field(default=2, gt=0)
    """Longest wait; after it the first stage's order stands, and the answer says so."""


class Settings(_Settings):
    """Everything the retrieval server reads."""

    collections: Mapping[Name, AnyCollection] = Field(default_factory=dict[str, AnyCollection])
    """All collections, by the name that callers use: lower-case letters, digits, hyphens."""
    engine: AnyEngine = EmbeddedSettings()
    """Where the index is."""
    model: ModelSettings = ModelSettings()
    """What makes vectors."""
    rerank: RerankSettings = RerankSettings()
    """A second stage."""
    parsing: ParsingSettings = ParsingSettings()
    """What one file may cost."""


def read(raw: Mapping[str, Any]) -> Settings:
    """Check the table, or raise BadConfig."""
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise BadConfig(f"[servers.retrieval] {wrong_fields(error)}") from error

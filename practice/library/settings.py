"""What the retrieval server is told of the library: `[servers.retrieval]`."""

from practice.confluence.facts import Confluence
from practice.library.facts import Library

LIBRARY = """
[servers.retrieval.model]
path = "{model}"

[servers.retrieval.collections.runbooks]
kind = "folder"
title = "Runbooks: what to do about an alert"
path = "{runbooks}"
open_url = "https://runbooks.practice.example/"
runbooks = true

[servers.retrieval.collections.policies]
kind = "git"
title = "Policies in force, and their archive"
url = "{policies}"

[servers.retrieval.collections.handbook]
kind = "folder"
title = "Handbook, rota, mail and postmortems"
path = "{handbook}"
"""
WIKI = """
[servers.retrieval.collections.wiki]
kind = "confluence"
title = "Wiki of the operators"
url = "{url}"
space = "{space}"
credential_file = "{token_file}"
ca_file = "{ca_file}"
user_prefix = "practice/"
"""


def table(library: Library, wiki: Confluence | None) -> str:
    """Write the collections."""
    text = LIBRARY.format(**vars(library))
    return text + (WIKI.format(**vars(wiki)) if wiki is not None else "")

"""The tools of the retrieval server, in the order in which they are read."""

from bailiwick_retrieval.tools.explain_search import explain_search
from bailiwick_retrieval.tools.list_collections import list_collections
from bailiwick_retrieval.tools.list_documents import list_documents
from bailiwick_retrieval.tools.read_document import read_document
from bailiwick_retrieval.tools.refresh_collection import refresh_collection
from bailiwick_retrieval.tools.search_documents import search_documents
from bailiwick_retrieval.tools.search_runbooks import search_runbooks

TOOLS = (
    list_collections,
    list_documents,
    search_documents,
    read_document,
    search_runbooks,
    explain_search,
    refresh_collection,
)

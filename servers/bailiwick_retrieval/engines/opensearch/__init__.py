"""The index in OpenSearch: rows with the span of generations in which they count."""

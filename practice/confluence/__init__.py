"""A double of Confluence Data Center: one space, over its public REST API.

Pages, restrictions, labels and versions are data (`space.yaml`); selection, expansion, paging and
who sees what are worked out for every request. Nothing can be written but through `/practice`.
"""

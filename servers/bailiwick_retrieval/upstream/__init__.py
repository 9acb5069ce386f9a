"""Where documents come from: a folder, a Git repository, a web site, a space of Confluence.

Each source implements `models.sources.Source`; `opening.source` chooses it by the settings' `kind`.
Vendors' packages are imported by the source that needs them, when it is opened.
"""

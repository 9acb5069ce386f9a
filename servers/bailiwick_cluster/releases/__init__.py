"""Helm's releases: read from where helm keeps them, compared, and changed by helm itself."""

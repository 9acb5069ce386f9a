"""Changes that are previewed, kept as plans, and applied as they were previewed."""

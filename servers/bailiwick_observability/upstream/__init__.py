"""The vendors: one file each, and the pool that opens them on behalf of a caller."""

"""Why things fail: causes found in one snapshot of a cluster, the root first."""

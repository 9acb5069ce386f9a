"""A real OpenSearch with k-NN from Maven: one node on loopback, and no security plugin."""

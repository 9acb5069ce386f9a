"""retrieval over MCP."""

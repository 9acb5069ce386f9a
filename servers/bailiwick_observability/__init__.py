"""observability over MCP."""

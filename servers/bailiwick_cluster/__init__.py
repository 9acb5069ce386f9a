"""Kubernetes over MCP: questions about clusters answered, and changes that are agreed to first."""

"""Logs read as an engineer reads them: lines of any format, their levels, traces, and groups."""

"""What those who run the servers can see: metrics, spans, and lines of the log."""

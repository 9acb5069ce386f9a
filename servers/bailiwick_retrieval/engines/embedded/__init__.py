"""The index in one SQLite file: FTS5 keeps the words, a table the vectors, memory the scans."""

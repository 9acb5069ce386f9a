"""Our words for documents: what is parsed, what is kept, what is found. No vendor, no I/O."""

"""Text to vectors with a model that lies in a folder; nothing is fetched at run time."""

"""The documents of the pretend enterprise: written, dated, filed, and read in by Bailiwick."""

"""The parts of the manual that are written from the code, and what puts the site together."""

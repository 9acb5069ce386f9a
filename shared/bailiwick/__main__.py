"""`python -m bailiwick` is `bailiwick`."""

from bailiwick.cli import main

main()

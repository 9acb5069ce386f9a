"""Entry point: `bailiwick-retrieval` speaks stdio, as `bailiwick serve retrieval` does."""

from bailiwick.cli import main as bailiwick


def main() -> None:
    """Serve the retrieval server on stdio, or take the options of `bailiwick serve`."""
    bailiwick(["serve", "retrieval"])


if __name__ == "__main__":
    main()

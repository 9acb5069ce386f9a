"""Entry point: `bailiwick-observability` speaks stdio, as `bailiwick serve observability` does."""

from bailiwick.cli import main as bailiwick


def main() -> None:
    """Serve the observability server on stdio, or take the options of `bailiwick serve`."""
    bailiwick(["serve", "observability"])


if __name__ == "__main__":
    main()

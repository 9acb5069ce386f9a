"""Entry point: `bailiwick-cluster` speaks stdio, as `bailiwick serve cluster` does."""

from bailiwick.cli import main as bailiwick


def main() -> None:
    """Serve the cluster server on stdio, or take the options of `bailiwick serve`."""
    bailiwick(["serve", "cluster"])


if __name__ == "__main__":
    main()

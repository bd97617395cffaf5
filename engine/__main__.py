"""The ``dialplane`` command."""

import sys

from engine.cli import run


def main() -> None:
    """Run the command line; never returns."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

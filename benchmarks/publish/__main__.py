"""Runs `benchmarks.publish.command`."""

import sys

from benchmarks.publish.command import main

if __name__ == "__main__":
    sys.exit(main())

"""Lets `python -m jobqueue_exporter` stand for the `jobqueue` command."""

from jobqueue_exporter.cli import main

if __name__ == "__main__":
    main()

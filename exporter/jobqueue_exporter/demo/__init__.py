"""An embedded database and simulated workers, for `jobqueue demo`."""

"""How a Snapshot is made: readings that are shared, limited in time, and contained."""

from jobqueue_exporter.collect.collection import Collection
from jobqueue_exporter.collect.ticket import Ticket

__all__ = ["Collection", "Ticket"]

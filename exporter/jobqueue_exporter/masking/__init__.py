"""Text of others made fit to be shown: one line or several, printable, cut, and without secrets.

Mask first and cut then: half a secret is not recognised.
"""

from jobqueue_exporter.masking.printable import block, escaped, line
from jobqueue_exporter.masking.secrets import hidden, masked

__all__ = ["block", "escaped", "hidden", "line", "masked"]

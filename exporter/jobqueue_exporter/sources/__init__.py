"""The places we read: sessions, time limits and read-only guards."""

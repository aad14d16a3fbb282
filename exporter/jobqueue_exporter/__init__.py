"""A Prometheus exporter and alerting bundle for background-job engines."""

__version__ = "0.1.0"

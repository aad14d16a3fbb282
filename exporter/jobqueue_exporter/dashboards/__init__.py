"""Dashboards of Grafana: short sources, rendered to its JSON, and all that may be wrong with them."""

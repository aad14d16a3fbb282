"""Alerts and runbooks: read from their specs, checked, and rendered for those who use them."""

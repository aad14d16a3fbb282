"""Measures what we promise of speed and memory; `make bench` runs it, pytest does not."""

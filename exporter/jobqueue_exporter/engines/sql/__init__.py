"""What engines on Postgres share: the catalog, the clock, rights, and adding up rows by lane."""

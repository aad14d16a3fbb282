"""Any jobs table in Postgres, by a mapping of its columns and states."""

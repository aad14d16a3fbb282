"""The configuration: one YAML file, checked whole, turned into types that cannot be wrong."""

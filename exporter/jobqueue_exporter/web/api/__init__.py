"""What programs ask over HTTP: health, readings, and the dead letter queue, described by OpenAPI."""

"""Photos in and results out: through the gateway in pieces, or by addresses of the object store."""

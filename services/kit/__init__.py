"""Ground floor of the house: pictures, paper, store, gRPC, settings, errors, logs and metrics."""

"""The gateway: jobs, pipeline, quality gate, decisions, gRPC and REST over the same handlers."""

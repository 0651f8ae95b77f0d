"""REST over the same handlers as gRPC; the contract is docs/rest.md."""

"""gRPC over the handlers: each method hands its request on."""

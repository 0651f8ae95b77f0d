"""Durable tasks: all that knows Procrastinate."""

from .engine import Again, Engine, Handler, QueueDepth, WorkerPace, pending

__all__ = ["Again", "Engine", "Handler", "QueueDepth", "WorkerPace", "pending"]

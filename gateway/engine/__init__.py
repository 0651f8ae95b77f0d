"""Durable tasks: all that knows Procrastinate."""

from .engine import Again, Engine, Handler, QueueDepth, WorkerPace, pending
from .tasks import CLAIMED, GONE, HELD, Claim

__all__ = ["CLAIMED", "GONE", "HELD", "Again", "Claim", "Engine", "Handler", "QueueDepth", "WorkerPace", "pending"]

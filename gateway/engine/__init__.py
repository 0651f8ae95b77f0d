"""Durable tasks: all that knows Procrastinate."""

from .engine import Again, Engine, Handler, QueueDepth, WorkerPace, pending
from .tasks import CLAIMED, GONE

__all__ = ["CLAIMED", "GONE", "Again", "Engine", "Handler", "QueueDepth", "WorkerPace", "pending"]

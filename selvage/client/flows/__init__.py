"""What the methods of the client do, as flows (see selvage/client/effects.py)."""

from . import cutouts, fetching, jobs, reviewing, shoots, submitting, uploading, watching

__all__ = ["cutouts", "fetching", "jobs", "reviewing", "shoots", "submitting", "uploading", "watching"]

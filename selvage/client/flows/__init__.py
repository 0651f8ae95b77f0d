"""What the methods of the client do, as flows (see selvage/client/effects.py)."""

from . import cutouts, fetching, jobs, pairing, reviewing, shoots, submitting, uploading, watching

__all__ = ["cutouts", "fetching", "jobs", "pairing", "reviewing", "shoots", "submitting", "uploading", "watching"]

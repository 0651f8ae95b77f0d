"""The Python client: `selvage.Client`."""

from .api import Client
from .models import Box, Image, ImageFile, Job, NewImage, Problem, Progress, Reason, StageRun, StoredPhoto

__all__ = [
    "Box",
    "Client",
    "Image",
    "ImageFile",
    "Job",
    "NewImage",
    "Problem",
    "Progress",
    "Reason",
    "StageRun",
    "StoredPhoto",
]

"""The Python client: `selvage.Client`."""

from services.kit.boxes import Box

from .api import Client
from .models import Image, ImageFile, Job, NewImage, Problem, Progress, Reason, StageRun, StoredPhoto

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

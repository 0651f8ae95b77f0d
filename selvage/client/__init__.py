"""The Python clients: `selvage.Client` and `selvage.AsyncClient`."""

from services.kit.boxes import Box

from .api import AsyncClient, Client
from .models import FailedImage, Image, ImageFile, Job, Problem, Progress, Reason, StageRun
from .records import Cutout, Decision, Fetched, Retried, Shoot
from .submission import NewImage, Photo, StoredPhoto

__all__ = [
    "AsyncClient",
    "Box",
    "Client",
    "Cutout",
    "Decision",
    "FailedImage",
    "Fetched",
    "Image",
    "ImageFile",
    "Job",
    "NewImage",
    "Photo",
    "Problem",
    "Progress",
    "Reason",
    "Retried",
    "Shoot",
    "StageRun",
    "StoredPhoto",
]

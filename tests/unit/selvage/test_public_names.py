"""What `selvage` offers to programs, and that both clients offer the same."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import selvage
import selvage.client

CLIENT = {
    "AsyncClient", "Box", "Client", "Cutout", "Decision", "FailedImage", "Fetched", "Image", "ImageFile", "Job",
    "NewImage", "Photo", "Problem", "Progress", "Reason", "Retried", "Shoot", "StageRun", "StoredPhoto",
}  # fmt: skip
METHODS = {
    "cancel", "close", "create_job", "cutout", "decide", "decisions", "download", "download_all", "download_pairs",
    "image", "images", "job", "jobs", "retry", "set_empty_frame", "shoot", "shoots", "submit", "upload", "wait",
    "watch",
}  # fmt: skip


def methods(kind: type[Any]) -> dict[str, Any]:
    return {name: member for name, member in inspect.getmembers(kind, callable) if not name.startswith("_")}


def test_the_package_offers_these_names_and_no_others() -> None:
    assert set(selvage.__all__) == {"AsyncClient", "Client", "__version__"}
    assert set(selvage.client.__all__) == CLIENT
    assert all(hasattr(selvage.client, name) for name in CLIENT)


@pytest.mark.parametrize("kind", [selvage.Client, selvage.AsyncClient])
def test_a_client_has_these_methods_and_each_says_what_it_does(kind: type[Any]) -> None:
    found = methods(kind)
    assert set(found) == METHODS
    assert all(inspect.getdoc(member) for name, member in found.items() if name != "close")


def test_both_clients_take_the_same_arguments() -> None:
    def told(kind: type[Any]) -> dict[str, list[str]]:
        return {name: list(inspect.signature(member).parameters) for name, member in methods(kind).items()}

    assert told(selvage.Client) == told(selvage.AsyncClient)
    made = [list(inspect.signature(kind).parameters) for kind in (selvage.Client, selvage.AsyncClient)]
    assert made[0] == made[1]

"""Whether what a request names is offered at all, told at once instead of once per image in a stage."""

from __future__ import annotations

from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit.errors import SelvageError

from .errors import FieldsInvalid
from .services import Services


async def check(request: jobs_service_pb2.CreateJobRequest, services: Services) -> None:
    """Raises FieldsInvalid for templates and a profile that the services do not have.

    A service that does not answer now hinders no intake; the image's own stage will ask it again.
    """
    problems: list[tuple[str, str]] = []
    try:
        templates = {template.name for template in (await services.describe_compose()).templates}
        named = [("template", request.template)]
        named += [(f"images[{index}].template", image.template) for index, image in enumerate(request.images)]
        problems += [_unknown(where, name, templates) for where, name in named if name and name not in templates]
        if request.profile:
            profiles = {profile.name for profile in (await services.describe_segment()).profiles}
            if request.profile not in profiles:
                problems.append(_unknown("profile", request.profile, profiles))
    except SelvageError as error:
        if not error.retryable:
            raise
    if problems:
        raise FieldsInvalid.of(problems)


def _unknown(where: str, name: str, offered: set[str]) -> tuple[str, str]:
    return where, f"there is no {name!r}; choose one of {', '.join(sorted(offered))}"

"""Error rows of the compose room."""

from __future__ import annotations

from services.kit.errors import SelvageError


class TemplateUnknown(SelvageError):
    """There is no template {name}. Use one of: {known}."""

    code, http = "NOT_FOUND", 404


class TemplateInvalid(SelvageError):
    """The template {template} cannot be used:
    {problems}"""

    code, http = "INVALID_ARGUMENT", 422


class NameInvalid(SelvageError):
    """The {field} {value} cannot be part of a file name: {problem}."""

    code, http = "INVALID_ARGUMENT", 422


class CutoutEmpty(SelvageError):
    """The cut-out holds no product: no pixel has an alpha of {threshold} or more. Check the alpha in review."""

    code, http = "FAILED_PRECONDITION", 422


class CutoutMismatch(SelvageError):
    """The {part} is {found} pixels but the photo is {expected}. Run matting again on this photo."""

    code, http = "INVALID_ARGUMENT", 422


class ExportTooLarge(SelvageError):
    """The export {name} has {size} bytes at the lowest quality used ({quality}); its limit is {limit}.
    Raise max_bytes, lower the width, or use another format in the template."""

    code, http = "FAILED_PRECONDITION", 422

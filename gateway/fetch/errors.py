"""Rows of the error table for fetching by URL. They never say what an address inside answered."""

from __future__ import annotations

from services.kit.errors import SelvageError


class FetchError(SelvageError):
    """The photo could not be fetched from {url}. Check that anybody can open the address."""

    code, http = "INVALID_ARGUMENT", 422


class FetchDisabled(FetchError):
    """Photos are not fetched by URL here. Upload the photo itself, or set SELVAGE_FETCH_ENABLED."""


class UrlInvalid(FetchError):
    """The address {url} cannot be used: {problem}. Give a whole http or https URL without user name and password."""

    http = 400


class SourceForbidden(FetchError):
    """Photos may not be fetched from {host}. Use a public address, or send the photo itself; on a server of your own
    SELVAGE_FETCH_NETWORKS opens a network and SELVAGE_FETCH_SOURCES lists who may be asked."""

    code, http = "PERMISSION_DENIED", 422


class FetchFailed(FetchError):
    """The photo could not be fetched from {host}: {problem}. Check that anybody can open the address."""


class FetchTimeout(FetchError):
    """{host} did not send the photo within {seconds} s. Try again later, or upload the photo itself."""

    retryable = True


class FetchTooLarge(FetchError):
    """The photo at {host} has more bytes than the limit of {limit}. Export it smaller, or raise SELVAGE_LIMIT_BYTES."""

    http = 413


class NotAPhoto(FetchError):
    """What {host} sent is no photo but {found}. Give the address of the photo itself, not of a page that shows it."""

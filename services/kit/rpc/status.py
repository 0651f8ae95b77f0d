"""Rows of the error table to google.rpc.Status and back (AIP-193: exactly one ErrorInfo).

A Status travels in a trailer, and trailers over 8 KiB are refused by peers: long texts are cut.
"""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.kit import errors
from services.kit.errors import SelvageError
from services.kit.rpc.context import request_id

DOMAIN = "selvage"
DETAILS_KEY = "grpc-status-details-bin"
LONGEST_MESSAGE = 2000
LONGEST_DETAIL = 500
MOST_DETAILS = 8


def to_status(error: SelvageError) -> status_pb2.Status:
    """The error as the wire carries it."""
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=_cut(error.message, LONGEST_MESSAGE))
    details = dict(list(error.details.items())[:MOST_DETAILS])
    info = error_details_pb2.ErrorInfo(
        reason=error.reason,
        domain=DOMAIN,
        metadata={name: _cut(value, LONGEST_DETAIL) for name, value in details.items()},
    )
    status.details.add().Pack(info)
    if request_id.get():
        status.details.add().Pack(error_details_pb2.RequestInfo(request_id=request_id.get()))
    if error.retryable:
        delay = Duration()
        delay.FromNanoseconds(int(_seconds(error) * 1e9))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def from_rpc_error(error: grpc.RpcError, service: str = "") -> SelvageError:
    """The row a failed call stands for. `service` names the called service in the messages we make ourselves.

    A reason that is no row here (another room's, or a newer peer's) is kept as it came.
    """
    code, text = error.code(), error.details() or ""
    info, message, retryable = _info(error)
    if info is not None:
        for row in errors.table():
            if row.reason == info.reason:
                return row.rebuild(message, dict(info.metadata))
        return SelvageError.foreign(info.reason, code.name, message, dict(info.metadata), retryable)
    name = service or "called"
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):  # a server that stops answers either
        return errors.ServiceUnavailable(service=name, cause=message or text or "no answer")
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.DeadlineExceeded(service=name)
    return SelvageError.rebuild(message or f"The {name} service failed ({code.name}: {text}).", {})


def grpc_code(error: SelvageError) -> grpc.StatusCode:
    """The canonical code of a row."""
    return grpc.StatusCode[error.code]


def _info(error: grpc.RpcError) -> tuple[error_details_pb2.ErrorInfo | None, str, bool]:
    """Our ErrorInfo, if the other side is ours, the message beside it, and whether to try again."""
    trailers: Any = error.trailing_metadata() or ()
    for key, value in trailers:
        if key == DETAILS_KEY:
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info) and info.domain == DOMAIN:
                    again = any(other.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for other in status.details)
                    return info, status.message, again
    return None, "", False


def _seconds(error: SelvageError) -> float:
    try:
        return max(0.0, float(error.details["seconds"]))
    except (KeyError, ValueError):
        return 1.0


def _cut(text: str, longest: int) -> str:
    return text if len(text.encode()) <= longest else text.encode()[: longest - 3].decode(errors="ignore") + "…"

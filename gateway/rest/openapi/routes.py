"""`GET /v1/openapi.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from gateway.rest.bodies import not_modified
from gateway.rest.operation import Operation, Raw

from .document import document

MEDIA_TYPE = "application/json"


class OpenApi:
    """Publishes what `operations` and this route itself are."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._content = text([*operations, *self.table()])
        self._tag = f'"{hashlib.sha256(self._content.encode()).hexdigest()[:32]}"'

    def table(self) -> list[Operation]:
        return [
            Operation(
                "getOpenApi", "GET", "/v1/openapi.json", self.get, "This document", tag="operations", also=(304,),
                answer=Raw((MEDIA_TYPE,), {"type": "object", "required": ["openapi", "info", "paths"]}),
            )
        ]  # fmt: skip

    async def get(self, request: Request) -> Response:
        return not_modified(request, self._tag) or Response(self._content, 200, {"ETag": self._tag}, MEDIA_TYPE)


def text(operations: Sequence[Operation]) -> str:
    return json.dumps(document(operations), indent=1, ensure_ascii=False) + "\n"

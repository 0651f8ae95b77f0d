"""The process that decodes for `guarded`: one JSON line in, one JSON line out, pixels through shared memory.

It imports the picture room and nothing else, holds no secrets of a service, and ends when its input ends.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import traceback
from dataclasses import asdict
from typing import Any

from services.kit.errors import SelvageError
from services.kit.pictures import exchange
from services.kit.pictures.decode import decode
from services.kit.pictures.model import Limits
from services.kit.pictures.probe import probe


def main() -> None:
    """Answers requests until the input ends."""
    # Decoders write their small talk to standard output; the answers get a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        data, limits = exchange.read(request["data"]), Limits(**request["limits"])
        if request["pixels"] is None:
            return {"info": asdict(probe(data, limits))}
        picture = decode(data, limits, long_side=request["long_side"], quick=request["quick"])
        planes = [picture.rgb] if picture.alpha is None else [picture.rgb, picture.alpha]
        exchange.fill(request["pixels"], *(plane.data for plane in planes))
        icc = None if picture.icc is None else base64.b64encode(picture.icc).decode()
        return {"info": asdict(picture.info), "shape": picture.rgb.shape[:2], "planes": len(planes), "icc": icc}
    except SelvageError as error:
        return {"error": error.reason, "message": error.message, "details": error.details}
    except MemoryError:
        return {"memory": True}
    except Exception:
        return {"bug": traceback.format_exc()}


if __name__ == "__main__":
    main()

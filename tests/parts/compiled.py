"""A matting service in a process of its own that answers one of each request and prints what numba had to compile.

`python -m tests.parts.compiled FOLDER`: a folder for its objects. Prints JSON: by function, how often its compiled code
was not found; before "requests" at the start, after it by the requests.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from selvage_api.images.v1.images_pb2 import ObjectRef
from selvage_api.matting.v1 import matting_service_pb2 as pb
from selvage_api.matting.v1.matting_service_pb2_grpc import MattingServiceStub
from services.kit import paper, rpc
from services.kit.pictures.encode import png8, png16, png_rgb
from services.kit.store import ObjectStore, StoreSettings, open_store
from services.matting.main import start
from services.matting.settings import MattingSettings
from tests.parts import photos
from tests.unit.matting import scenes


def misses() -> dict[str, int]:
    """By function of our rooms."""
    ours = [each for each in gc.get_objects() if isinstance(each, Dispatcher)]
    return {
        f"{each.py_func.__module__}.{each.py_func.__qualname__}": sum(each.stats.cache_misses.values())
        for each in ours
        if each.py_func.__module__.startswith("services.")
    }


async def ask(stub: Any, store: ObjectStore) -> None:
    """What a shop sends: JPEG and PNG, with and without a plate, both solvers, every light, a stroke."""
    scene = scenes.scene(scenes.disc(160), noise=0.5)
    prior, belief = scenes.coarse(scene.alpha)
    files = {
        "jpeg": photos.jpeg(scene.rgb),
        "photo": png_rgb(scene.rgb),
        "alpha": png16(prior),
        "confidence": png8(np.rint(belief * 255).astype(np.uint8)),
        "plate": paper.save(scenes.plate_of(scene.background)),
    }
    given = {name: ObjectRef(key=store.put(f"in/{name}", data, "").key) for name, data in files.items()}
    jpeg = given.pop("jpeg")
    bare = {"photo": jpeg, "alpha": given["alpha"], "confidence": given["confidence"]}
    answer = None
    for number, (maps, solver, light) in enumerate(
        [(bare, "field", ""), (given, "fine", "encoded"), (given, "field", "linear")]
    ):
        options = pb.MatteOptions(solver=solver, light=light)
        answer = await stub.Matte(pb.MatteRequest(output_prefix=f"out/{number}", options=options, **maps))
    assert answer is not None
    layers = pb.MatteLayers(
        alpha=answer.alpha, confidence=answer.confidence, trimap=answer.trimap, cutout=answer.cutout
    )
    stroke = pb.Stroke(label=pb.STROKE_LABEL_UNKNOWN, points=[pb.Point(x=60, y=100)], radius=6)
    await stub.ResolveWindow(
        pb.ResolveWindowRequest(output_prefix="out/window", matte=layers, strokes=[stroke], whole=True, **given)
    )


async def main(folder: Path) -> None:
    store = open_store(StoreSettings(url=folder.as_uri()))
    async with await start(MattingSettings(), "127.0.0.1:0", store) as server:
        before = misses()
        channel = rpc.connect(server.address)
        await ask(MattingServiceStub(channel), store)
        await channel.close()
    print(json.dumps({"start": before, "requests": misses()}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

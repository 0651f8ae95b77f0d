"""A service as a process of its own, as `python -m services.<room>` runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from selvage_api.segment.v1 import segment_service_pb2 as segment
from selvage_api.segment.v1 import segment_service_pb2_grpc as segment_grpc
from services.kit import rpc

SERVICE = """
    import asyncio
    from selvage_api.segment.v1 import segment_service_pb2 as segment
    from selvage_api.segment.v1 import segment_service_pb2_grpc as segment_grpc
    from services.kit import rpc

    class Slow(segment_grpc.SegmentServiceServicer):
        async def Describe(self, request, context):
            print("begun", flush=True)
            await asyncio.sleep(1)
            return segment.DescribeResponse(version="done")

    async def start():
        server = await rpc.serve(lambda to: segment_grpc.add_SegmentServiceServicer_to_server(Slow(), to))
        print(server.address, flush=True)
        return server

    asyncio.run(rpc.run_until_stopped(start))
    print("stopped", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
async def test_sigterm_lets_the_call_in_flight_finish() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(SERVICE), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(30):
            while not lines or not lines[-1].startswith("127.0.0.1:"):
                lines.append((await process.stdout.readline()).decode().strip())
            async with rpc.connect(lines[-1]) as channel:
                call = segment_grpc.SegmentServiceStub(channel).Describe(segment.DescribeRequest())
                assert await process.stdout.readline() == b"begun\n"
                process.send_signal(signal.SIGTERM)
                assert (await call).version == "done"
            assert (await process.stdout.read()).endswith(b"stopped\n")
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

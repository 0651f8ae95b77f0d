"""`python -m selvage_probe HOST:PORT | URL`: exit code 0 when the service there says that it can work.

HOST:PORT is asked over grpc.health.v1. Where SELVAGE_TLS_CERTIFICATE is set, only a TLS handshake is made, since the
probe has no client certificate to show. Imports nothing of ours, so that it costs little every few seconds.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import urllib.request

SECONDS = 5.0


def main(target: str) -> int:
    address = target.partition("://")[2].partition("/")[0] or target
    if os.environ.get("SELVAGE_TLS_CERTIFICATE"):
        return handshake(address)
    return over_http(target) if "://" in target else over_grpc(target)


def handshake(address: str) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as plain, context.wrap_socket(plain):
        return 0


def over_http(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=SECONDS) as answer:
        return 0 if answer.status == 200 else 1


def over_grpc(address: str) -> int:
    import grpc  # noqa: PLC0415 - takes longer than all the rest
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    return 0 if answer.status == health_pb2.HealthCheckResponse.SERVING else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except Exception as error:  # a probe ends with a code and a line, whatever it met
        sys.exit(f"{sys.argv[1]}: {type(error).__name__}: {error}")

"""A name server on 127.0.0.1 that gives a name several addresses, as a headless Service does (RFC 1035, A records)."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Names:
    """`addresses` may change at any time; nothing is to be kept (TTL 0)."""

    port: int
    addresses: dict[str, list[str]]
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def serving(addresses: dict[str, list[str]]) -> Iterator[Names]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        names = Names(server.getsockname()[1], addresses)
        thread = threading.Thread(target=_answer, args=(server, names))
        thread.start()
        try:
            yield names
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", names.port))
            thread.join()


def _answer(server: socket.socket, names: Names) -> None:
    while True:
        query, client = server.recvfrom(4096)
        if not query:
            return
        end, labels = 12, []
        while query[end]:
            labels.append(query[end + 1 : end + 1 + query[end]].decode())
            end += query[end] + 1
        name, kind = ".".join(labels), struct.unpack("!H", query[end + 1 : end + 3])[0]
        names.asked.append(name)
        found = names.addresses.get(name)
        told = (found or []) if kind == 1 else []
        flags = 0x8580 if found is not None else 0x8583  # answered by who knows; 3: no such name
        header = query[:2] + struct.pack("!HHHHH", flags, 1, len(told), 0, 0)
        records = b"".join(struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(each) for each in told)
        server.sendto(header + query[12 : end + 5] + records, client)

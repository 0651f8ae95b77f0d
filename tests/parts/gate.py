"""A port of 127.0.0.1 that passes everything on to another, and can hold back what a client sends: so that a test finds
an upload in its middle however fast or busy the machine is."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

PIECE = 1 << 16


@dataclass
class Gate:
    """Passes everything until `hold`."""

    port: int
    target: int
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _left: int | None = None

    def hold(self, after: int) -> None:
        """Lets so many more bytes of all clients together through, and then none until `open`."""
        with self._changed:
            self._left = after

    def open(self) -> None:
        with self._changed:
            self._left = None
            self._changed.notify_all()

    def carry(self, client: socket.socket) -> None:
        """One connection, until either end has closed it."""
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            while piece := client.recv(PIECE):
                self._wait(len(piece))
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)
            back.join()

    def _wait(self, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._left is None or self._left >= size)
            if self._left is not None:
                self._left -= size


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def before(target: int) -> Iterator[Gate]:
    """A gate before the port `target`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gate = Gate(int(listening.getsockname()[1]), target)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=gate.carry, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield gate
        finally:
            gate.open()
            listening.shutdown(socket.SHUT_RDWR)

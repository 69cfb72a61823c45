"""A subscriber to outgoing events over real HTTP, on a free port of this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_" + "c3Vic2NyaWJlciBvZiB0aGUgdGVzdHM6IGEgc2VjcmV0"


class Subscriber:
    """Takes what is well signed, and answers `statuses` in turn, then 204. While `hanging` is set,
    it answers nothing. `received` is each verified body, with the `webhook-id` it came under.
    """

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.hanging = threading.Event()
        self.goes_on = threading.Event()
        self.knocked = threading.Event()
        self.connections = 0
        self.received: list[tuple[str, Any]] = []
        self.url = ""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status to answer with; an exception, which closes the connection, when forged."""
        Webhook(SECRET).verify(body, headers)
        self.knocked.set()
        if self.hanging.is_set():
            self.goes_on.wait(30)
        self.received.append((headers["webhook-id"], json.loads(body)))
        return self.statuses.pop(0) if self.statuses else 204


@contextmanager
def subscribing(*statuses: int) -> Iterator[Subscriber]:
    subscriber = Subscriber(*statuses)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            subscriber.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = subscriber.take(headers, body)
            self.send_response(status)
            if status in (301, 307):
                self.send_header("location", "/elsewhere")
            if status != 204:
                self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Nothing: the tests say what was asked."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    subscriber.url = f"http://127.0.0.1:{server.server_port}/events"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield subscriber
    finally:
        subscriber.goes_on.set()
        server.shutdown()
        server.server_close()

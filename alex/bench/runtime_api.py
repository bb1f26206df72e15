"""A Lambda Runtime API on loopback that waits for one thing: the moment when a function asks for its first event."""

import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler


class RuntimeApi:
    """Serves one runtime client; `ready` is set when it asks for work or reports that it cannot start."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.asked_at = 0.0
        self.failure = ""
        self._closing = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """The next event: never one. The answer is withheld until the measurement is over."""
                api.asked_at = time.perf_counter()
                api.ready.set()
                api._closing.wait(60)
                self.close_connection = True

            def do_POST(self) -> None:
                """An initialisation error."""
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    said = json.loads(body)
                    api.failure = f"{said.get('errorType')}: {said.get('errorMessage')}"
                except ValueError:
                    api.failure = body.decode(errors="replace")[:300]
                api.ready.set()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "RuntimeApi":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    @property
    def address(self) -> str:
        """host:port, as AWS_LAMBDA_RUNTIME_API wants it."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

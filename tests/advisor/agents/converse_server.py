"""Bedrock's endpoint on 127.0.0.1, answering with recordings: the adapter's own HTTP, parser and event stream run."""

import base64
import binascii
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

WIRE = Path(__file__).parent / "wire"
RECORDINGS = sorted(path.stem for path in WIRE.glob("*.json"))

Write = Callable[[bytes], object]
Play = Callable[[Write], None]


def recording(name: str) -> dict[str, Any]:
    """A recorded response with what the adapter must make of it (``expected``)."""
    found: dict[str, Any] = json.loads((WIRE / f"{name}.json").read_text())
    return found


def frame(kind: str, payload: Mapping[str, Any]) -> bytes:
    """An event as AWS frames it; ``!name`` is an exception, ``~`` a frame whose checksum is wrong."""
    is_error = kind.startswith("!")
    headers = {
        ":exception-type" if is_error else ":event-type": kind.strip("!~") or "metadata",
        ":content-type": "application/json",
        ":message-type": "exception" if is_error else "event",
    }
    packed = b"".join(
        struct.pack(f"!B{len(name)}sBH{len(value)}s", len(name), name.encode(), 7, len(value), value.encode())
        for name, value in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(packed) + len(body), len(packed))
    head = prelude + struct.pack("!I", binascii.crc32(prelude)) + packed + body
    return head + struct.pack("!I", binascii.crc32(head) ^ (kind == "~"))


def bytes_of(recorded: Mapping[str, Any]) -> bytes:
    """The body as it went over the wire."""
    if "events" in recorded:
        return b"".join(frame(kind, payload) for kind, payload in recorded["events"])
    return base64.b64decode(recorded["raw"]) if "raw" in recorded else json.dumps(recorded["body"]).encode()


class Endpoint:
    """Plays recordings (or functions that write a body) one after the other; ``requests`` are (path, body)."""

    def __init__(self) -> None:
        self.script: list[Mapping[str, Any] | Play] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.sent = 0
        self.url = ""

    def play(self, *script: Mapping[str, Any] | Play) -> None:
        self.script += script

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.requests.append((handler.path, json.loads(body)))
        next_one = self.script.pop(0)
        known = isinstance(next_one, Mapping)
        headers = next_one["headers"] if isinstance(next_one, Mapping) else {"Content-Type": EVENTS}
        handler.send_response(next_one["status"] if isinstance(next_one, Mapping) else 200)
        for name, value in headers.items():
            handler.send_header(name, value)
        content = bytes_of(next_one) if isinstance(next_one, Mapping) else b""
        # Said, not only done: a caller would send its next request into a connection that is about to close.
        handler.send_header("Connection", "close")
        if known:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.close_connection = True
        if isinstance(next_one, Mapping):
            handler.wfile.write(content)
            return
        # That the caller hangs up is what some tests want.
        with suppress(OSError):
            next_one(lambda piece: self._write(handler, piece))

    def _write(self, handler: BaseHTTPRequestHandler, piece: bytes) -> None:
        handler.wfile.write(piece)
        handler.wfile.flush()
        self.sent += len(piece)


EVENTS = "application/vnd.amazon.eventstream"


@contextmanager
def serving() -> Iterator[Endpoint]:
    """An endpoint while the block runs."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            endpoint.answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()

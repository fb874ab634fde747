"""A reverse proxy that stands before a real server, passes requests on, and spoils those that a test names. It records
what it was asked, headers and all."""

import contextlib
import http.client
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Request:
    method: str
    path: str  # with its query
    headers: dict  # names in lower case
    body: bytes = b""


@dataclass
class Answer:
    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    cut_after: int | None = None  # so many bytes of the body are sent, and the connection is closed


class Drop(Exception):
    """Closes the connection without an answer."""


@dataclass
class Fault:
    """Spoils requests of `method` whose path matches `path` (re.search), from the `skip`-th on, `times` times."""

    method: str
    path: str
    spoil: object  # (request, forward) -> Answer
    times: float = float("inf")
    skip: int = 0
    hits: int = 0

    def applies(self, request):
        if not re.fullmatch(self.method, request.method) or not re.search(self.path, request.path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.hits >= self.times:
            return False
        self.hits += 1
        return True


def answer(status, body=b"", **headers):
    """That answer, without asking the server. Names of headers have '_' for '-'."""
    text = body.encode() if isinstance(body, str) else body
    return lambda request, forward: Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, text)


def s3_error(status, code, message="", **headers):
    return answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>",
                  Content_Type="application/xml", **headers)


def cut_body(share=0.5):
    """The server's answer, its connection closed after a share of the body."""
    def spoil(request, forward):
        whole = forward()
        whole.cut_after = int(len(whole.body) * share)
        return whole
    return spoil


def lose_answer(request, forward):
    """The server does what it is asked; nobody learns of it."""
    forward()
    raise Drop


def drop(request, forward):
    raise Drop


def with_headers(**headers):
    """The server's answer with other headers; None takes one away."""
    def spoil(request, forward):
        whole = forward()
        for name, value in headers.items():
            name = name.replace("_", "-")
            whole.headers = {k: v for k, v in whole.headers.items() if k.lower() != name.lower()}
            if value is not None:
                whole.headers[name] = value
        return whole
    return spoil


def with_body(change):
    """The server's answer with another body: change(bytes) -> bytes."""
    def spoil(request, forward):
        whole = forward()
        whole.body = change(whole.body)
        return whole
    return spoil


class Proxy:
    def __init__(self, upstream):
        self.upstream = urlsplit(upstream).netloc if upstream else None
        self.faults = []
        self.requests = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fault(self, method, path, spoil, **how):
        fault = Fault(method, path, spoil, **how)
        self.faults.append(fault)
        return fault

    def count(self, method="", path=""):
        with self._lock:
            return sum(bool(re.fullmatch(method or ".*", r.method) and re.search(path, r.path)) for r in self.requests)

    def forward(self, request):
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name not in ("connection", "transfer-encoding"):
                    connection.putheader(name, value)
            connection.endheaders(request.body)
            response = connection.getresponse()
            body = response.read()
            headers = {k: v for k, v in response.getheaders()
                       if k.lower() not in ("connection", "transfer-encoding", "keep-alive")}
            return Answer(response.status, headers, body)
        finally:
            connection.close()

    def handle(self, request):
        with self._lock:
            self.requests.append(request)
            fault = next((f for f in self.faults if f.applies(request)), None)
        return fault.spoil(request, lambda: self.forward(request)) if fault else self.forward(request)

    def _handler(proxy):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                try:
                    reply = proxy.handle(request)
                except (Drop, OSError, http.client.HTTPException):
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                has_length = any(k.lower() == "content-length" for k in reply.headers)
                for name, value in reply.headers.items():
                    # Of a HEAD's answer the length is the object's; of any other the body's that is sent here.
                    if name.lower() == "content-length" and self.command != "HEAD":
                        value = str(len(reply.body))
                    self.send_header(name, value)
                if not has_length:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body if reply.cut_after is None else reply.body[: reply.cut_after])
                if reply.cut_after is not None:
                    self.close_connection = True

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        return Handler


@contextlib.contextmanager
def proxy(upstream=None):
    """A proxy before the server at a URL; without one, every request needs a fault."""
    server = Proxy(upstream)
    thread = threading.Thread(target=server._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._server.shutdown()
        server._server.server_close()

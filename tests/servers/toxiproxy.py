"""A network with faults: toxiproxy between a client and a server."""

import contextlib
import json
import urllib.request
from dataclasses import dataclass

from process import free_port, program, running, scratch


@dataclass
class Link:
    """A TCP way to a server, as clean as loopback until it is given toxics."""

    api: str
    port: int

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def toxic(self, kind, stream="downstream", toxicity=1.0, **attributes):
        """Adds a fault (toxiproxy's README lists kinds and attributes); returns how to take it away."""
        name = f"{kind}-{stream}"
        call(f"{self.api}/proxies/link/toxics", {"name": name, "type": kind, "stream": stream, "toxicity": toxicity,
                                                "attributes": attributes})
        return lambda: call(f"{self.api}/proxies/link/toxics/{name}", method="DELETE")

    def down(self, is_down=True):
        call(f"{self.api}/proxies/link", {"enabled": not is_down})


def call(url, document=None, method=None):
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"User-Agent": "tests"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as response:
        return response.read()


@contextlib.contextmanager
def link(upstream):
    """A link to the server at a URL."""
    executable = program("toxiproxy-server")
    with scratch("toxiproxy") as home:
        control, port = free_port(), free_port()
        with running([executable, "-host", "127.0.0.1", "-port", str(control)], control, home / "log"):
            api = f"http://127.0.0.1:{control}"
            call(f"{api}/proxies", {"name": "link", "listen": f"127.0.0.1:{port}",
                                    "upstream": upstream.split("://")[1].split("/")[0], "enabled": True})
            yield Link(api, port)

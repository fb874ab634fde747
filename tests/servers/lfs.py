"""A Git LFS server, the rival in measurements."""

import contextlib
import os

from process import TOOLS, Missing, free_port, running, scratch

CONFIGURATION = """
AUTH_PROVIDERS: ["giftless.auth.allow_anon:read_write"]
TRANSFER_ADAPTERS:
  basic:
    factory: giftless.transfer.basic_streaming:factory
    options:
      storage_class: giftless.storage.local_storage:LocalStorage
      storage_options: {{path: {home}/objects}}
"""


@contextlib.contextmanager
def giftless():
    """Yields its URL and its log, a line a request. What it hands out leads where its client came from: through a proxy,
    through the same proxy."""
    executable = TOOLS.parent / "giftless" / "bin" / "flask"
    if not executable.exists():
        raise Missing("giftless is not installed (tests/servers/install --full)")
    with scratch("giftless") as home:
        (home / "giftless.yaml").write_text(CONFIGURATION.format(home=home))
        port, log = free_port(), home / "log"
        with running([executable, "--app", "giftless.wsgi_entrypoint", "run", "--port", str(port), "--with-threads"], port,
                     log, env={**os.environ, "GIFTLESS_CONFIG_FILE": str(home / "giftless.yaml")}, cwd=home):
            yield f"http://127.0.0.1:{port}", log

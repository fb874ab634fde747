"""Servers that tests start on 127.0.0.1, each in a folder of its own, and end with it."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path


class Missing(Exception):
    """A server's program is not installed; the text says which."""


# Where ./check puts what no Debian package has.
TOOLS = Path(os.environ.get("BITX_TEST_TOOLS", Path(__file__).parents[2] / "build/test-tools")) / "bin"


def program(*names):
    """The first of the programs that is installed."""
    for name in names:
        path = shutil.which(name, path=os.pathsep.join([str(TOOLS), os.environ.get("PATH", ""), "/usr/sbin"]))
        if path:
            return path
    raise Missing(f"{names[0]} is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def scratch(name):
    """A folder that servers can enter, which run as another user when we are root."""
    folder = Path(tempfile.mkdtemp(prefix=f"bitx-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(command, port, log, env=None, cwd=None, gently=True):
    """Runs a server in the foreground until the block ends; waits until its port answers."""
    with open(log, "ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=cwd)
    try:
        wait_for_port(port, process, log)
        yield process
    finally:
        process.terminate() if gently else process.kill()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port, process, log, seconds=40):
    for _ in range(seconds * 20):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} did not come up: {Path(log).read_text(errors='replace')[-2000:]}")

"""bitx.threads and bitx.transfers are limits, and requests and coding overlap within them. (bitx.memory: test_memory.py)"""
import json
import os
import threading
import time

import agents
import faulty
import models
import pytest
import webdav
from reaching import PAIR
from sandbox import same

MiB = 1 << 20


class Watch:
    """Holds each request of a proxy for a moment, and sees how many there are at once."""

    def __init__(self):
        self.lock, self.active, self.most = threading.Lock(), 0, 0

    def __call__(self, request, forward):
        with self.lock:
            self.active += 1
            self.most = max(self.most, self.active)
        time.sleep(0.03)
        try:
            return forward()
        finally:
            with self.lock:
                self.active -= 1


@pytest.mark.parametrize("transfers", [1, 3])
def test_requests_at_once(machine, start, tmp_path, transfers):
    machine.git(machine.home, "config", "--global", "bitx.transfers", str(transfers))
    machine.git(machine.home, "config", "--global", "bitx.threads", "1")
    proxy = start(faulty.proxy, start(webdav.nginx).url)
    watch = Watch()
    proxy.fault(".*", "", watch)
    file = models.write(tmp_path / "model", {f"t{i}": ("U8", [MiB], os.urandom(MiB)) for i in range(12)})
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", proxy.url)
    machine.commit(repository, "model", model=file)
    for step in "push", "clone":
        watch.most = 0
        if step == "push":
            machine.git(repository, "push", "origin", "main")
        else:
            assert same(machine.clone(machine.root / "model.git", "clone") / "model.safetensors", file)
        assert watch.most == transfers, step


def test_threads(machine, store, weights, tmp_path):
    threads, transfers = 2, 3
    machine.git(machine.home, "config", "--global", "bitx.threads", str(threads))
    machine.git(machine.home, "config", "--global", "bitx.transfers", str(transfers))
    counts = tmp_path / "threads"
    # The agent's own process is counted, ten times in a row, once it has begun to work.
    wrapper = agents.wrap(machine, "counted",
                          f'(while sleep 0.01; do [ -d /proc/$$/task ] || exit; ls /proc/$$/task | wc -l; done > "{counts}-$$") '
                          f'</dev/null 2>/dev/null & exec "$BITX" "$@"')
    machine.git(machine.home, "config", "--global", "lfs.customtransfer.bitx.path", wrapper)
    tuned = weights / PAIR / "tuned.safetensors"
    machine.model("base", store, weights / PAIR / "base.safetensors", "--publish", "acme/base")
    machine.model("tuned", store, tuned, "--base", "acme/base")
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "model.safetensors", tuned)
    logs = list(tmp_path.glob("threads-*"))
    assert len(logs) == 3
    most = [max(int(line) for line in log.read_text().split()) for log in logs]
    # beside them: the one that talks with git-lfs, the one that awaits signals, the one that reads ahead
    assert max(most) <= threads + transfers + 3, most
    assert min(most) > 1, most


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_what_the_last_push_and_pull_did(machine, store, weights, flag):
    tuned = weights / PAIR / "tuned.safetensors"
    machine.model("base", store, weights / PAIR / "base.safetensors", "--publish", "acme/base")
    repository = machine.model("tuned", store, tuned, "--base", "acme/base")
    said = machine.git(repository, "bitx", "stats", "--last", *flag).stdout
    clone = machine.clone(machine.root / "tuned.git", "clone")
    if not flag:
        assert "last push" in said and "delta" in said and "wait for a core" in said
        assert "last pull" in machine.git(clone, "bitx", "stats", "--last").stdout
        return
    (push,) = json.loads(said)
    (pull,) = json.loads(machine.git(clone, "bitx", "stats", "--last", "--json").stdout)
    for summary in push, pull:
        assert summary["bytes"] == tuned.stat().st_size
        assert summary["means"]["delta"]["raw"] > summary["bytes"] / 2
        assert 0 < summary["means"]["delta"]["stored"] < summary["means"]["delta"]["raw"] / 2
        assert summary["stages"]["code"] > 0
    assert sum(m["raw"] for m in push["means"].values()) == pytest.approx(push["bytes"], rel=0.01)


def test_git_trace_tells_where_time_went(machine, store, weights):
    repository = machine.repository("base")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "base", model=weights / PAIR / "base.safetensors")
    traced = machine.git(repository, "push", "origin", "main", env={"GIT_TRACE": "1"}).stderr
    assert "git-bitx: push: " in traced and " solo " in traced

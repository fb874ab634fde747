"""git-lfs asks for one file at a time: the next ones of HEAD's tree are fetched before it asks, and no others."""
import hashlib
import json
import os
import signal
import subprocess
import time

import faulty
import models
import pytest
import webdav
from sandbox import recipe_of, same

MiB = 1 << 20
SHARDS = 7
AHEAD = 2  # files at most that were fetched and not asked for
INIT = {"event": "init", "operation": "download", "remote": "origin", "concurrent": False, "concurrenttransfers": 8}


def shard(folder, number):
    return models.write(folder / f"shard-{number}", {f"t{number}": ("U8", [MiB], os.urandom(MiB))})


class Model:
    """A model of shards in a store behind a recording proxy, and a clone that holds none of them."""

    def __init__(self, machine, proxy, folder):
        self.machine, self.proxy = machine, proxy
        self.files = [shard(folder, number) for number in range(SHARDS)]
        self.repository = machine.repository("model")
        machine.git(self.repository, "bitx", "init", proxy.url)
        self.names = {f"m{number}": file for number, file in enumerate(self.files)}
        machine.commit(self.repository, "model", **self.names)
        machine.git(self.repository, "push", "-q", "-u", "origin", "main")
        self.remote = machine.root / "model.git"
        self.begin()

    def empty_clone(self):
        return self.machine.clone(self.remote, "clone", env={"GIT_LFS_SKIP_SMUDGE": "1"})

    def begin(self):
        self.start = len(self.proxy.requests)

    def recipes(self):
        """The shards whose recipes were asked for, in that order."""
        number = {recipe_of(file): i for i, file in enumerate(self.files)}
        keys = [request.path.lstrip("/") for request in self.proxy.requests[self.start :] if request.method == "GET"]
        return [number[key] for key in keys if key in number]

    def blob_of(self, number):
        """The path of a shard's blob, as a pattern."""
        (tensor,) = models.read(self.files[number]).values()
        return hashlib.sha256(tensor[2]).hexdigest()


@pytest.fixture
def model(machine, start, tmp_path):
    return Model(machine, start(faulty.proxy, start(webdav.nginx).url), tmp_path)


class Agent:
    """The agent, asked by hand."""

    def __init__(self, model, clone):
        self.model = model
        self.partial = clone / ".git" / "lfs" / "bitx" / "partial"
        self.process = subprocess.Popen(["git-bitx", "agent"], cwd=clone, env=model.machine.env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.send(INIT)
        assert json.loads(self.process.stdout.readline()) == {}

    def send(self, line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def ask(self, number):
        file = self.model.files[number]
        self.send({"event": "download", "action": None, "oid": recipe_of(file)[-64:], "size": file.stat().st_size})

    def answer(self, number):
        """The answer that completes a shard, and the progress before it."""
        progress = []
        while (line := json.loads(self.process.stdout.readline()))["event"] == "progress":
            progress.append(line["bytesSoFar"])
        assert line["oid"] == recipe_of(self.model.files[number])[-64:]
        return line, progress

    def get(self, *numbers):
        for number in numbers:
            self.ask(number)
            answer, progress = self.answer(number)
            assert "error" not in answer and same(answer["path"], self.model.files[number])
            assert progress == sorted(progress) and progress[-1] == self.model.files[number].stat().st_size
            os.unlink(answer["path"])

    def end(self, how):
        """Its exit status, and the seconds that it took to end."""
        begin = time.monotonic()
        if how == "terminate":
            self.send({"event": "terminate"})
        if how in ("SIGTERM", "SIGKILL"):
            self.process.send_signal(getattr(signal, how))
        else:
            self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        return code, time.monotonic() - begin


def settled(look, expected):
    """Waits until look() is `expected`, and sees that it stays so."""
    deadline = time.monotonic() + 20
    while look() != expected and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    assert look() == expected


def test_two_files_ahead_from_the_second_request_on(model):
    agent = Agent(model, model.empty_clone())
    agent.get(0)
    settled(model.recipes, [0])
    agent.get(1)
    settled(model.recipes, [0, 1, 2, 3])
    agent.get(2)
    settled(model.recipes, [0, 1, 2, 3, 4])
    agent.get(6, 3, 4, 5)
    assert sorted(model.recipes()) == list(range(SHARDS))
    assert agent.end("terminate")[0] == 0
    assert not list(agent.partial.iterdir())


def test_a_clone_asks_for_each_file_once_and_before_git_lfs_does(model, tmp_path):
    log = tmp_path / "asked"
    wrapper = model.machine.bin / "listening"
    wrapper.write_text(f"""#!/usr/bin/python3
import json, subprocess, sys, time
agent = subprocess.Popen(["git-bitx"] + sys.argv[1:], stdin=subprocess.PIPE)
for line in sys.stdin.buffer:
    time.sleep(0.3)  # as if git-lfs hashed more
    print(json.loads(line).get("oid"), time.time(), file=open("{log}", "a"))
    agent.stdin.write(line)
    agent.stdin.flush()
agent.stdin.close()
sys.exit(agent.wait())
""")
    wrapper.chmod(0o755)
    model.machine.git(model.machine.home, "config", "--global", "lfs.customtransfer.bitx.path", wrapper)
    fetched = {}

    def note(request, forward):
        fetched.setdefault(request.path[-64:], time.time())
        return forward()

    model.proxy.fault("GET", "/recipes/", note)
    clone = model.machine.clone(model.remote, "clone")
    assert all(same(clone / f"{name}.safetensors", file) for name, file in model.names.items())
    assert sorted(model.recipes()) == list(range(SHARDS))
    asked = [line.split() for line in log.read_text().splitlines() if "None" not in line]
    assert len(asked) == SHARDS
    early = [fetched[oid] < float(at) for oid, at in asked]
    assert early == [False] + [True] * (SHARDS - 1)
    assert not list((clone / ".git" / "lfs" / "bitx" / "partial").iterdir())
    (last,) = json.loads(model.machine.git(clone, "bitx", "stats", "--last", "--json").stdout)
    assert last["objects"] == SHARDS and last["bytes"] == sum(file.stat().st_size for file in model.files)
    assert sum(means["raw"] for means in last["means"].values()) == SHARDS * MiB


def test_checkout_of_another_branch_fetches_nothing_of_head(model, tmp_path):
    git = model.machine.git
    git(model.repository, "checkout", "-q", "-b", "other")
    for name in model.names:
        (model.repository / f"{name}.safetensors").unlink()
    others = [shard(tmp_path, f"other-{number}") for number in range(4)]
    model.machine.commit(model.repository, "other", **{f"o{number}": file for number, file in enumerate(others)})
    git(model.repository, "push", "-q", "origin", "other")
    clone = model.empty_clone()
    model.begin()
    git(clone, "checkout", "-q", "other")
    assert all(same(clone / f"o{number}.safetensors", file) for number, file in enumerate(others))
    assert model.recipes() == []
    git(clone, "lfs", "fetch", "origin", "main")
    assert sorted(model.recipes()) == list(range(SHARDS))


@pytest.mark.parametrize("wanted", [1, 3])
def test_pull_of_some_files(model, wanted):
    clone = model.empty_clone()
    model.machine.git(clone, "lfs", "pull", "-I", ",".join(f"m{number}.safetensors" for number in range(wanted)))
    assert model.recipes()[:wanted] == list(range(wanted))
    assert len(model.recipes()) <= (wanted if wanted == 1 else wanted + AHEAD)
    assert not list((clone / ".git" / "lfs" / "bitx" / "partial").iterdir())


@pytest.mark.parametrize("key", ["lfs.fetchinclude", "lfs.fetchexclude", "core.sparseCheckout"])
def test_no_file_ahead_where_not_all_are_wanted(model, key):
    clone = model.empty_clone()
    model.machine.git(clone, "config", key, "true" if key.startswith("core") else "m5*")
    agent = Agent(model, clone)
    agent.get(0, 1, 2)
    settled(model.recipes, [0, 1, 2])
    agent.end("terminate")


def test_what_is_here_is_not_fetched(model):
    clone = model.empty_clone()
    model.machine.git(clone, "lfs", "pull", "-I", "m2.safetensors")
    model.begin()
    agent = Agent(model, clone)
    agent.get(0, 1)
    settled(lambda: [number for number in model.recipes() if number != 2], [0, 1, 3, 4])
    agent.end("terminate")


def test_what_fails_ahead_fails_for_its_own_request_alone(model):
    model.proxy.fault("GET", model.blob_of(2), faulty.answer(404, ""))
    agent = Agent(model, model.empty_clone())
    agent.get(0, 1)
    settled(model.recipes, [0, 1, 2, 3])
    agent.get(3, 4)
    agent.ask(2)
    answer, _ = agent.answer(2)
    assert model.blob_of(2) in answer["error"]["message"]
    agent.get(5, 6)
    assert agent.end("terminate")[0] == 0


def test_a_request_for_what_is_under_way_waits_for_it(model):
    def slowly(request, forward):
        time.sleep(1)
        return forward()

    model.proxy.fault("GET", model.blob_of(2), slowly, times=1)
    agent = Agent(model, model.empty_clone())
    agent.get(0, 1)
    while 2 not in model.recipes():
        time.sleep(0.01)
    agent.get(2)
    assert model.recipes().count(2) == 1
    agent.end("terminate")


@pytest.mark.parametrize("how", ["terminate", "end of input", "SIGTERM", "SIGKILL"])
def test_an_end_while_a_file_is_fetched_ahead(model, how):
    stalled = model.proxy.fault("GET", model.blob_of(3), lambda request, forward: time.sleep(15) or forward(), times=1)
    clone = model.empty_clone()
    agent = Agent(model, clone)
    agent.get(0, 1)
    while not stalled.hits:
        time.sleep(0.01)
    code, took = agent.end(how)
    assert code == {"SIGTERM": 128 + signal.SIGTERM, "SIGKILL": -signal.SIGKILL}.get(how, 0)
    assert took < 3
    if not how.startswith("SIG"):
        assert not list(agent.partial.iterdir())
    model.machine.git(clone, "lfs", "pull")
    assert all(same(clone / f"{name}.safetensors", file) for name, file in model.names.items())
    assert not list(agent.partial.iterdir())

"""A transfer that was cut off goes on where it stopped."""
import os
import re
import signal
import subprocess
import sys
import time

import models
import pytest
from sandbox import PROJECT, recipe_of, same

sys.path.insert(0, str(PROJECT / "tests" / "servers"))
import webdav  # noqa: E402
from process import Missing  # noqa: E402

MiB = 1 << 20
TENSORS = 12


@pytest.fixture
def file(tmp_path):
    """A model of tensors that do not compress, 4 MiB each."""
    tensors = {f"t{i}": ("U8", [4 * MiB], os.urandom(4 * MiB)) for i in range(TENSORS)}
    return models.write(tmp_path / "model", tensors)


@pytest.fixture
def server():
    """A store that sends 8 MB a second on each connection."""
    try:
        with webdav.nginx(extra="limit_rate 8m;") as server:
            yield server
    except Missing as missing:
        pytest.skip(str(missing))


def requests(server, method):
    """(key, status, bytes sent) of the requests of a method, in their order."""
    found = re.findall(rf'"{method} /(\S+) HTTP/[\d.]+" (\d+) (\d+)', server.log.read_text())
    return [(key, int(status), int(sent)) for key, status, sent in found]


def killed(machine, cwd, until, *command):
    """Runs a git command; it, git-lfs and the agent are killed (SIGKILL) as soon as until() is true."""
    process = subprocess.Popen(["git", *command], cwd=cwd, env=machine.env, start_new_session=True)
    deadline = time.monotonic() + 60
    while not until():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def published(machine, server, file):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", server.url)
    machine.commit(repository, "model", model=file)
    return repository


def test_a_push_that_was_killed_sends_nothing_again(machine, server, file):
    repository = published(machine, server, file)
    stored = lambda: [key for key, status, _ in requests(server, "PUT") if key.startswith("blobs/") and status == 201]
    killed(machine, repository, lambda: len(stored()) >= 3, "push", "-q", "origin", "main")
    first = set(stored())
    assert not (server.folder / recipe_of(file)).exists()
    machine.git(repository, "push", "-q", "origin", "main")
    assert (server.folder / recipe_of(file)).exists()
    second = stored()[len(first) :]
    assert 0 < len(first) < TENSORS
    assert not first & set(second)
    assert len(set(second)) == len(second)


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged meanwhile"])
def test_a_pull_that_was_killed_keeps_what_it_had(machine, server, file, damaged):
    repository = published(machine, server, file)
    machine.git(repository, "push", "-q", "origin", "main")
    clone = machine.clone(machine.root / "model.git", "clone", env={"GIT_LFS_SKIP_SMUDGE": "1"})
    before = len(requests(server, "GET"))
    partial = clone / ".git" / "lfs" / "bitx" / "partial"

    def done():
        return sum(journal.read_text().count("\n") for journal in partial.glob("*.journal"))

    killed(machine, clone, lambda: done() >= 4, "lfs", "pull")
    had = done()
    (parts,) = (p for p in partial.iterdir() if p.suffix != ".journal")
    if damaged:
        with open(parts, "r+b") as part:
            for offset in range(0, parts.stat().st_size, MiB):
                part.seek(offset)
                part.write(os.urandom(8))
    first = requests(server, "GET")[before:]
    machine.git(clone, "lfs", "pull")
    assert same(clone / "model.safetensors", file)
    assert not list(partial.iterdir())
    second = requests(server, "GET")[before + len(first) :]
    # A set: what the killed process was being sent may be logged late, and is fetched again.
    fetched = {key for key, _, sent in second if key.startswith("blobs/") and sent > MiB}
    assert len(fetched) == (TENSORS if damaged else TENSORS - had)


def test_two_processes_that_build_one_file_do_not_meet(machine, server, file):
    repository = published(machine, server, file)
    machine.git(repository, "push", "-q", "origin", "main")
    clone = machine.clone(machine.root / "model.git", "clone", env={"GIT_LFS_SKIP_SMUDGE": "1"})
    pulls = [subprocess.Popen(["git", "lfs", "fetch"], cwd=clone, env=machine.env, stdout=subprocess.DEVNULL)
             for _ in range(2)]
    assert [pull.wait(60) for pull in pulls] == [0, 0]
    machine.git(clone, "lfs", "checkout")
    machine.git(clone, "lfs", "fsck")
    assert same(clone / "model.safetensors", file)

"""Killed pushes, pushes that race, and the order in which a push makes its writes durable."""
import hashlib
import itertools
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import agents
import objects
import pytest
from sandbox import recipe_of, same, stored


@pytest.fixture
def tuned(machine, store, weights):
    """A fine-tune that is committed and not pushed; its base is in the store. Returns (work tree, file)."""
    base, tuned = (weights / "minilm-bf16" / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", store, base, "--publish", "acme/minilm")
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}", "--base", "acme/minilm")
    machine.commit(repository, "tuned", model=tuned)
    return repository, tuned


def test_a_push_killed_at_any_step_leaves_a_sound_store(machine, store, tuned):
    repository, file = tuned
    base_only = stored(store)
    for step in itertools.count(1):
        status, killed = agents.killed_after(machine, repository, step, agents.DURABLE_CALLS, "lfs", "push", "origin", "main")
        objects.check(store)
        if not killed:
            assert status == 0
            break
        if recipe_of(file) in stored(store):
            machine.git(repository, "bitx", "verify", "HEAD")
        else:
            assert status != 0
        for key in set(stored(store)) - set(base_only):  # each step from the start
            (store / key).unlink()
    assert step > 10, "there were fewer steps than a push has"
    assert recipe_of(file) in stored(store)
    machine.git(repository, "push", "origin", "main")
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "model.safetensors", file)


def test_what_killed_pushes_left_does_not_hinder_the_next(machine, store, tuned):
    """One push after the other is killed a few steps later, on what the one before has left; the last one is not."""
    repository, file = tuned
    for step in (2, 3, 5, 7, 9):
        agents.killed_after(machine, repository, step, agents.DURABLE_CALLS, "lfs", "push", "origin", "main")
        objects.check(store)
    machine.git(repository, "config", "--unset", "lfs.customtransfer.bitx.path")
    machine.git(repository, "push", "origin", "main")
    objects.check(store)
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "model.safetensors", file)


@pytest.mark.parametrize("step", [1, 3, 5])
def test_a_killed_pull_leaves_nothing_that_passes_for_an_object(machine, store, tuned, step):
    repository, file = tuned
    machine.git(repository, "push", "origin", "main")
    clone = machine.clone(machine.root / "tuned.git", "clone", env={"GIT_LFS_SKIP_SMUDGE": "1"})
    _, killed = agents.killed_after(machine, clone, step, "pwrite64,fallocate,ftruncate", "lfs", "pull")
    assert killed
    # On a busy machine the kill may come when the object is complete.
    for path in (p for p in (clone / ".git/lfs/objects").rglob("*") if p.is_file()):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    machine.git(clone, "config", "--unset", "lfs.customtransfer.bitx.path")
    machine.git(clone, "lfs", "pull")
    assert same(clone / "model.safetensors", file)
    left = [p for p in (clone / ".git" / "lfs" / "bitx").rglob("*") if p.is_file() and p.stat().st_size > 100_000]
    assert len(left) <= 1, "what a killed pull left is cleared away, or taken up"


def test_blobs_and_their_folders_are_durable_before_the_recipe(machine, store, tuned):
    """From the recorded order of system calls."""
    repository, file = tuned
    log = machine.root / "strace.log"
    before = {p for p in store.rglob("*") if p.is_dir()}
    wrapper = agents.traced(machine, "traced", log, "-e", f"trace={agents.DURABLE_CALLS}")
    agents.use(machine, repository, wrapper)
    machine.git(repository, "push", "origin", "main")

    calls = agents.calls(log)
    synced = []  # (position, path)
    placed = {}  # final path -> (position, temporary path)
    for position, (name, arguments) in enumerate(calls):
        if name in ("fsync", "fdatasync"):
            synced.append((position, re.search(r"\d+<(.*?)>", arguments).group(1)))
        elif name.startswith(("rename", "link")):
            source, target = (at_path(a) for a in split_paths(arguments))
            placed[target] = (position, source)
    recipe = str(store / recipe_of(file))
    assert recipe in placed, placed
    commit, temporary = placed[recipe]
    assert any(p < commit and path == temporary for p, path in synced), "the recipe's bytes were not durable"
    assert any(p > commit and path == str(Path(recipe).parent) for p, path in synced), "nor was its name"

    recipe_value = objects.of_file(store, file)
    held = objects.blobs(store)
    needed, queue = set(), list(recipe_value.blobs())
    while queue:
        key = queue.pop()
        needed.add(key)
        queue += held[key].bases
    for key in recipe_value.blobs():
        path = objects.blob_path(store, key)
        if str(path) in placed:
            position, temporary = placed[str(path)]
            assert Path(temporary).parent == path.parent, "a temporary file lies in another folder"
            assert any(p < position and synced_path == temporary for p, synced_path in synced), f"{key}: bytes"
        else:
            position = -1
        folder = path.parent
        assert any(position < p < commit and synced_path == str(folder) for p, synced_path in synced), f"{key}: name"
    for folder in {p for p in store.rglob("*") if p.is_dir()} - before:
        if "blobs" in folder.parts:
            parent = str(folder.parent)
            assert any(p < commit and synced_path == parent for p, synced_path in synced), f"{folder}: its name"


def split_paths(arguments):
    """Old and new path of a rename or link, each with its directory where the call names one."""
    found = re.findall(r'(?:(AT_FDCWD|\d+)(?:<(.*?)>)?, )?"((?:[^"\\]|\\.)*)"', arguments)
    return [(folder, path) for _, folder, path in found][:2]


def at_path(place):
    folder, path = place
    return path if path.startswith("/") else f"{folder}/{path}"


@pytest.mark.parametrize("delay", ["", "rename", "fsync"])
def test_two_pushes_at_once_of_the_same_files(machine, store, weights, tmp_path, delay):
    """Two repositories push the same fine-tune at once, each against another base."""
    folder = weights / "minilm-bf16"
    machine.model("base-1", store, folder / "base.safetensors", "--publish", "acme/one")
    machine.model("base-2", store, folder / "tuned-step200.safetensors", "--publish", "acme/two")
    file = folder / "tuned.safetensors"
    repositories = []
    for number in ("one", "two"):
        repository = machine.repository(number)
        machine.git(repository, "bitx", "init", f"file://{store}", "--base", f"acme/{number}")
        machine.commit(repository, number, model=file)
        if delay:  # between looking and putting, so that each has looked before the other has put
            names = "rename,renameat,renameat2,link,linkat" if delay == "rename" else "fsync"
            wrapper = agents.traced(
                machine, number, tmp_path / f"{number}.log", "-e", f"trace={names}",
                "-e", f"inject={names}:delay_enter=100000",
            )  # fmt: skip
            agents.use(machine, repository, wrapper)
        repositories.append(repository)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda r: machine.git(r, "push", "origin", "main"), repositories))

    objects.check(store)
    for repository in repositories:
        machine.git(repository, "bitx", "verify")
        clone = machine.clone(f"{repository}.git", f"{repository.name}-clone")
        assert same(clone / "model.safetensors", file)


def test_opposite_deltas_at_once_make_no_cycle(machine, store, weights):
    """A is pushed against B while B is pushed against A: both published in another store first."""
    folder = weights / "minilm-bf16"
    files = {"one": folder / "base.safetensors", "two": folder / "tuned.safetensors"}
    for number, file in files.items():
        machine.model(f"seed-{number}", store, file, "--publish", f"acme/{number}")
    repositories = []
    for number, other in (("one", "two"), ("two", "one")):
        repository = machine.repository(number)
        machine.git(repository, "bitx", "init", f"file://{store}", "--base", f"acme/{other}")
        machine.commit(repository, number, model=files[number])
        repositories.append(repository)
    for file in files.values():  # the blobs stay, the recipes have to be written again
        (store / recipe_of(file)).unlink()
    with ThreadPoolExecutor(2) as pool:
        pushes = list(
            pool.map(
                lambda r: subprocess.run(["git", "push", "-q", "origin", "main"], cwd=r, env=machine.env), repositories
            )
        )
    objects.check(store)
    for push, (number, file) in zip(pushes, files.items()):
        if push.returncode == 0:
            assert same(machine.clone(machine.root / f"{number}.git", f"{number}-clone") / "model.safetensors", file)

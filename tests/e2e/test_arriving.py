"""Arriving from plain LFS, moving a store, and leaving again."""
import shutil

import pytest
from sandbox import recipe_of, same, stored


@pytest.fixture
def pair(weights):
    return [weights / "minilm-f16" / f"{m}.safetensors" for m in ("base", "tuned")]


@pytest.fixture
def plain(machine, pair):
    """A repository with two commits of LFS history in plain git-lfs, whose file:// remote holds the objects."""
    bare = machine.bare("plain")
    repository = machine.repository("plain", f"file://{bare}")
    for number, file in enumerate(pair):
        machine.commit(repository, f"commit {number}", model=file)
    machine.git(repository, "push", "-u", "origin", "main")
    assert len([p for p in (bare / "lfs" / "objects").rglob("*") if p.is_file()]) == 2
    return repository


def test_init_tells_of_lfs_history(machine, store, plain):
    done = machine.git(plain, "bitx", "init", f"file://{store}")
    assert "--import" in done.stdout + done.stderr


def test_import_brings_every_object_over(machine, store, plain, pair):
    shutil.rmtree(plain / ".git" / "lfs" / "objects")
    machine.git(plain, "bitx", "init", f"file://{store}", "--import")
    assert {recipe_of(file) for file in pair} <= set(stored(store))
    machine.commit(plain, "switch")
    machine.git(plain, "push", "origin", "main")
    clone = machine.clone(machine.root / "plain.git", "clone")
    assert same(clone / "model.safetensors", pair[1])


def test_commits_from_before_the_switch(machine, store, plain, pair):
    """They have no .lfsconfig: lfs.url in the clone's own configuration names the store."""
    machine.git(plain, "bitx", "init", f"file://{store}", "--import")
    machine.commit(plain, "switch")
    machine.git(plain, "push", "origin", "main")
    shutil.rmtree(machine.root / "plain.git" / "lfs")
    clone = machine.clone(machine.root / "plain.git", "clone")
    machine.git(clone, "config", "lfs.url", f"bitx::file://{store}")
    machine.git(clone, "checkout", "-q", "HEAD~2")
    assert same(clone / "model.safetensors", pair[0])


def test_a_store_that_moved(machine, store, pair, tmp_path):
    machine.model("base", store, pair[0])
    moved = tmp_path / "moved"
    store.rename(moved)
    machine.git(machine.home, "config", "--global", f"url.bitx::file://{moved}.insteadOf", f"bitx::file://{store}")
    clone = machine.clone(machine.root / "base.git", "clone")
    assert same(clone / "model.safetensors", pair[0])
    machine.commit(clone, "more", model=pair[1])
    machine.git(clone, "push", "origin", "main")
    assert recipe_of(pair[1]) in stored(moved)


def test_back_to_plain_lfs(machine, store, pair):
    bare = machine.bare("base")
    repository = machine.repository("base", f"file://{bare}")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "base", model=pair[0])
    machine.git(repository, "push", "-u", "origin", "main")

    machine.git(repository, "lfs", "fetch", "--all")
    machine.git(repository, "rm", "-q", "--ignore-unmatch", ".lfsconfig", ".bitx")
    machine.git(repository, "commit", "-q", "-m", "Back to plain LFS")
    (repository / ".git" / "hooks" / "pre-push").unlink()
    machine.git(repository, "lfs", "update")
    machine.git(repository, "lfs", "push", "--all", "origin")
    machine.git(repository, "push", "origin", "main")

    shutil.rmtree(store)
    clone = machine.clone(f"file://{bare}", "clone")
    assert same(clone / "model.safetensors", pair[0])


def test_a_clone_without_git_bitx_says_so_and_can_go_on(machine, store, pair, tmp_path):
    from sandbox import Machine

    machine.model("base", store, pair[0])
    other = Machine(tmp_path / "other")
    clone = other.root / "clone"
    told = other.git(other.root, "clone", machine.root / "base.git", clone, fails=True).stderr
    assert "missing protocol" in told
    other.install()
    other.git(clone, "reset", "--hard")
    assert same(clone / "model.safetensors", pair[0])

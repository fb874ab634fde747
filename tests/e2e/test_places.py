"""Where git runs the agent: linked worktrees, submodules, bare, partial and sparse clones, GIT_DIR, URLs, modes."""
import os
import shutil
import stat

import pytest
from sandbox import recipe_of, same

NAME = "model.safetensors"


@pytest.fixture
def published(machine, store, weights):
    """A pushed repository with a base and a fine-tune of it, in the folder `weights`. Returns its work tree."""
    base, tuned = (weights / "minilm-f16" / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", store, base, "--publish", "acme/minilm")
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}", "--base", "acme/minilm")
    (repository / "weights").mkdir()
    (repository / "other").mkdir()
    (repository / "other" / "notes").write_text("notes\n")
    shutil.copy(tuned, repository / "weights" / NAME)
    machine.commit(repository, "tuned")
    machine.git(repository, "push", "-u", "origin", "main")
    machine.tuned = tuned
    return repository


def without_objects(machine, name, *options, remote=None):
    """A clone that has no LFS object yet."""
    return machine.clone(remote or machine.root / "tuned.git", name, *options, env={"GIT_LFS_SKIP_SMUDGE": "1"})


def change_and_push(machine, repository, git=None):
    """A new version of the model, pushed from here; a clone of what was pushed has it."""
    path = repository / "weights" / NAME
    data = bytearray(path.read_bytes())
    data[-100:] = bytes(100)
    path.write_bytes(data)
    git = git or machine.git
    git(repository, "commit", "-q", "-am", "changed")
    git(repository, "push", "origin", "HEAD:refs/heads/changed")
    clone = machine.clone(machine.root / "tuned.git", repository.name + "-check", "-b", "changed")
    assert (clone / "weights" / NAME).read_bytes() == data


def test_linked_worktree(machine, published):
    clone = without_objects(machine, "clone")
    linked = machine.root / "linked"
    machine.git(clone, "worktree", "add", "-b", "linked", linked)
    assert same(linked / "weights" / NAME, machine.tuned)
    change_and_push(machine, linked)


def test_submodule(machine, published):
    outer = machine.root / "outer"
    machine.git(machine.root, "init", "-q", outer)
    machine.git(outer, "submodule", "add", machine.root / "tuned.git", "model")
    machine.git(outer, "commit", "-q", "-m", "outer")

    clone = machine.clone(outer, "outer-clone", "--recurse-submodules")

    assert same(clone / "model" / "weights" / NAME, machine.tuned)
    assert (clone / ".git" / "modules" / "model" / "lfs" / "objects").is_dir()
    change_and_push(machine, clone / "model")


def test_bare_repository_fetches_and_pushes(machine, published):
    bare = machine.clone(machine.root / "tuned.git", "mirror.git", "--bare")
    machine.git(bare, "lfs", "fetch", "--all")
    objects = [p for p in (bare / "lfs" / "objects").rglob("*") if p.is_file()]
    assert len(objects) == 1 and same(objects[0], machine.tuned)
    machine.git(bare, "lfs", "push", "--all", "origin")


def test_partial_clone(machine, published):
    remote = machine.root / "tuned.git"
    machine.git(remote, "config", "uploadpack.allowFilter", "true")
    clone = machine.clone(f"file://{remote}", "partial", "--filter=blob:none")
    assert same(clone / "weights" / NAME, machine.tuned)
    change_and_push(machine, clone)


def test_partial_clone_without_a_checkout(machine, published):
    """.lfsconfig and .bitx are in no worktree, and their blobs still have to be fetched."""
    remote = machine.root / "tuned.git"
    machine.git(remote, "config", "uploadpack.allowFilter", "true")
    clone = machine.clone(f"file://{remote}", "partial", "--filter=blob:none", "--no-checkout")
    machine.git(clone, "checkout", "main")
    assert same(clone / "weights" / NAME, machine.tuned)


def test_sparse_clone(machine, published):
    clone = machine.clone(machine.root / "tuned.git", "sparse", "--sparse")
    assert not (clone / "weights").exists()
    machine.git(clone, "sparse-checkout", "set", "weights")
    assert same(clone / "weights" / NAME, machine.tuned)
    change_and_push(machine, clone)


def test_sparse_clone_without_the_settings_files(machine, published):
    clone = without_objects(machine, "sparse", "--no-checkout")
    machine.git(clone, "sparse-checkout", "set", "--no-cone", "/weights/")
    machine.git(clone, "checkout", "main")
    assert not (clone / ".lfsconfig").exists()
    assert same(clone / "weights" / NAME, machine.tuned)


def test_git_dir_and_work_tree_given_from_elsewhere(machine, published, tmp_path):
    clone = without_objects(machine, "clone")
    where = {"GIT_DIR": str(clone / ".git"), "GIT_WORK_TREE": str(clone)}
    machine.git(tmp_path, "lfs", "pull", env=where)
    assert same(clone / "weights" / NAME, machine.tuned)
    change_and_push(machine, clone, lambda _, *args: machine.git(tmp_path, *args, env=where))


def test_git_lfs_fetch_in_a_folder(machine, published):
    clone = without_objects(machine, "clone")
    machine.git(clone / "other", "lfs", "fetch")
    machine.git(clone / "other", "lfs", "checkout")
    assert same(clone / "weights" / NAME, machine.tuned)


def test_push_to_a_url(machine, published, store, tmp_path):
    (store / recipe_of(machine.tuned)).unlink()
    target = machine.bare("target")
    machine.git(published, "push", f"file://{target}", "main")
    assert same(machine.clone(target, "clone") / "weights" / NAME, machine.tuned)


def test_shallow_clone(machine, published):
    clone = machine.clone(f"file://{machine.root / 'tuned.git'}", "shallow", "--depth=1")
    assert same(clone / "weights" / NAME, machine.tuned)
    change_and_push(machine, clone)


def test_lfs_storage_elsewhere(machine, published, tmp_path):
    clone = without_objects(machine, "clone")
    machine.git(clone, "config", "lfs.storage", tmp_path / "objects")
    machine.git(clone, "lfs", "pull")
    assert same(clone / "weights" / NAME, machine.tuned)
    assert [p for p in (tmp_path / "objects").rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    "shared, umask, mode", [("false", 0o027, 0o640), ("group", 0o077, 0o660), ("0644", 0o077, 0o644)]
)
def test_modes_of_what_is_pulled(machine, published, shared, umask, mode):
    clone = without_objects(machine, "clone")
    machine.git(clone, "config", "core.sharedRepository", shared)
    machine.git(clone, "lfs", "pull", umask=umask)
    (pulled,) = [p for p in (clone / ".git" / "lfs" / "objects").rglob("*") if p.is_file()]
    assert stat.S_IMODE(pulled.stat().st_mode) & 0o666 == mode


def test_modes_of_what_is_stored_follow_the_umask(machine, published, store, weights):
    """A store that a group shares: what one of them writes the others can read, and write beside."""
    repository = machine.repository("more")
    machine.git(repository, "bitx", "init", f"file://{store}", umask=0o002)
    machine.commit(repository, "more", model=weights / "rxnfp-f32" / "base.safetensors")
    before = set(store.rglob("*"))
    machine.git(repository, "push", "origin", "main", umask=0o002)
    new = set(store.rglob("*")) - before
    assert new
    for path in new:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        assert mode & 0o040 and (path.is_file() or mode & 0o070 == 0o070), f"{path} has mode {mode:o}"

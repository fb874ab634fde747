"""Push verifies; verify and pull find what is damaged, name it, and leave nothing wrong behind."""
import shutil

import objects
import pytest
from sandbox import recipe_of, same, stored


@pytest.fixture
def pair(weights):
    return [weights / "minilm-bf16" / f"{m}.safetensors" for m in ("base", "tuned")]


@pytest.fixture
def tuned(machine, store, pair):
    """The work tree of a fine-tune, pushed beside its base."""
    machine.model("base", store, pair[0], "--publish", "acme/minilm")
    return machine.model("tuned", store, pair[1], "--base", "acme/minilm")


def lfs_object(repository):
    (path,) = [p for p in (repository / ".git" / "lfs" / "objects").rglob("*") if p.is_file()]
    return path


def flip(path, at):
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def depth_one(store, least=0):
    """A blob that was coded against the base, with frames of its own of at least so many bytes."""
    return next(b for b in objects.blobs(store).values() if b.depth == 1 and b.stored_length > least)


@pytest.mark.parametrize("at", [-1, 9000, 0])
def test_an_lfs_object_changed_after_git_add_is_not_pushed(machine, store, pair, at):
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "tuned", model=pair[1])
    path = lfs_object(repository)
    flip(path, at)

    told = machine.git(repository, "push", "origin", "main", fails=True).stderr

    assert path.name in told
    assert not objects.recipes(store)


def test_an_lfs_object_cut_short_is_not_pushed(machine, store, pair):
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "tuned", model=pair[1])
    path = lfs_object(repository)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1000])
    machine.git(repository, "push", "origin", "main", fails=True)
    assert not objects.recipes(store)


def test_verify_passes_what_is_whole(machine, tuned):
    machine.git(tuned, "bitx", "verify")
    machine.git(tuned, "bitx", "verify", "HEAD")


def damage_frame(store):
    blob = depth_one(store)
    flip(objects.blob_path(store, blob.key), blob.stored_length - 5)
    return blob.key[:64]


def damage_header(store):
    blob = depth_one(store)
    flip(objects.blob_path(store, blob.key), blob.header_length - 3)
    return blob.key[:64]


def damage_base(store):
    base = depth_one(store, 100_000).bases[0]
    flip(objects.blob_path(store, base), objects.blobs(store)[base].stored_length - 5)
    return base[:64]


def damage_magic(store):
    blob = depth_one(store)
    flip(objects.blob_path(store, blob.key), 0)
    return blob.key[:64]


def cut_blob(store):
    path = objects.blob_path(store, depth_one(store).key)
    path.write_bytes(path.read_bytes()[:-7])
    return path.name[:64]


def remove_blob(store):
    path = objects.blob_path(store, depth_one(store).key)
    path.unlink()
    return path.name[:64]


def name_itself(store):
    """A blob whose header, checksum and all, names the blob itself as its base."""
    blob = depth_one(store)
    path = objects.blob_path(store, blob.key)
    data = bytearray(path.read_bytes())
    at = data.index(bytes.fromhex(blob.bases[0][:64]), 80)
    data[at : at + 33] = bytes.fromhex(blob.key[:64]) + bytes([blob.depth])
    covered = bytes(data[:72] + data[80 : blob.header_length])
    data[72:80] = objects._xxhash.XXH3_64bits(covered, len(covered)).to_bytes(8, "little")
    path.write_bytes(data)
    return blob.key[:64]


DAMAGES = [damage_frame, damage_header, damage_base, damage_magic, cut_blob, remove_blob, name_itself]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_a_damaged_blob_fails_clone_and_verify_by_name(machine, store, tuned, damage):
    named = damage(store)

    told = machine.git(tuned, "bitx", "verify", fails=True)
    assert named in told.stdout + told.stderr

    clone = machine.root / "clone"
    told = machine.git(machine.root, "clone", machine.root / "tuned.git", clone, fails=True).stderr
    assert named in told
    assert not [p for p in (clone / ".git" / "lfs" / "objects").rglob("*") if p.is_file()]
    # What was started is gone: there is nothing as long as a frame beside the objects.
    left = [p for p in (clone / ".git").rglob("*") if p.is_file() and p.stat().st_size > 1 << 20]
    assert not left


@pytest.mark.parametrize("at", [0, 20, 60, -3])
def test_a_damaged_recipe_fails_by_name(machine, store, tuned, pair, at):
    flip(store / recipe_of(pair[1]), at)
    told = machine.git(tuned, "bitx", "verify", fails=True)
    assert recipe_of(pair[1])[-64:] in told.stdout + told.stderr
    told = machine.git(machine.root, "clone", machine.root / "tuned.git", "clone", fails=True).stderr
    assert recipe_of(pair[1])[-64:] in told


def test_a_recipe_of_another_file_is_not_taken(machine, store, tuned, pair):
    shutil.copy(store / recipe_of(pair[0]), store / recipe_of(pair[1]))
    machine.git(machine.root, "clone", machine.root / "tuned.git", "clone", fails=True)
    machine.git(tuned, "bitx", "verify", fails=True)


@pytest.mark.parametrize("damage", [cut_blob, damage_header, damage_magic, remove_blob], ids=lambda d: d.__name__)
def test_a_damaged_blob_in_the_store_is_written_again_and_reported(machine, store, tuned, pair, damage):
    """A recipe that is gone is pushed again; what of its blobs is damaged is not taken for present."""
    named = damage(store)
    (store / recipe_of(pair[1])).unlink()

    told = machine.git(tuned, "lfs", "push", "--all", "origin", env={"GIT_TRACE": "1"}).stderr

    if damage is not remove_blob:
        assert any(named in line and "written again" in line for line in told.splitlines()), told
    objects.check(store)
    machine.git(tuned, "bitx", "verify")
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "model.safetensors", pair[1])


def test_a_base_damaged_in_a_frame_is_not_built_on(machine, store, pair):
    machine.model("base", store, pair[0], "--publish", "acme/minilm")
    blob = max(objects.blobs(store).values(), key=lambda b: b.stored_length)
    flip(objects.blob_path(store, blob.key), blob.stored_length - 5)
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}", "--base", "acme/minilm")
    machine.commit(repository, "tuned", model=pair[1])
    shutil.rmtree(machine.root / "base")

    told = machine.git(repository, "push", "origin", "main", fails=True).stderr

    assert blob.key[:64] in told
    assert recipe_of(pair[1]) not in stored(store)


def test_one_object_that_fails_leaves_the_others_alone(machine, store, weights):
    files = [weights / p / "base.safetensors" for p in ("minilm-f16", "rxnfp-f32", "minilm-bf16")]
    repository = machine.repository("three")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "three", one=files[0], two=files[1], three=files[2])
    machine.git(repository, "push", "origin", "main")
    (store / recipe_of(files[1])).unlink()

    clone = machine.clone(machine.root / "three.git", "clone", "--no-checkout")
    told = machine.git(clone, "lfs", "fetch", "origin", "main", fails=True).stderr

    assert recipe_of(files[1])[-64:] in told
    fetched = {p.name for p in (clone / ".git/lfs/objects").rglob("*") if p.is_file()}
    assert fetched == {recipe_of(files[0])[-64:], recipe_of(files[2])[-64:]}

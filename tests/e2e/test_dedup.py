"""What the store has is not stored again: files, and tensors in other files, under other names, in other order."""
import random

import models
import objects
import pytest
from sandbox import same, stored, stored_bytes

MiB = 1 << 20


@pytest.fixture
def model(weights):
    return models.read(weights / "minilm-bf16" / "base.safetensors")


def push_beside(machine, store, base, *variants):
    """Pushes base, then a repository with the variants, cloned back. Returns what the variants cost."""
    machine.model("base", store, base)
    before = stored_bytes(store)
    repository = machine.repository("variant")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "variants", **{v.stem: v for v in variants})
    machine.git(repository, "push", "origin", "main")
    clone = machine.clone(machine.root / "variant.git", "clone")
    for variant in variants:
        assert same(clone / f"{variant.stem}.safetensors", variant)
    _, held = objects.check(store)
    digests = [key[:64] for key, blob in held.items() if blob.raw_length >= MiB]
    assert len(digests) == len(set(digests)), "a tensor is stored twice"
    return stored_bytes(store) - before


# Tensors below 1 MiB are bundled by file: what of them changes its bundle costs again, what a header costs is small.
def small(tensors):
    return sum(len(data) for _, _, data in tensors.values() if len(data) < MiB)


def test_changed_header(machine, store, model, tmp_path):
    base = models.write(tmp_path / "base.safetensors", model)
    changed = models.write(tmp_path / "changed.safetensors", model, {"format": "pt", "note": "x" * 100})
    assert push_beside(machine, store, base, changed) < 5_000


def test_another_tensor_order(machine, store, model, tmp_path):
    base = models.write(tmp_path / "base.safetensors", model)
    names = list(model)
    random.Random(1).shuffle(names)
    shuffled = models.write(tmp_path / "shuffled.safetensors", {n: model[n] for n in names})
    assert push_beside(machine, store, base, shuffled) < small(model) + 5_000


def test_renamed_tensors(machine, store, model, tmp_path):
    base = models.write(tmp_path / "base.safetensors", model)
    renamed = models.write(tmp_path / "renamed.safetensors", {"model." + n: t for n, t in model.items()})
    assert push_beside(machine, store, base, renamed) < 5_000


def test_resharded(machine, store, model, tmp_path):
    base = models.write(tmp_path / "base.safetensors", model)
    names = list(model)
    shards = [
        models.write(tmp_path / f"shard-{i}.safetensors", {n: model[n] for n in names[i::3]}) for i in range(3)
    ]
    assert push_beside(machine, store, base, *shards) < small(model) + 15_000


def test_one_tensor_twice_in_a_file(machine, store, model, tmp_path):
    base = models.write(tmp_path / "base.safetensors", model)
    name, tensor = max(model.items(), key=lambda item: len(item[1][2]))
    tied = models.write(tmp_path / "tied.safetensors", {**model, "lm_head.weight": tensor})
    assert push_beside(machine, store, base, tied) < 5_000


def test_the_base_is_found_without_being_declared_for_equal_tensors_only(machine, store, model, tmp_path):
    """Without a declared base a moved tensor is stored on its own."""
    base = models.write(tmp_path / "base.safetensors", model)
    moved = models.write(tmp_path / "moved.safetensors", models.moved(model, 1e-4))
    push_beside(machine, store, base, moved)
    assert all(blob.depth == 0 for blob in objects.blobs(store).values())


def test_the_same_file_under_two_names_is_stored_once(machine, store, model, tmp_path):
    base = models.write(tmp_path / "base.safetensors", model)
    repository = machine.repository("twice")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "twice", one=base, two=base)
    machine.git(repository, "push", "origin", "main")
    assert len([k for k in stored(store) if k.startswith("recipes/")]) == 1

"""Malformed files are stored as opaque ones and come back; malformed stores, configuration and requests are errors."""
import json
import os
import shutil
import struct
import subprocess

import models
import objects
import pytest
from sandbox import recipe_of, same, stored, stored_bytes


def header_of(*tensors):
    return {name: {"dtype": d, "shape": s, "data_offsets": o} for name, d, s, o in tensors}


def truncated(path, weights):
    path.write_bytes((weights / "minilm-f16" / "base.safetensors").read_bytes()[:-1])


def header_length_of_2_63(path, weights):
    path.write_bytes(struct.pack("<Q", 1 << 63) + b'{"a":1}' + bytes(100))


def overlapping(path, weights):
    models.write_raw(path, header_of(("a", "U8", [8], [0, 8]), ("b", "U8", [8], [4, 12])), bytes(12))


def unknown_dtype(path, weights):
    models.write_raw(path, header_of(("a", "F3_X", [8], [0, 8])), bytes(8))


def wrong_product(path, weights):
    models.write_raw(path, header_of(("a", "F32", [3], [0, 8])), bytes(8))


def duplicate_keys(path, weights):
    one = b'"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}'
    models.write_raw(path, b"{" + one + b"," + one + b"}", bytes(8))


def absurd_nesting(path, weights):
    models.write_raw(path, b"[" * 100_000 + b"]" * 100_000, b"")


def not_json(path, weights):
    models.write_raw(path, b"{ this is not JSON }", bytes(64))


def product_overflows(path, weights):
    models.write_raw(path, header_of(("a", "F32", [1 << 32, 1 << 32], [0, 8])), bytes(8))


def one_byte(path, weights):
    path.write_bytes(b"x")


MALFORMED = [
    truncated, header_length_of_2_63, overlapping, unknown_dtype, wrong_product, duplicate_keys, absurd_nesting,
    not_json, product_overflows, one_byte,
]  # fmt: skip


@pytest.fixture
def repository(machine, store):
    repository = machine.repository("odd")
    machine.git(repository, "bitx", "init", f"file://{store}")
    return repository


def push_and_clone(machine, repository, file):
    machine.commit(repository, "odd", odd=file)
    machine.git(repository, "push", "origin", "main")
    assert same(machine.clone(machine.root / "odd.git", "clone") / "odd.safetensors", file)


@pytest.mark.parametrize("make", MALFORMED, ids=lambda m: m.__name__)
def test_a_malformed_file_comes_back_and_plan_says_why(machine, store, repository, weights, tmp_path, make):
    make(tmp_path / "odd", weights)
    machine.commit(repository, "odd", odd=tmp_path / "odd")
    plan = machine.git(repository, "bitx", "plan").stdout
    assert "safetensors" in plan.replace("odd.safetensors", "") or "opaque" in plan

    push_again = machine.git(repository, "push", "origin", "main")
    assert push_again.returncode == 0
    assert recipe_of(tmp_path / "odd") in stored(store)
    assert same(machine.clone(machine.root / "odd.git", "clone") / "odd.safetensors", tmp_path / "odd")


def test_tensors_without_elements_or_dimensions(machine, store, repository, tmp_path):
    tensors = {
        "empty": ("F32", [0, 16], b""),
        "scalar": ("F32", [], struct.pack("<f", 1.5)),
        "weights": ("F32", [4], bytes(range(16))),
        "last": ("BF16", [0], b""),
    }
    file = models.write(tmp_path / "odd", tensors)
    push_and_clone(machine, repository, file)
    assert {name for name, *_ in objects.of_file(store, file).tensors} >= {"scalar", "weights"}


def test_a_file_of_no_tensors(machine, repository, tmp_path):
    push_and_clone(machine, repository, models.write(tmp_path / "odd", {}))


def test_a_file_of_0_bytes(machine, store, repository, tmp_path, weights):
    (tmp_path / "odd").write_bytes(b"")
    machine.commit(repository, "odd", model=weights / "minilm-f16" / "base.safetensors")
    push_and_clone(machine, repository, tmp_path / "odd")


def test_every_length_around_the_limits(machine, store, repository, tmp_path):
    """Tensors of a frame, a bundle's limit, and one element more or less."""
    rng = __import__("random").Random(1)
    tensors = {}
    for limit in (1 << 20, 2 << 20, 4 << 20):
        for length in (limit - 2, limit, limit + 2):
            tensors[f"t{length}"] = ("BF16", [length // 2], rng.randbytes(length))
    push_and_clone(machine, repository, models.write(tmp_path / "odd", tensors))


def test_a_long_header_is_stored_apart(machine, store, repository, tmp_path):
    tensors = {f"model.layers.{i}.some.long.name.weight": ("U8", [1], b"x") for i in range(20_000)}
    push_and_clone(machine, repository, models.write(tmp_path / "odd", tensors))
    assert stored_bytes(store) < 0.25 * (tmp_path / "odd").stat().st_size


def test_a_one_byte_insertion_into_a_large_file_costs_little(machine, store, repository, tmp_path):
    data = os.urandom(100_000_000)
    (tmp_path / "odd").write_bytes(data)
    machine.commit(repository, "first", odd=tmp_path / "odd")
    machine.git(repository, "push", "origin", "main")
    before = stored_bytes(store)
    (tmp_path / "odd").write_bytes(data[:40_000_000] + b"!" + data[40_000_000:])
    push_and_clone(machine, repository, tmp_path / "odd")
    assert stored_bytes(store) - before < 20_000_000


def test_a_store_of_a_newer_format(machine, store, weights):
    machine.model("base", store, weights / "minilm-f16" / "base.safetensors")
    told = json.loads((store / "bitx.json").read_text())
    (version,) = [k for k in told if "version" in k or k == "format"]
    told[version] += 1
    (store / "bitx.json").chmod(0o644)
    (store / "bitx.json").write_text(json.dumps(told))
    error = machine.git(machine.root, "clone", machine.root / "base.git", "clone", fails=True).stderr
    assert "newer" in error and str(store) in error


def test_a_folder_that_is_no_store(machine, store, weights):
    machine.model("base", store, weights / "minilm-f16" / "base.safetensors")
    (store / "bitx.json").unlink()
    error = machine.git(machine.root, "clone", machine.root / "base.git", "clone", fails=True).stderr
    assert str(store) in error and "bitx.json" in error


def test_a_push_never_creates_a_store(machine, store, repository, weights):
    machine.commit(repository, "odd", odd=weights / "minilm-f16" / "base.safetensors")
    shutil.rmtree(store)
    error = machine.git(repository, "push", "origin", "main", fails=True).stderr
    assert str(store) in error and "git bitx init" in error
    assert not store.exists()


def namespace(machine, cwd, script, *argv, fails):
    """Runs a program in a mount namespace of its own, after `script` (run by root there)."""
    probe = subprocess.run(["unshare", "-rm", "true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("no mount namespace here: " + probe.stderr.decode(errors="replace").strip())
    return machine.run(cwd, "unshare", "-rm", "sh", "-ec", script + '\nexec "$@"', "sh", *argv, fails=fails)


def read_only(store):
    return f'mount --bind "{store}" "{store}"\nmount -o remount,bind,ro "{store}"'


def test_a_store_that_cannot_be_written(machine, store, repository, weights):
    machine.commit(repository, "odd", odd=weights / "minilm-f16" / "base.safetensors")
    push = ["git", "push", "origin", "main"]
    told = namespace(machine, repository, read_only(store), *push, fails=True).stderr
    assert str(store) in told and "write" in told.lower()
    assert not objects.recipes(store)


def test_a_pull_needs_no_write_access(machine, store, weights):
    file = weights / "minilm-f16" / "base.safetensors"
    machine.model("base", store, file)
    clone = ["git", "clone", "-q", str(machine.root / "base.git"), "clone"]
    namespace(machine, machine.root, read_only(store), *clone, fails=False)
    assert same(machine.root / "clone" / "model.safetensors", file)


def test_a_full_disk(machine, store, repository, weights, tmp_path):
    """On a tmpfs of 1 MiB: the push fails and says so; with room, the same push goes through."""
    file = weights / "minilm-bf16" / "base.safetensors"
    machine.commit(repository, "odd", odd=file)
    shutil.copytree(store, tmp_path / "kept")
    fill = f'mount -t tmpfs -o size=1m none "{store}"\ncp -r "{tmp_path}/kept/." "{store}"'
    told = namespace(machine, repository, fill, "git", "push", "origin", "main", fails=True).stderr
    assert "space" in told.lower() and str(store) in told
    machine.git(repository, "push", "origin", "main")
    assert same(machine.clone(machine.root / "odd.git", "clone") / "odd.safetensors", file)


def test_a_full_disk_where_the_clone_is(machine, store, weights):
    file = weights / "minilm-bf16" / "base.safetensors"
    machine.model("base", store, file)
    clone = machine.clone(machine.root / "base.git", "clone", env={"GIT_LFS_SKIP_SMUDGE": "1"})
    (clone / ".git" / "lfs").mkdir(exist_ok=True)
    fill = f'mount -t tmpfs -o size=1m none "{clone}/.git/lfs"'
    told = namespace(machine, clone, fill, "git", "lfs", "pull", fails=True).stderr
    assert "space" in told.lower()
    machine.git(clone, "lfs", "pull")
    assert same(clone / "model.safetensors", file)


@pytest.mark.parametrize("content", ["[base\nmodel = x", "[base]\n\tmodel = acme/minilm\n", "[base]\n\tmodel = ../x\n\trevision = y\n"])
def test_a_settings_file_that_does_not_parse(machine, repository, weights, content):
    (repository / ".bitx").write_text(content)
    machine.commit(repository, "odd", odd=weights / "minilm-f16" / "base.safetensors")
    told = machine.git(repository, "push", "origin", "main", fails=True).stderr
    assert ".bitx" in told


def test_a_settings_file_that_includes_another(machine, repository, weights, tmp_path):
    (tmp_path / "other").write_text("[base]\n\tmodel = acme/secret\n\trevision = " + "a" * 64 + "\n")
    (repository / ".bitx").write_text(f"[include]\n\tpath = {tmp_path}/other\n")
    machine.commit(repository, "odd", odd=weights / "minilm-f16" / "base.safetensors")
    assert "acme/secret" not in machine.git(repository, "bitx", "base", "show").stdout
    machine.git(repository, "push", "origin", "main")


def test_a_settings_file_that_is_a_symbolic_link(machine, repository, weights, tmp_path):
    (tmp_path / "other").write_text("")
    (repository / ".bitx").unlink(missing_ok=True)
    (repository / ".bitx").symlink_to(tmp_path / "other")
    machine.commit(repository, "odd", odd=weights / "minilm-f16" / "base.safetensors")
    told = machine.git(repository, "push", "origin", "main", fails=True).stderr
    assert ".bitx" in told and "symbolic link" in told


def test_a_store_with_symbolic_links_reads_no_other_file(machine, store, weights, tmp_path):
    """A store that a clone names may lead nowhere else."""
    file = weights / "minilm-f16" / "base.safetensors"
    machine.model("base", store, file)
    blob = next(p for p in store.glob("blobs/??/??/*"))
    blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(tmp_path / "elsewhere")
    machine.git(machine.root, "clone", machine.root / "base.git", "clone", fails=True)

"""Models that grow out of each other: a series of checkpoints, tokens added to an embedding."""
import models
import numpy as np
import objects
from sandbox import same, stored_bytes


def test_ten_checkpoints_stay_within_depth_and_come_back(machine, store, weights, tmp_path):
    tensors = models.read(weights / "minilm-bf16" / "base.safetensors")
    repository = machine.model("base", store, weights / "minilm-bf16" / "base.safetensors", "--publish", "acme/minilm")
    machine.git(repository, "bitx", "base", "set", "acme/minilm")
    before, costs, files = stored_bytes(store), [], []
    for number in range(10):
        tensors = models.moved(tensors, 2e-5, seed=number)
        files.append(models.write(tmp_path / f"step-{number}.safetensors", tensors))
        machine.commit(repository, f"step {number}", model=files[-1])
        machine.git(repository, "push", "origin", "main")
        costs.append(stored_bytes(store) - before)
        before += costs[-1]

    _, held = objects.check(store)

    assert max(blob.depth for blob in held.values()) >= 1
    size = files[0].stat().st_size
    assert all(cost < 0.5 * size for cost in costs), [round(cost / size, 3) for cost in costs]
    clone = machine.clone(machine.root / "base.git", "clone")
    for number, file in enumerate(files):
        machine.git(clone, "checkout", "-q", f"HEAD~{9 - number}" if number < 9 else "main")
        assert same(clone / "model.safetensors", file)
        machine.git(clone, "checkout", "-q", "main")


def test_tokens_added_to_an_embedding(machine, store, weights, tmp_path):
    name = "embeddings.word_embeddings.weight"
    base = weights / "minilm-bf16" / "base.safetensors"
    tuned = models.read(weights / "minilm-bf16" / "tuned.safetensors")
    dtype, (rows, width), data = tuned[name]
    added = models.f32_to_bf16(0.05 * np.random.default_rng(1).standard_normal(8 * width))
    extended = models.write(tmp_path / "more.safetensors", {**tuned, name: (dtype, [rows + 8, width], data + added)})
    machine.model("base", store, base, "--publish", "acme/minilm")
    before = stored_bytes(store)

    machine.model("tuned", store, extended, "--base", "acme/minilm")

    assert stored_bytes(store) - before < 0.46 * extended.stat().st_size + len(added)
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "model.safetensors", extended)


def test_rows_cut_from_an_embedding(machine, store, weights, tmp_path):
    name = "embeddings.word_embeddings.weight"
    tuned = models.read(weights / "minilm-bf16" / "tuned.safetensors")
    dtype, (rows, width), data = tuned[name]
    cut = models.write(
        tmp_path / "less.safetensors", {**tuned, name: (dtype, [rows - 8, width], data[: -8 * width * 2])}
    )
    machine.model("base", store, weights / "minilm-bf16" / "base.safetensors", "--publish", "acme/minilm")
    before = stored_bytes(store)
    machine.model("tuned", store, cut, "--base", "acme/minilm")
    assert stored_bytes(store) - before < 0.46 * cut.stat().st_size
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "model.safetensors", cut)


def test_short_tensors_share_distributions(machine, store, weights, tmp_path):
    """An adapter has hundreds of them: its next checkpoint costs about what one large tensor of the same bytes would."""
    sizes = {}
    for name, elements in (("adapter", 3072), ("large", 1 << 20)):
        files = []
        for step in ("tuned-step200", "tuned"):
            tensors = models.read(weights / "minilm-bf16" / f"{step}.safetensors")
            data = b"".join(tensors[t][2] for t in sorted(tensors) if tensors[t][0] == "BF16")[: 8 << 20]
            cut = {f"layer.{i:04}": ("BF16", [8, elements // 8], data[at : at + 2 * elements])
                   for i, at in enumerate(range(0, len(data) - 2 * elements + 1, 2 * elements))}
            files.append(models.write(tmp_path / f"{name}-{step}", cut))
        repository = machine.model(name, store, files[0])
        before = stored_bytes(store)
        machine.commit(repository, "next checkpoint", model=files[1])
        machine.git(repository, "push", "-q", "origin", "main")
        sizes[name] = stored_bytes(store) - before
        assert same(machine.clone(machine.root / f"{name}.git", f"{name} again") / "model.safetensors", files[1])
    assert sizes["adapter"] < 1.1 * sizes["large"], sizes

"""The main job: push a fine-tune beside its base, clone it back; little is stored, every byte returns."""
import json

import pytest
from sandbox import Machine, recipe_of, same, stored, stored_bytes

# folder, most that the tuned model may cost as a share of its size
PAIRS = [("minilm-bf16", 0.46), ("minilm-f16", 0.54), ("rxnfp-f32", 0.85)]


@pytest.mark.parametrize("pair, limit", PAIRS)
def test_a_fine_tune_costs_little_and_its_clone_is_identical(machine, store, weights, pair, limit):
    base, tuned = (weights / pair / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", store, base, "--publish", "acme/minilm")
    of_base = stored_bytes(store)

    machine.model("tuned", store, tuned, "--base", "acme/minilm")
    of_tuned = stored_bytes(store) - of_base

    assert 0 < of_base < 1.01 * base.stat().st_size
    assert 0 < of_tuned < limit * tuned.stat().st_size
    clone = machine.clone(machine.root / "tuned.git", "clone")
    assert same(clone / "model.safetensors", tuned)
    base_clone = machine.clone(machine.root / "base.git", "base-clone")
    assert same(base_clone / "model.safetensors", base)


def test_another_machine_clones_with_nothing_but_install(machine, store, weights, tmp_path):
    base = weights / "minilm-f16" / "base.safetensors"
    machine.model("base", store, base)
    other = Machine(tmp_path / "other").install()
    clone = other.clone(machine.root / "base.git", "clone")
    assert same(clone / "model.safetensors", base)
    assert other.git(clone, "status", "--porcelain").stdout == ""


def test_a_push_repeated_stores_nothing(machine, store, weights):
    base = weights / "minilm-f16" / "base.safetensors"
    repository = machine.model("base", store, base)
    before = stored(store)

    machine.git(repository, "push", machine.bare("again"), "main")
    machine.git(repository, "lfs", "push", "--all", "origin")

    assert stored(store) == before


def test_the_same_file_in_another_repository_stores_nothing(machine, store, weights):
    base = weights / "minilm-f16" / "base.safetensors"
    machine.model("base", store, base)
    before = stored(store)

    machine.model("copy", store, base)

    assert stored(store) == before


def test_a_file_of_another_format_comes_back(machine, store, tmp_path):
    text = tmp_path / "notes"
    text.write_bytes(b"not a model\n" * 100_000)
    repository = machine.repository("notes")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "notes", notes=text)
    machine.git(repository, "push", "origin", "main")

    assert recipe_of(text) in stored(store)
    assert stored_bytes(store) < 20_000
    assert same(machine.clone(machine.root / "notes.git", "clone") / "notes.safetensors", text)


def test_stats_tells_what_the_fine_tune_cost(machine, store, weights):
    base, tuned = (weights / "minilm-bf16" / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", store, base, "--publish", "acme/minilm")
    repository = machine.model("tuned", store, tuned, "--base", "acme/minilm")

    stats = json.loads(machine.git(repository, "bitx", "stats", "--json").stdout)
    text = machine.git(repository, "bitx", "stats").stdout

    total = stats["total"]
    assert total["raw"] == tuned.stat().st_size
    assert 0.2 * total["raw"] < total["stored"] < 0.46 * total["raw"]
    assert total["stored"] <= total["cold_pull"] <= 2.0 * total["raw"]
    assert total["pull_with_base"] <= total["stored"]
    assert "model.safetensors" in text

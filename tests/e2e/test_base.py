"""The declared base: set, shown, cleared, pinned, brought in from a folder, and missing."""
import json

import objects
import pytest
from sandbox import recipe_of, same, stored, stored_bytes


@pytest.fixture
def pair(weights):
    return [weights / "minilm-f16" / f"{m}.safetensors" for m in ("base", "tuned")]


def pinned(machine, repository):
    return machine.git(repository, "config", "-f", ".bitx", "base.revision").stdout.strip()


def test_set_pins_the_revision_of_the_day(machine, store, pair, weights):
    base_repository = machine.model("base", store, pair[0], "--publish", "acme/minilm")
    repository = machine.model("tuned", store, pair[1], "--base", "acme/minilm")
    first = pinned(machine, repository)
    assert len(first) == 64

    machine.commit(base_repository, "second", model=weights / "rxnfp-f32" / "base.safetensors")
    machine.git(base_repository, "push", "origin", "main")

    assert pinned(machine, repository) == first
    machine.git(repository, "bitx", "base", "set", "acme/minilm")
    second = pinned(machine, repository)
    assert second != first
    machine.git(repository, "bitx", "base", "set", f"acme/minilm@{first}")
    assert pinned(machine, repository) == first


def test_show_and_clear(machine, store, pair):
    machine.model("base", store, pair[0], "--publish", "acme/minilm")
    repository = machine.model("tuned", store, pair[1], "--base", "acme/minilm")
    shown = machine.git(repository, "bitx", "base", "show").stdout
    assert "acme/minilm" in shown and pinned(machine, repository)[:8] in shown
    told = json.loads(machine.git(repository, "bitx", "base", "show", "--json").stdout)
    assert pinned(machine, repository) in json.dumps(told)

    machine.git(repository, "bitx", "base", "clear")

    assert machine.git(repository, "config", "-f", ".bitx", "base.model", fails=True).stdout == ""


def test_a_name_that_nobody_published_is_refused(machine, store, pair):
    repository = machine.model("alone", store, pair[1])
    told = machine.git(repository, "bitx", "base", "set", "acme/nothing", fails=True).stderr
    assert "acme/nothing" in told and str(store) in told and "--from" in told


def test_from_brings_a_local_file_into_the_store(machine, store, pair):
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.git(repository, "bitx", "base", "set", "acme/minilm", "--from", pair[0])
    assert recipe_of(pair[0]) in stored(store)
    before = stored_bytes(store)
    machine.commit(repository, "tuned", model=pair[1])
    machine.git(repository, "push", "origin", "main")
    assert stored_bytes(store) - before < 0.54 * pair[1].stat().st_size


def test_from_brings_a_local_folder_into_the_store(machine, store, pair, tmp_path):
    folder = tmp_path / "download" / "sub"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(pair[0].read_bytes())
    (tmp_path / "download" / "config.json").write_text("{}")
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.git(repository, "bitx", "base", "set", "acme/minilm", "--from", tmp_path / "download")
    assert recipe_of(pair[0]) in stored(store)
    machine.commit(repository, "tuned", model=pair[1])
    machine.git(repository, "push", "origin", "main")
    assert max(blob.depth for blob in objects.blobs(store).values()) == 1


def test_a_pinned_base_that_is_missing_fails_each_object_and_says_what_to_do(machine, store, pair, weights, tmp_path):
    machine.model("base", store, pair[0], "--publish", "acme/minilm")
    other = tmp_path / "other-store"
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{other}")
    (repository / ".bitx").write_text("[base]\n\tmodel = acme/minilm\n\trevision = " + "a" * 64 + "\n")
    files = [pair[1], weights / "rxnfp-f32" / "tuned.safetensors"]
    machine.commit(repository, "tuned", one=files[0], two=files[1])

    told = machine.git(repository, "push", "origin", "main", fails=True).stderr

    lines = [line for line in told.splitlines() if "acme/minilm" in line]
    assert len(lines) >= 2, told
    for line in lines:
        for word in (str(other), "base set", "--from", "base clear"):
            assert word in line
    assert not objects.recipes(other)

    machine.git(repository, "bitx", "base", "set", "acme/minilm", "--from", pair[0])
    machine.git(repository, "commit", "-q", "-am", "base")
    machine.git(repository, "push", "origin", "main")
    assert same(machine.clone(machine.root / "tuned.git", "clone") / "one.safetensors", pair[1])


def test_without_its_base_a_push_goes_on_once_it_is_cleared(machine, store, pair):
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}")
    (repository / ".bitx").write_text("[base]\n\tmodel = acme/minilm\n\trevision = " + "a" * 64 + "\n")
    machine.commit(repository, "tuned", model=pair[1])
    machine.git(repository, "push", "origin", "main", fails=True)
    machine.git(repository, "bitx", "base", "clear")
    machine.git(repository, "push", "origin", "main")
    assert recipe_of(pair[1]) in stored(store)


def test_an_unrelated_base_costs_nothing(machine, store, pair, weights):
    """Tensors without counterpart are coded on their own."""
    machine.model("base", store, weights / "rxnfp-f32" / "base.safetensors", "--publish", "acme/other")
    before = stored_bytes(store)
    machine.model("tuned", store, pair[1], "--base", "acme/other")
    assert stored_bytes(store) - before < pair[1].stat().st_size
    assert all(blob.depth == 0 for blob in objects.blobs(store).values())


def test_publishing_over_a_name_that_is_no_ancestor_needs_force(machine, store, pair):
    machine.model("one", store, pair[0], "--publish", "acme/minilm")
    two = machine.model("two", store, pair[1])
    latest = (store / "models/acme/minilm/latest").read_bytes()

    told = machine.git(two, "bitx", "publish", "--name", "acme/minilm", fails=True).stderr

    assert "--force" in told and "acme/minilm" in told
    assert (store / "models/acme/minilm/latest").read_bytes() == latest
    machine.git(two, "bitx", "publish", "--name", "acme/minilm", "--force")
    assert (store / "models/acme/minilm/latest").read_bytes() != latest


def test_publish_refuses_what_was_not_pushed(machine, store, pair):
    repository = machine.model("one", store, pair[0])
    machine.commit(repository, "not pushed", model=pair[1])
    told = machine.git(repository, "bitx", "publish", "--name", "acme/minilm", fails=True).stderr
    assert "model.safetensors" in told or "push" in told
    assert not (store / "models/acme/minilm/latest").exists()

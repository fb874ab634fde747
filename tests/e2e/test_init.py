"""`git bitx init`: what it writes, what it leaves alone, and what it says."""
import json

import pytest
from sandbox import recipe_of, same, stored


@pytest.fixture
def repository(machine):
    return machine.repository("model")


def setting(machine, repository, key, file=".lfsconfig"):
    return machine.git(repository, "config", "--file", file, key).stdout.strip()


def test_it_writes_the_store_and_creates_it(machine, repository, store):
    done = machine.git(repository, "bitx", "init", f"file://{store}")
    assert setting(machine, repository, "lfs.url") == f"bitx::file://{store}"
    assert list(stored(store)) == ["bitx.json"]
    assert not (repository / ".bitx").exists()
    assert done.stderr == ""
    assert machine.git(repository, "lfs", "env").stdout.count(f"Endpoint=bitx::file://{store} ") == 1


@pytest.mark.parametrize("form", ["bitx::file://{}", "{}"])
def test_other_forms_of_the_url_are_written_as_one(machine, repository, store, form):
    machine.git(repository, "bitx", "init", form.format(store))
    assert setting(machine, repository, "lfs.url") == f"bitx::file://{store}"


def test_it_can_be_run_again_and_keeps_the_store(machine, repository, store):
    machine.git(repository, "bitx", "init", f"file://{store}", "--publish", "acme/minilm")
    before = (store / "bitx.json").read_bytes(), (repository / ".lfsconfig").read_bytes()
    machine.git(repository, "bitx", "init", f"file://{store}")
    assert ((store / "bitx.json").read_bytes(), (repository / ".lfsconfig").read_bytes()) == before
    assert machine.git(repository, "config", "--local", "bitx.publish").stdout == "acme/minilm\n"


def test_from_a_folder_inside_the_repository(machine, repository, store):
    (repository / "sub").mkdir()
    machine.git(repository / "sub", "bitx", "init", f"file://{store}")
    assert (repository / ".lfsconfig").is_file()
    assert not (repository / "sub" / ".lfsconfig").exists()


def test_what_cannot_be_a_store_changes_nothing(machine, repository, store):
    for url, words in {"ftp://host/x": "ftp", "file://relative": "", "nonsense": "nonsense", "file:///": ""}.items():
        told = machine.git(repository, "bitx", "init", url, fails=True).stderr
        assert told.startswith("git-bitx: ") and words in told, url
    told = machine.git(repository, "bitx", "init", f"file://{store}", "--publish", "no-name", fails=True).stderr
    assert "--publish" in told
    told = machine.git(repository, "bitx", "init", "https://me:secret@host/store", fails=True).stderr
    assert "secret" not in told
    assert not (repository / ".lfsconfig").exists()
    assert not store.exists()


def test_an_unknown_base_changes_nothing_in_the_repository(machine, repository, store):
    told = machine.git(repository, "bitx", "init", f"file://{store}", "--base", "acme/nothing", fails=True).stderr
    assert "acme/nothing" in told
    assert not (repository / ".lfsconfig").exists() and not (repository / ".bitx").exists()


def test_outside_of_a_worktree(machine, store):
    for place in (machine.home, machine.bare("bare")):
        assert machine.git(place, "bitx", "init", f"file://{store}", fails=True).returncode == 1
    assert not store.exists()


def test_without_install_it_says_so(bare_machine, store):
    repository = bare_machine.repository("model")
    told = bare_machine.git(repository, "bitx", "init", f"file://{store}").stderr
    assert "git bitx install" in told
    told = bare_machine.git(repository, "bitx", "init", f"file://{store}", "--import", fails=True).stderr
    assert "git bitx install" in told


def test_a_setting_that_outweighs_it_is_named(machine, repository, store):
    machine.git(repository, "config", "lfs.url", "https://example.org/lfs")
    told = machine.git(repository, "bitx", "init", f"file://{store}").stderr
    assert "https://example.org/lfs" in told and "--show-origin" in told


def test_a_symbolic_link_in_place_of_its_files_is_refused(machine, repository, store, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("[lfs]\n")
    (repository / ".lfsconfig").symlink_to(outside)
    assert "symbolic link" in machine.git(repository, "bitx", "init", f"file://{store}", fails=True).stderr
    assert outside.read_text() == "[lfs]\n"


def test_import_that_cannot_fetch_changes_nothing(machine, store, weights):
    file = weights / "minilm-f16" / "base.safetensors"
    bare = machine.bare("plain")
    repository = machine.repository("plain", f"file://{bare}")
    machine.commit(repository, "model", model=file)
    machine.git(repository, "push", "-u", "origin", "main")
    for place in (bare / "lfs", repository / ".git" / "lfs"):
        machine.run(machine.root, "rm", "-r", place)
    told = machine.git(repository, "bitx", "init", f"file://{store}", "--import", fails=True).stderr
    assert "git lfs fetch --all" in told
    assert not (repository / ".lfsconfig").exists()


def test_import_of_what_is_only_here(machine, repository, store, weights):
    """No remote has ever seen these objects."""
    file = weights / "minilm-f16" / "base.safetensors"
    machine.git(repository, "remote", "remove", "origin")
    machine.commit(repository, "model", model=file)
    machine.git(repository, "bitx", "init", f"file://{store}", "--import")
    assert recipe_of(file) in stored(store)


def test_git_lfs_goes_on_working_beside_our_line(machine, repository, store):
    machine.git(repository, "bitx", "init", f"file://{store}")
    hook = (repository / ".git/hooks/pre-push").read_text()
    machine.git(repository, "lfs", "track", "*.bin")
    assert (repository / ".git/hooks/pre-push").read_text() == hook


def test_a_clone_needs_no_init_to_push(machine, store, weights):
    base, tuned = (weights / "minilm-f16" / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("model", store, base)
    clone = machine.clone(machine.root / "model.git", "clone")
    machine.commit(clone, "more", model=tuned)
    machine.git(clone, "push", "origin", "main")
    assert recipe_of(tuned) in stored(store)
    assert same(machine.clone(machine.root / "model.git", "second") / "model.safetensors", tuned)


def test_publish_reports_as_json(machine, store, weights):
    repository = machine.model("model", store, weights / "minilm-f16" / "base.safetensors")
    told = json.loads(machine.git(repository, "bitx", "publish", "--name", "acme/minilm", "--json").stdout)
    assert told["model"] == "acme/minilm" and told["files"] == 1
    assert (store / "models/acme/minilm" / told["revision"]).is_file()
    machine.git(repository, "bitx", "publish", "--name", "acme/minilm")
    assert machine.git(repository, "bitx", "publish", fails=True).returncode == 2
    told = machine.git(repository, "bitx", "publish", "no-such-ref", "--name", "a/b", fails=True)
    assert told.returncode == 1 and "no-such-ref" in told.stderr


def test_base_from_does_not_publish_over_a_name_unasked(machine, store, weights):
    base, tuned = (weights / "minilm-f16" / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("model", store, base, "--publish", "acme/minilm")
    repository = machine.repository("other")
    machine.git(repository, "bitx", "init", f"file://{store}")
    told = machine.git(repository, "bitx", "base", "set", "acme/minilm", "--from", tuned, fails=True).stderr
    assert "--force" in told
    machine.git(repository, "bitx", "base", "set", "acme/minilm", "--from", tuned, "--force")
    assert recipe_of(tuned) in stored(store)

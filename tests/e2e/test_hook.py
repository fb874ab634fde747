"""The pre-push hook: beside git-lfs's, never over a foreign one, never outside the repository; what it refuses."""
import pytest
from sandbox import recipe_of, same, stored


@pytest.fixture
def file(weights):
    return weights / "minilm-f16" / "base.safetensors"


def hook(repository):
    return repository / ".git" / "hooks" / "pre-push"


def test_init_adds_to_the_hook_of_git_lfs_once(machine, store):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", f"file://{store}")
    first = hook(repository).read_text()
    assert "git lfs pre-push" in first and "bitx" in first
    machine.git(repository, "bitx", "init", f"file://{store}")
    assert hook(repository).read_text() == first


def test_both_hooks_see_what_is_pushed(machine, store, file):
    repository = machine.model("model", store, file, "--publish", "acme/minilm")
    assert recipe_of(file) in stored(store)
    assert (store / "models/acme/minilm/latest").is_file()
    assert same(machine.clone(machine.root / "model.git", "clone") / "model.safetensors", file)


def test_a_ref_without_the_lfsconfig_in_use_is_refused(machine, store, file):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "all but .lfsconfig", model=file)
    machine.git(repository, "rm", "-q", "--cached", ".lfsconfig")
    machine.git(repository, "commit", "-q", "--amend", "--no-edit")
    told = machine.git(repository, "push", "origin", "main", fails=True).stderr
    assert ".lfsconfig" in told
    machine.git(repository, "add", ".lfsconfig")
    machine.git(repository, "commit", "-q", "-m", "with it")
    machine.git(repository, "push", "origin", "main")


def test_deleting_a_branch_is_let_through(machine, store, file):
    repository = machine.model("model", store, file)
    machine.git(repository, "push", "origin", "main:other")
    machine.git(repository, "push", "origin", ":other")


def test_a_foreign_hook_is_left_alone(machine, store, file):
    repository = machine.root / "model"
    machine.git(machine.root, "init", "-q", repository)
    hook(repository).parent.mkdir(exist_ok=True)
    hook(repository).write_text("#!/bin/sh\nexit 0\n")
    hook(repository).chmod(0o755)
    done = machine.git(repository, "bitx", "init", f"file://{store}")
    assert hook(repository).read_text() == "#!/bin/sh\nexit 0\n"
    assert "pre-push" in done.stdout + done.stderr


def test_a_global_hooks_path_is_not_written(machine, store, tmp_path):
    (tmp_path / "hooks").mkdir()
    machine.git(machine.home, "config", "--global", "core.hooksPath", tmp_path / "hooks")
    repository = machine.root / "model"
    machine.git(machine.root, "init", "-q", repository)
    done = machine.git(repository, "bitx", "init", f"file://{store}")
    assert not list((tmp_path / "hooks").iterdir())
    assert str(tmp_path / "hooks") in done.stdout + done.stderr


def test_only_the_default_branch_and_tags_are_published(machine, store, file, weights):
    repository = machine.model("model", store, file, "--publish", "acme/minilm")
    latest = store / "models/acme/minilm/latest"
    before = latest.read_bytes()
    machine.git(repository, "switch", "-q", "-c", "topic")
    machine.commit(repository, "topic", model=weights / "minilm-f16" / "tuned.safetensors")
    machine.git(repository, "push", "origin", "topic")
    assert latest.read_bytes() == before
    machine.git(repository, "tag", "v1")
    machine.git(repository, "push", "origin", "v1")
    assert latest.read_bytes() != before


def test_a_publish_that_fails_warns_and_lets_the_push_go_on(machine, store, file, weights):
    machine.model("one", store, file, "--publish", "acme/minilm")
    two = machine.repository("two")
    machine.git(two, "bitx", "init", f"file://{store}", "--publish", "acme/minilm")
    machine.commit(two, "two", model=weights / "minilm-f16" / "tuned.safetensors")
    told = machine.git(two, "push", "origin", "main").stderr
    assert "git bitx publish" in told
    assert machine.git(two, "ls-remote", "origin", "main").stdout


def test_a_push_without_the_hook_stores_the_same(machine, store, file):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", f"file://{store}")
    machine.commit(repository, "model", model=file)
    machine.git(repository, "push", "--no-verify", "origin", "main")
    machine.git(repository, "lfs", "push", "--all", "origin")
    assert same(machine.clone(machine.root / "model.git", "clone") / "model.safetensors", file)

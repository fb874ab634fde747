"""The commands as a user meets them: help, versions, exit codes, install and uninstall, reports."""
import json

import pytest
from sandbox import recipe_of, stored

COMMANDS = "install uninstall init base publish plan stats verify inspect agent".split()


def test_version(machine):
    assert machine.git(machine.home, "bitx", "--version").stdout.startswith("git-bitx ")


def test_help_names_every_command_and_each_has_its_manual(machine):
    told = machine.git(machine.home, "bitx", "help").stdout
    for command in COMMANDS:
        assert command in told
        assert command in machine.git(machine.home, "bitx", "help", command).stdout


@pytest.mark.parametrize("arguments", [["no-such-command"], ["install", "--no-such-option"], ["init"], ["base", "set"]])
def test_wrong_usage_exits_2(machine, arguments):
    assert machine.git(machine.home, "bitx", *arguments, fails=True).returncode == 2


def test_outside_a_repository(machine):
    done = machine.git(machine.home, "bitx", "stats", fails=True)
    assert done.returncode == 1 and "repository" in done.stderr


def lfs_settings(machine):
    done = machine.run(machine.home, "git", "config", "--global", "--get-regexp", "bitx")
    return done.stdout.splitlines()


def test_install_is_idempotent_and_uninstall_takes_it_back(bare_machine):
    before = (bare_machine.home / ".gitconfig").read_text()
    bare_machine.git(bare_machine.home, "bitx", "install")
    first = lfs_settings(bare_machine)
    bare_machine.git(bare_machine.home, "bitx", "install")
    assert lfs_settings(bare_machine) == first
    assert "lfs.customtransfer.bitx.args agent" in first
    assert "lfs.customtransfer.bitx.concurrent false" in first
    assert "lfs.bitx::.standalonetransferagent bitx" in first
    bare_machine.git(bare_machine.home, "bitx", "uninstall")
    assert "bitx" not in (bare_machine.home / ".gitconfig").read_text()
    assert before.strip() in (bare_machine.home / ".gitconfig").read_text()


def test_install_says_when_git_lfs_is_not_set_up(bare_machine):
    bare_machine.git(bare_machine.home, "lfs", "uninstall", "--skip-repo")
    done = bare_machine.git(bare_machine.home, "bitx", "install")
    assert "git lfs install" in done.stdout + done.stderr


def test_install_here_only(bare_machine):
    repository = bare_machine.repository("here")
    bare_machine.git(repository, "bitx", "install", "--local")
    assert "bitx" in (repository / ".git" / "config").read_text()
    assert "bitx" not in (bare_machine.home / ".gitconfig").read_text()


@pytest.fixture
def tuned(machine, store, weights):
    base, tuned = (weights / "minilm-bf16" / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", store, base, "--publish", "acme/minilm")
    repository = machine.repository("tuned")
    machine.git(repository, "bitx", "init", f"file://{store}", "--base", "acme/minilm")
    machine.commit(repository, "tuned", model=tuned)
    return repository


def test_plan_tells_what_a_push_will_store_and_sends_nothing(machine, store, tuned):
    before = stored(store)
    plan = json.loads(machine.git(tuned, "bitx", "plan", "--json").stdout)
    text = machine.git(tuned, "bitx", "plan", "model.safetensors").stdout
    assert stored(store) == before
    assert "embeddings.word_embeddings.weight" in text
    assert "embeddings.word_embeddings.weight" in json.dumps(plan)

    machine.git(tuned, "push", "origin", "main")

    new = sum(size for key, size in stored(store).items() if key not in before)
    assert sum(file["stored"] for file in plan) == new


def test_inspect_prints_every_kind_of_object(machine, store, tuned):
    machine.git(tuned, "push", "origin", "main")
    kinds = [k for k in stored(store) if k.startswith(("blobs/", "recipes/", "models/")) or k == "bitx.json"]
    assert len(kinds) > 8
    for key in kinds:
        shown = machine.git(tuned, "bitx", "inspect", key).stdout
        assert shown.strip(), key
        json.loads(machine.git(tuned, "bitx", "inspect", key, "--json").stdout)
    recipe = next(k for k in kinds if k.startswith("recipes/"))
    assert recipe[-64:] in machine.git(tuned, "bitx", "inspect", store / recipe).stdout


def test_inspect_of_what_is_damaged_says_so(machine, store, tuned, tmp_path):
    (tmp_path / "junk").write_bytes(b"junk" * 100)
    assert machine.git(tuned, "bitx", "inspect", tmp_path / "junk", fails=True).returncode == 1


def test_verify_of_what_was_never_pushed(machine, store, tuned, weights):
    told = machine.git(tuned, "bitx", "verify", fails=True)
    oid = recipe_of(weights / "minilm-bf16" / "tuned.safetensors")[-64:]
    assert oid in told.stdout + told.stderr

"""The script that a newcomer runs first."""
import os
import subprocess

import pytest
from sandbox import PROJECT


def quickstart(tmp_path, *arguments, fails=False):
    """Runs it with a HOME that has a git configuration of its own. Returns what it printed."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Somebody\n")
    env = {
        "HOME": str(home), "PATH": os.environ["PATH"], "PREFIX": str(tmp_path / "prefix"),
        "SCRATCH": str(tmp_path / "scratch"), "LANG": "C.UTF-8",
    }  # fmt: skip
    done = subprocess.run(
        [PROJECT / "quickstart", *map(str, arguments)], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode != 0) if fails else (done.returncode == 0), done.stdout + done.stderr
    assert (home / ".gitconfig").read_text() == "[user]\n\tname = Somebody\n"
    assert sorted(p.name for p in home.iterdir()) == [".gitconfig"]
    return done.stdout


@pytest.mark.xdist_group("quickstart")
def test_with_the_pair_that_comes_with_the_project(tmp_path):
    told = quickstart(tmp_path)
    assert (tmp_path / "prefix/bin/git-bitx").is_file()
    assert f"installed in {tmp_path}/prefix" in told
    assert "is identical to" in told


@pytest.mark.xdist_group("quickstart")
def test_with_files_of_ones_own(tmp_path, weights):
    pair = [weights / "rxnfp-f32" / f"{m}.safetensors" for m in ("base", "tuned")]
    told = quickstart(tmp_path, *pair)
    assert f"is identical to {pair[1]}" in told


def test_a_file_that_is_not_there(tmp_path):
    quickstart(tmp_path, tmp_path / "no", tmp_path / "none", fails=True)

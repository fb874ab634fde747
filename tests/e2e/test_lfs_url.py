"""The store's URL is the one that git-lfs itself resolves, for uploads and downloads, wherever it is set."""
import re

import pytest

LFSCONFIG = ".lfsconfig"


def config(*settings, scope="--local"):
    def apply(machine, repository):
        for setting in settings:
            key, value = setting.split("=", 1)
            machine.git(repository, "config", scope, "--add", key, value)

    return apply


def lfsconfig(*settings, to="worktree"):
    """Settings in .lfsconfig, left in the worktree only, in the index only, or in HEAD only."""

    def apply(machine, repository):
        for setting in settings:
            key, value = setting.split("=", 1)
            machine.git(repository, "config", "--file", LFSCONFIG, "--add", key, value)
        if to == "worktree":
            return
        machine.git(repository, "add", LFSCONFIG)
        if to == "head":
            machine.git(repository, "commit", "-q", "-m", "lfsconfig", LFSCONFIG)
            machine.git(repository, "rm", "-q", "--cached", LFSCONFIG)
        (repository / LFSCONFIG).unlink()

    return apply


def remote(name, url="https://example.org/r.git"):
    return config(f"remote.{name}.url={url}", f"remote.{name}.fetch=+refs/heads/*:refs/remotes/{name}/*")


A, B, C, D = (f"bitx::file:///srv/{letter}" for letter in "abcd")
S3 = "bitx::s3://bucket/prefix"

# what is set up; the remote ("" for the default one); what is put before the command of git: options, environment
CASES = {
    "config url": ([config(f"lfs.url={A}")], "origin", [], {}),
    "config pushurl beside url": ([config(f"lfs.url={A}", f"lfs.pushurl={B}")], "origin", [], {}),
    "global config": ([config(f"lfs.url={S3}", scope="--global")], "origin", [], {}),
    "local over global": (
        [config(f"lfs.url={A}", scope="--global"), config(f"lfs.url={B}")], "origin", [], {}),
    "the last of two": ([config(f"lfs.url={A}", f"lfs.url={B}")], "origin", [], {}),
    "lfsconfig in the worktree": ([lfsconfig(f"lfs.url={A}")], "origin", [], {}),
    "lfsconfig in the index": ([lfsconfig(f"lfs.url={A}", to="index")], "origin", [], {}),
    "lfsconfig in HEAD": ([lfsconfig(f"lfs.url={A}", to="head")], "origin", [], {}),
    "the worktree's lfsconfig hides the index's": (
        [lfsconfig(f"lfs.url={A}", to="index"), lfsconfig(f"lfs.url={B}")], "origin", [], {}),
    "a worktree's lfsconfig without URL hides that of HEAD": (
        [lfsconfig(f"lfs.url={A}", to="head"), lfsconfig("lfs.fetchexclude=x")], "origin", [], {}),
    "config over lfsconfig": ([lfsconfig(f"lfs.url={A}"), config(f"lfs.url={B}")], "origin", [], {}),
    "lfsconfig's pushurl over config's url": (
        [lfsconfig(f"lfs.pushurl={A}"), config(f"lfs.url={B}")], "origin", [], {}),
    "url over a remote's lfsurl": (
        [config(f"lfs.url={A}", f"remote.origin.lfsurl={B}")], "origin", [], {}),
    "a remote's lfsurl": ([config(f"remote.origin.lfsurl={A}")], "origin", [], {}),
    "a remote's lfspushurl": (
        [config(f"remote.origin.lfsurl={A}", f"remote.origin.lfspushurl={B}")], "origin", [], {}),
    "lfsurl in lfsconfig": ([lfsconfig(f"remote.origin.lfsurl={A}")], "origin", [], {}),
    "lfspushurl is not taken from lfsconfig": (
        [lfsconfig(f"remote.origin.lfsurl={A}", f"remote.origin.lfspushurl={B}")], "origin", [], {}),
    "another remote": (
        [remote("up"), config(f"remote.up.lfsurl={B}", f"remote.origin.lfsurl={A}")], "up", [], {}),
    "another remote whose own URL is all it has": (
        [remote("up"), config(f"remote.origin.lfsurl={A}")], "up", [], {}),
    "a remote with dots in its name": (
        [remote("a.b.C"), config(f"remote.a.b.C.lfsurl={A}")], "a.b.C", [], {}),
    "of a remote with dots lfsconfig gives all": (
        [remote("a.b"), lfsconfig(f"remote.a.b.lfspushurl={A}", f"remote.a.b.lfsurl={B}")], "a.b", [], {}),
    "insteadOf": (
        [config(f"lfs.url={A}/x", f"url.{S3}.insteadOf={A}")], "origin", [], {}),
    "the longest insteadOf": (
        [config(f"lfs.url={A}/x/y", f"url.{B}.insteadOf={A}/x", f"url.{C}.insteadOf={A}")], "origin", [], {}),
    "an alias for a store": (
        [lfsconfig("lfs.url=models:minilm"), config(f"url.{S3}/.insteadOf=models:")], "origin", [], {}),
    "pushInsteadOf": (
        [config(f"lfs.url={A}", f"url.{B}.pushInsteadOf={A}", f"url.{C}.insteadOf={A}")], "origin", [], {}),
    "insteadOf is not taken from lfsconfig": (
        [lfsconfig(f"lfs.url={A}", f"url.{B}.insteadOf={A}")], "origin", [], {}),
    "insteadOf makes a store of git's own URL": (
        [config(f"url.{A}.insteadOf=https://example.org")], "origin", [], {}),
    "a remote's own pushurl": (
        [config("remote.origin.pushurl=https://example.com/p", f"url.{A}.insteadOf=https://example.com")],
        "origin", [], {}),
    "git -c": ([config(f"lfs.url={A}")], "origin", ["-c", f"lfs.url={B}"], {}),
    "git -c over lfsconfig": ([lfsconfig(f"lfs.url={A}")], "origin", ["-c", f"lfs.pushurl={B}"], {}),
    "GIT_CONFIG_COUNT": (
        [lfsconfig(f"lfs.url={A}")], "origin", [],
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "lfs.url", "GIT_CONFIG_VALUE_0": B}),
    "keys in any case": ([config(f"LFS.URL={A}", f"Remote.origin.LFSUrl={B}")], "origin", [], {}),
    "an empty value": ([config("lfs.url="), lfsconfig(f"lfs.url={A}")], "origin", [], {}),
    "a store with spaces and escapes": (
        [config("lfs.url=bitx::file:///srv/my models/50%25")], "origin", [], {}),
    "the scheme in upper case": ([config("lfs.url=BITX::file:///srv/a")], "origin", [], {}),
    "not a bitx URL": ([config("lfs.url=https://example.org/lfs")], "origin", [], {}),
    "nothing but git's remote": ([], "origin", [], {}),
}


def download_url(machine, repository, name, options, env):
    """What `git lfs env` prints."""
    lines = machine.git(repository, *options, "lfs", "env", env=env).stdout.splitlines()
    found = dict(re.match(r"Endpoint(?: \((.*)\))?=(.*) \(auth=.*\)$", line).groups()
                 for line in lines if line.startswith("Endpoint"))
    return found.get(name, found.get(None)) if name == "origin" else found[name]


def upload_url(machine, repository, name, options, env):
    """What a push without any agent complains about."""
    said = machine.git(repository, *options, "lfs", "push", name, "main", env=env, fails=True)
    found = re.search(r'missing protocol: "([^"]*?)(?:/objects/batch|/locks/verify)?"', said.stdout + said.stderr)
    return found.group(1) if found else None


def bitx_url(machine, repository, operation, name, options, env):
    """Ours, or None where it says that git-lfs uses none of ours."""
    done = machine.run(repository, "sh", "-c", 'git "$@" || echo exit $?', "sh", *options, "bitx", "debug",
                       "lfs-url", "--operation", operation, "--remote", name, env=env)
    if done.stdout.startswith("exit"):
        assert done.stdout == "exit 1\n"
        assert "git-bitx: git-lfs " in done.stderr
        return None
    return "bitx::" + done.stdout.removesuffix("\n")


@pytest.mark.parametrize("case", CASES)
def test_the_url_is_that_of_git_lfs(bare_machine, case):
    machine = bare_machine
    steps, name, options, env = CASES[case]
    # Nothing listens there: where git-lfs takes it for its own server, it fails at once.
    env = {"https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", **env}
    repository = machine.repository("repository", remote="https://example.org/r.git")
    (repository / "a.safetensors").write_bytes(b"weights")
    machine.commit(repository, "first")
    for step in steps:
        step(machine, repository)

    for operation, theirs in (("download", download_url), ("upload", upload_url)):
        expected = theirs(machine, repository, name, options, env)
        if expected is not None and not expected.startswith("bitx::"):
            expected = None
        assert bitx_url(machine, repository, operation, name, options, env) == expected, operation


def test_a_bare_repository_has_the_lfsconfig_of_its_head(bare_machine):
    machine = bare_machine
    repository = machine.repository("repository")
    machine.git(repository, "config", "--file", LFSCONFIG, "lfs.url", A)
    machine.commit(repository, "first")
    machine.git(repository, "push", "-q", "origin", "main", env={"GIT_LFS_SKIP_PUSH": "1"})
    bare = machine.root / "repository.git"
    assert f"Endpoint={A} " in machine.git(bare, "lfs", "env").stdout
    assert machine.git(bare, "bitx", "debug", "lfs-url").stdout == A.removeprefix("bitx::") + "\n"


@pytest.mark.parametrize("setting", ["branch.main.remote", "remote.lfsdefault", None])
def test_the_default_remote_is_that_of_git_lfs(bare_machine, setting):
    machine = bare_machine
    repository = machine.repository("repository")
    remote("up")(machine, repository)
    config(f"remote.up.lfsurl={A}", f"remote.origin.lfsurl={B}")(machine, repository)
    if setting:
        machine.git(repository, "config", setting, "up")
    assert machine.git(repository, "bitx", "debug", "lfs-url").stdout == ("file:///srv/a\n" if setting else "file:///srv/b\n")


def test_lfsconfig_includes_no_other_file(bare_machine):
    machine = bare_machine
    repository = machine.repository("repository")
    outside = machine.root / "outside"
    outside.write_text(f"[lfs]\n\turl = {A}\n")
    (repository / LFSCONFIG).write_text(f"[include]\n\tpath = {outside}\n[lfs]\n\turl = {B}\n")
    assert machine.git(repository, "bitx", "debug", "lfs-url").stdout == "file:///srv/b\n"
    (repository / LFSCONFIG).unlink()
    (repository / LFSCONFIG).symlink_to(outside)
    said = machine.git(repository, "bitx", "debug", "lfs-url", fails=True).stderr
    assert "symbolic link" in said

"""`git bitx install` registers the program with git-lfs, once per machine; `uninstall` takes that back."""
from sandbox import program

KEYS = {
    "lfs.customtransfer.bitx.args": "agent",
    "lfs.customtransfer.bitx.concurrent": "false",
    "lfs.bitx::.standalonetransferagent": "bitx",
}


def settings(machine, *scope, cwd=None):
    done = machine.run(cwd or machine.home, "sh", "-c", 'git config "$@" --list || true', "sh", *scope)
    return [line for line in done.stdout.splitlines() if "bitx" in line]


def test_install_writes_what_git_lfs_reads_and_again_changes_nothing(bare_machine):
    machine = bare_machine
    first = machine.git(machine.home, "bitx", "install")
    written = settings(machine, "--global")
    assert written == [f"lfs.customtransfer.bitx.path={machine.bin}/git-bitx",
                       *(f"{key}={value}" for key, value in KEYS.items())]
    assert first.stderr == ""
    machine.git(machine.home, "bitx", "install")
    assert settings(machine, "--global") == written


def test_install_replaces_what_was_there(bare_machine):
    machine = bare_machine
    for value in ("/old/one", "/old/two"):
        machine.git(machine.home, "config", "--global", "--add", "lfs.customtransfer.bitx.path", value)
    machine.git(machine.home, "bitx", "install")
    assert machine.git(machine.home, "config", "--get-all", "lfs.customtransfer.bitx.path").stdout == (
        f"{machine.bin}/git-bitx\n")


def test_the_path_written_is_absolute_however_the_program_was_started(bare_machine):
    machine = bare_machine
    machine.run(machine.bin, "./git-bitx", "install")
    assert f"lfs.customtransfer.bitx.path={machine.bin}/git-bitx" in settings(machine)
    # Not on PATH at all: the file itself.
    machine.run(machine.home, program(), "install", env={"PATH": "/usr/bin:/bin"})
    assert f"lfs.customtransfer.bitx.path={program()}" in settings(machine)


def test_install_for_one_repository_alone(bare_machine):
    machine = bare_machine
    repository = machine.repository("repository")
    machine.git(repository, "bitx", "install", "--local")
    assert settings(machine, "--global") == []
    assert len(settings(machine, "--local", cwd=repository)) == 4
    assert "git-bitx: " in machine.git(machine.home, "bitx", "install", "--local", fails=True).stderr


def test_install_for_all_users(bare_machine):
    machine = bare_machine
    system = {"GIT_CONFIG_NOSYSTEM": "0", "GIT_CONFIG_SYSTEM": str(machine.root / "gitconfig")}
    machine.git(machine.home, "bitx", "install", "--system", env=system)
    assert "standalonetransferagent = bitx" in (machine.root / "gitconfig").read_text()
    assert settings(machine, "--global") == []
    machine.git(machine.home, "bitx", "uninstall", "--system", env=system)
    assert "bitx" not in (machine.root / "gitconfig").read_text()


def test_uninstall_leaves_nothing_of_ours_and_all_of_others(bare_machine):
    machine = bare_machine
    before = (machine.home / ".gitconfig").read_text()
    machine.git(machine.home, "bitx", "install")
    assert "no longer" in machine.git(machine.home, "bitx", "uninstall").stdout
    assert (machine.home / ".gitconfig").read_text() == before
    assert "was not installed" in machine.git(machine.home, "bitx", "uninstall").stdout


def test_install_says_what_keeps_it_from_working(bare_machine):
    machine = bare_machine
    machine.git(machine.home, "lfs", "uninstall", "--skip-repo")
    done = machine.git(machine.home, "bitx", "install")
    assert "git lfs install" in done.stderr
    repository = machine.repository("repository")
    machine.git(machine.home, "lfs", "install", "--skip-repo")
    machine.git(repository, "config", "lfs.customtransfer.bitx.args", "other")
    assert "lfs.customtransfer.bitx.args is 'other'" in machine.git(repository, "bitx", "install").stderr


def test_wrong_usage_is_status_2(bare_machine):
    machine = bare_machine
    for arguments in ([], ["no-such-command"], ["install", "--local", "--system"], ["help", "no-such-command"]):
        done = machine.run(machine.home, "sh", "-c", 'git bitx "$@"; echo status $?', "sh", *arguments)
        assert done.stdout.endswith("status 2\n"), arguments
        assert done.stderr.startswith("git-bitx: "), arguments


def test_the_manual_is_in_the_program(bare_machine):
    machine = bare_machine
    overview = machine.git(machine.home, "bitx", "help").stdout
    for command in ("install", "uninstall", "help"):
        assert command in overview
        assert f"git bitx {command}" in machine.git(machine.home, "bitx", "help", command).stdout
        assert f"Usage: git bitx {command}" in machine.git(machine.home, "bitx", "help", "--all").stdout
    assert machine.git(machine.home, "bitx", "help", "--man").stdout.startswith(".TH GIT-BITX 1")
    assert machine.git(machine.home, "bitx", "--version").stdout.startswith("git-bitx 0.")


def test_an_installation_has_the_manual_page_and_the_hook(bare_machine, tmp_path):
    machine = bare_machine
    machine.run(tmp_path, "cmake", "--install", program().parent, "--prefix", tmp_path / "usr")
    page = tmp_path / "usr" / "share" / "man" / "man1" / "git-bitx.1"
    assert (tmp_path / "usr" / "share" / "git-bitx" / "hooks" / "pre-push").stat().st_mode & 0o111
    assert page.read_text() == machine.git(machine.home, "bitx", "help", "--man").stdout

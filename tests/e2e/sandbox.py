"""A machine of its own for a test: a HOME, a git configuration, a store folder, and git to run in them."""
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def program():
    """The git-bitx under test: of the build folder that BITX_BUILD names, or of build/release."""
    path = Path(os.environ.get("BITX_BUILD", PROJECT / "build" / "release")) / "git-bitx"
    assert path.is_file(), f"there is no {path}: build it, or name the build folder in BITX_BUILD"
    return path


class Machine:
    """A user's machine: nothing of the real user's configuration or environment reaches what runs on it."""

    def __init__(self, root):
        self.root = Path(root)
        self.home = self.root / "home"
        self.bin = self.root / "bin"
        self.home.mkdir(parents=True)
        self.bin.mkdir()
        (self.bin / "git-bitx").symlink_to(program())
        self.env = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        for name, value in {
            "user.name": "A User",
            "user.email": "user@example.org",
            "init.defaultBranch": "main",
            "advice.detachedHead": "false",
            "protocol.file.allow": "always",
        }.items():
            self.git(self.home, "config", "--global", name, value)
        self.git(self.home, "lfs", "install", "--skip-repo")

    def install(self):
        self.git(self.home, "bitx", "install")
        return self

    def run(self, cwd, *argv, fails=False, env=None, timeout=300, **options):
        """Runs a program; its exit status must be 0, or with `fails` must not be. Returns the finished process,
        with text output."""
        done = subprocess.run(
            [str(a) for a in argv],
            cwd=cwd,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL if "input" not in options else None,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            **options,
        )
        told = f"{' '.join(map(str, argv))} in {cwd}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert (done.returncode != 0) if fails else (done.returncode == 0), told
        return done

    def git(self, cwd, *args, **options):
        return self.run(cwd, "git", *args, **options)

    def bare(self, name):
        """A bare repository to push to."""
        path = self.root / f"{name}.git"
        self.git(self.root, "init", "-q", "--bare", path)
        return path

    def repository(self, name, remote=None):
        """A work tree that tracks *.safetensors, with the remote origin (a new bare repository)."""
        path = self.root / name
        self.git(self.root, "init", "-q", path)
        self.git(path, "remote", "add", "origin", remote or self.bare(name))
        self.git(path, "lfs", "track", "*.safetensors")
        return path

    def commit(self, repository, message, **files):
        """Copies files (`model=path`, committed as model.safetensors) into the work tree and commits all."""
        for name, source in files.items():
            shutil.copy(source, Path(repository) / f"{name}.safetensors")
        self.git(repository, "add", "-A")
        self.git(repository, "commit", "-q", "-m", message)

    def model(self, name, store, weights, *init):
        """A repository with `weights` as model.safetensors, set up by `git bitx init` for a store (a folder, or a URL)
        and pushed."""
        is_url = "://" in str(store)
        repository = self.repository(name)
        self.git(repository, "bitx", "init", store if is_url else f"file://{store}", *init)
        self.commit(repository, name, model=weights)
        self.git(repository, "push", "-u", "origin", "main")
        assert is_url or recipe_of(weights) in stored(store), "the push went somewhere else"
        return repository

    def clone(self, remote, name, *options, **run):
        """A plain `git clone`."""
        path = self.root / name
        self.git(self.root, "clone", "-q", *options, remote, path, **run)
        return path


def recipe_of(file):
    """The key of a file's recipe."""
    oid = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return f"recipes/{oid[:2]}/{oid}"


def same(a, b):
    """Whether two files hold the same bytes."""
    return Path(a).read_bytes() == Path(b).read_bytes()


def stored(store):
    """The objects of a store folder: key -> size."""
    store = Path(store)
    return {str(p.relative_to(store)): p.stat().st_size for p in store.rglob("*") if p.is_file()}


def stored_bytes(store, prefix=""):
    return sum(size for key, size in stored(store).items() if key.startswith(prefix))

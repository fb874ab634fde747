"""What this machine holds is not downloaded, and what it holds wrongly is noticed."""
import hashlib
import json
import re
import shutil
import subprocess
import sys

import models
import pytest
from sandbox import PROJECT, Machine, same

sys.path.insert(0, str(PROJECT / "tests" / "servers"))
import webdav  # noqa: E402
from process import Missing  # noqa: E402

MiB = 1 << 20


class Log:
    """The requests that a web server has answered since the last look: (method, key, status, bytes sent)."""

    def __init__(self, server):
        self.server, self.seen = server, 0

    def new(self):
        lines = self.server.log.read_text().splitlines()[self.seen :]
        self.seen += len(lines)
        found = [re.search(r'"(\w+) /?(\S+) HTTP/[\d.]+" (\d+) (\d+)', line).groups() for line in lines]
        return [(method, key, int(status), int(sent)) for method, key, status, sent in found]


@pytest.fixture
def served():
    """A web server that is a store, and its log."""
    try:
        with webdav.nginx() as server:
            yield server, Log(server)
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def family(tmp_path, weights):
    """A base and a fine-tune of it, both with tensors of more than 1 MiB and small ones; one tensor is shared."""
    tensors = big(models.read(weights / "minilm-bf16" / "base.safetensors"))
    moved = models.moved(tensors, 1e-3)
    shared = next(name for name, (_, _, data) in moved.items() if len(data) >= MiB)
    moved[shared] = tensors[shared]
    return models.write(tmp_path / "a base", tensors), models.write(tmp_path / "a fine-tune", moved)


def big(tensors):
    """The tensors, and two of 3 MiB of their bytes."""
    data = b"".join(data for dtype, _, data in tensors.values() if dtype == "BF16")
    piece = 3 * MiB
    data = data * (2 * piece // len(data) + 1)
    extra = {f"big.{i}": ("BF16", [piece // 2048, 1024], data[i * piece : (i + 1) * piece]) for i in range(2)}
    return {**tensors, **extra}


def publish(machine, server, name, file, *options):
    repository = machine.repository(name)
    machine.git(repository, "bitx", "init", server.url, *options)
    machine.commit(repository, name, model=file)
    machine.git(repository, "push", "-q", "-u", "origin", "main")
    return repository


def blobs(requests):
    return {key for method, key, _, _ in requests if key.startswith("blobs/") and method == "GET"}


def objects_of(repository):
    return repository / ".git" / "lfs" / "objects"


def use(machine, *folders):
    for folder in folders:
        machine.git(machine.home, "config", "--global", "--add", "bitx.local", folder)


def hugging_face(tmp_path, file):
    """A Hugging Face cache that holds the file."""
    blob = tmp_path / "hub" / "models--acme--base" / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
    blob.parent.mkdir(parents=True)
    shutil.copy(file, blob)
    return tmp_path / "hub"


def plain(tmp_path, file):
    folder = tmp_path / "downloads" / "some model"
    folder.mkdir(parents=True)
    shutil.copy(file, folder / "weights.safetensors")
    for i in range(3):  # others of the same size beside it
        models.write(folder / f"other-{i}.safetensors", models.moved(models.read(file), 1e-3, seed=11 + i))
    assert len({path.stat().st_size for path in folder.iterdir()}) == 1
    return tmp_path / "downloads"


@pytest.mark.parametrize("kind", ["checkout", "hugging face", "plain folder"])
def test_a_base_on_the_machine_is_not_downloaded(machine, served, family, tmp_path, kind):
    server, log = served
    base, tuned = family
    repository = publish(machine, server, "base", base, "--publish", "acme/base")
    base_blobs = {key for _, key, _, _ in log.new() if key.startswith("blobs/")}
    base_blobs = {key for key in base_blobs if (server.folder / key).is_file()}
    folder = {"checkout": lambda: repository, "hugging face": lambda: hugging_face(tmp_path, base),
              "plain folder": lambda: plain(tmp_path, base)}[kind]()
    use(machine, folder)

    publish(machine, server, "tuned", tuned, "--base", "acme/base")
    pushed = log.new()
    for key in base_blobs:  # their headers are read, which tell the checksums and the cost of their frames
        assert sum(1 for _, k, _, _ in pushed if k == key) <= 1, key
        assert sum(sent for _, k, _, sent in pushed if k == key) <= 64 << 10, key

    clone = machine.clone(machine.root / "tuned.git", "clone")
    assert same(clone / "model.safetensors", tuned)
    fetched = log.new()
    assert blobs(fetched), "nothing was fetched at all"
    assert not blobs(fetched) & base_blobs
    (last,) = json.loads(machine.git(clone, "bitx", "stats", "--last", "--json").stdout)
    assert last["requests"] == len(fetched)
    assert last["bases"]["local"] > 3 * MiB and last["bases"]["fetched"] == 0
    machine.git(machine.home, "config", "--global", "--unset-all", "bitx.local")
    (last,) = json.loads(machine.git(machine.clone(machine.root / "tuned.git", "cold"), "bitx", "stats", "--last", "--json").stdout)
    assert last["bases"]["fetched"] > 3 * MiB and last["bases"]["local"] == 0


def test_a_second_clone_downloads_nothing_of_the_first(machine, served, family):
    server, log = served
    repository = publish(machine, server, "base", family[0])
    use(machine, objects_of(repository))
    log.new()
    clone = machine.clone(machine.root / "base.git", "clone")
    assert same(clone / "model.safetensors", family[0])
    assert not [key for _, key, _, _ in log.new() if key.startswith(("blobs/", "recipes/"))]


def test_the_next_version_of_a_file_is_built_from_the_one_that_is_here(machine, served, family):
    server, log = served
    repository = publish(machine, server, "series", family[0])
    first = machine.clone(machine.root / "series.git", "first")
    machine.commit(repository, "second", model=family[1])
    machine.git(repository, "push", "-q")
    old = {f"blobs/{p.parent.parent.name}/{p.parent.name}/{p.name}" for p in server.folder.rglob("*.0") if p.is_file()}
    new = {key for key in old if re.search(r"\.0$", key)} & {key for _, key, status, _ in log.new() if status == 201}
    machine.git(first, "pull", "-q")
    assert same(first / "model.safetensors", family[1])
    fetched = blobs(log.new())
    assert fetched and not {key for key in fetched if key.endswith(".0")} - new


def test_a_base_that_was_downloaded_once_is_kept(machine, served, family, tmp_path):
    server, log = served
    base, tuned = family
    publish(machine, server, "base", base, "--publish", "acme/base")
    other = models.write(tmp_path / "another", models.moved(models.read(base), 1e-3, seed=7))
    base_blobs = {str(p.relative_to(server.folder)) for p in server.folder.rglob("blobs/*/*/*") if p.is_file()}
    for name, file in (("tuned", tuned), ("other", other)):
        publish(machine, server, name, file, "--base", "acme/base")
    log.new()
    assert same(machine.clone(machine.root / "tuned.git", "one") / "model.safetensors", tuned)
    assert blobs(log.new()) & base_blobs
    (cache,) = (machine.home / ".cache" / "git-bitx" / "blobs").iterdir()
    damaged = next(cache.rglob("*-*"))  # costs a request
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    assert same(machine.clone(machine.root / "other.git", "two") / "model.safetensors", other)
    tensors, moved = models.read(base), models.read(tuned)
    not_as_base = {hashlib.sha256(tensors[name][2]).hexdigest() + ".0" for name in tensors if tensors[name] == moved[name]}
    again = {key.rsplit("/", 1)[1] for key in blobs(log.new()) & base_blobs}
    assert damaged.parent.name in again
    assert again <= {damaged.parent.name} | not_as_base
    machine.git(machine.home, "config", "--global", "bitx.cacheSize", "0")
    assert same(machine.clone(machine.root / "other.git", "three") / "model.safetensors", other)
    assert blobs(log.new()) & base_blobs


@pytest.mark.parametrize("whole", [True, False], ids=["the file itself", "its base"])
def test_a_local_file_that_changed_costs_a_download_and_no_wrong_byte(machine, served, family, tmp_path, whole):
    server, log = served
    base, tuned = family
    publish(machine, server, "base", base, "--publish", "acme/base")
    publish(machine, server, "tuned", tuned, "--base", "acme/base")
    wanted = tuned if whole else base
    hub = hugging_face(tmp_path, wanted)
    (blob,) = hub.glob("models--*/blobs/*")
    for offset in range(0, blob.stat().st_size, 64 << 10):  # whatever is read is wrong
        flip(blob, offset)
    use(machine, hub)
    log.new()
    clone = machine.clone(machine.root / "tuned.git", "clone")
    assert same(clone / "model.safetensors", tuned)
    assert blobs(log.new())


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("changed", [None, 0.01, 0.5, -1], ids=["the same", "first", "middle", "last byte"])
def test_a_file_of_a_plain_folder_is_taken_as_far_as_it_is_the_same(machine, served, family, tmp_path, changed):
    server, log = served
    publish(machine, server, "base", family[0])
    folder = plain(tmp_path, family[0])
    file = folder / "some model" / "weights.safetensors"
    size = file.stat().st_size
    if changed is not None:
        flip(file, size - 1 if changed < 0 else int(size * changed))
    use(machine, folder)
    log.new()
    clone = machine.clone(machine.root / "base.git", "clone")
    assert same(clone / "model.safetensors", family[0])
    (last,) = json.loads(machine.git(clone, "bitx", "stats", "--last", "--json").stdout)
    assert last["means"]["local"]["raw"] > size / 2
    asked = [(key, sent) for _, key, _, sent in log.new() if key.startswith("blobs/")]
    if changed is None:
        assert last["means"]["local"]["raw"] == size
        assert not asked


def test_install_offers_the_hugging_face_cache_and_adds_nothing(bare_machine):
    hub = bare_machine.home / ".cache" / "huggingface" / "hub"
    hub.mkdir(parents=True)
    said = bare_machine.git(bare_machine.home, "bitx", "install").stdout
    assert f"git config --global --add bitx.local {hub}" in said
    assert "bitx.local" not in bare_machine.git(bare_machine.home, "config", "--global", "--list").stdout
    use(bare_machine, hub)
    assert "bitx.local" not in bare_machine.git(bare_machine.home, "bitx", "install").stdout


@pytest.fixture
def reflinks(tmp_path):
    """A folder on a file system whose files can share blocks: an XFS in a file, mounted for the test."""
    image, folder = tmp_path / "xfs.img", tmp_path / "xfs"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(512 * MiB)
    for command in (["mkfs.xfs", "-q", "-m", "reflink=1", image], ["mount", "-o", "loop", image, folder]):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError as missing:
            pytest.skip(f"no file system that shares blocks: {missing}")
        if done.returncode != 0:
            pytest.skip(f"no file system that shares blocks: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_whole_file_that_is_here_shares_its_blocks(reflinks, store, family):
    machine = Machine(reflinks / "machine").install()
    repository = machine.model("base", store, family[0])
    use(machine, objects_of(repository))
    clone = machine.clone(machine.root / "base.git", "clone")
    assert same(clone / "model.safetensors", family[0])

    def blocks(repository):
        (file,) = (path for path in objects_of(repository).rglob("*") if path.is_file())
        told = subprocess.run(["filefrag", "-v", file], capture_output=True, text=True, check=True).stdout
        return re.findall(r"^ +\d+: +\d+\.\. +\d+: +(\d+\.\. +\d+):", told, re.MULTILINE)

    assert blocks(clone) and blocks(clone) == blocks(repository)

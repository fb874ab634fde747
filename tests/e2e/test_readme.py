"""Every command of the README runs as it is printed: below `<!-- test: NAME -->` stands a block of them, and blocks of
one NAME run one after the other in one shell."""
import json
import re
import shutil

import pytest
import s3
import webdav
from reaching import use_credential_helper, use_s3
from sandbox import PROJECT, Machine, recipe_of, same, stored

README = (PROJECT / "README.md").read_text()
BLOCKS = re.findall(r"<!-- test: ([\w-]+) -->\n```sh\n(.*?)```", README, re.S)


def test_every_block_of_commands_is_run():
    marked = [block for _, block in BLOCKS]
    rest = [block for block in re.findall(r"```sh\n(.*?)```", README, re.S) if block not in marked]
    assert all(re.match(r"\./(quickstart|check)\b", block) for block in rest), rest
    assert {name for name, _ in BLOCKS} == {
        "tour", "local", "arriving", "moving", "leaving", "without", "s3", "s3-endpoint", "webdav", "mirror", "compress"}


@pytest.fixture
def reader(bare_machine, weights):
    """A machine of someone who reads the README, where git-lfs is set up, with two models in the current folder."""
    for model in ("base", "tuned"):
        shutil.copy(weights / "minilm-f16" / f"{model}.safetensors", bare_machine.root)
    (bare_machine.root / "srv").mkdir()
    return bare_machine


def follow(machine, cwd, name, **stand_ins):
    """Runs the blocks of that name; what the README calls /srv lies in the scratch folder, and for servers there are
    stand-ins: host=URL."""
    script = "".join(block for block_name, block in BLOCKS if block_name == name)
    for host, url in stand_ins.items():
        example = re.search(rf"https://{host}\.example\.org(:\d+)?", script)
        script = script.replace(example.group(), url)
    return machine.run(cwd, "bash", "-ex", "-c", script.replace("/srv/", f"{machine.root}/srv/"))


def test_tour(reader):
    follow(reader, reader.root, "tour")
    assert same(reader.root / "clone" / "model.safetensors", reader.root / "tuned.safetensors")
    assert recipe_of(reader.root / "tuned.safetensors") in stored(reader.root / "srv" / "models")


def test_local(reader):
    """What is named there is found: the clone takes its file from it, and asks the store for nothing."""
    follow(reader, reader.root, "local")
    follow(reader, reader.root, "tour")
    (reader.home / "models").mkdir()
    shutil.copy(reader.root / "tuned.safetensors", reader.home / "models" / "some name")
    again = reader.clone(reader.root / "tuned.git", "again")
    assert same(again / "model.safetensors", reader.root / "tuned.safetensors")
    (pull,) = json.loads(reader.git(again, "bitx", "stats", "--last", "--json").stdout)
    assert pull["means"]["local"]["raw"] == (reader.root / "tuned.safetensors").stat().st_size


def test_arriving(reader):
    reader.install()
    bare = reader.bare("model")
    repository = reader.repository("model", f"file://{bare}")
    for model in ("base", "tuned"):
        reader.commit(repository, model, model=reader.root / f"{model}.safetensors")
    reader.git(repository, "push", "-u", "origin", "main")
    follow(reader, repository, "arriving")
    held = stored(reader.root / "srv" / "models")
    assert recipe_of(reader.root / "base.safetensors") in held
    assert recipe_of(reader.root / "tuned.safetensors") in held


def test_moving(reader):
    reader.install()
    reader.model("model", reader.root / "srv" / "models", reader.root / "base.safetensors")
    (reader.root / "srv" / "models").rename(reader.root / "srv" / "new")
    follow(reader, reader.root, "moving")
    assert reader.clone(reader.root / "model.git", "clone")


def test_leaving(reader):
    reader.install()
    bare = reader.bare("model")
    repository = reader.repository("model", f"file://{bare}")
    reader.git(repository, "bitx", "init", f"file://{reader.root}/srv/models")
    reader.commit(repository, "base", model=reader.root / "base.safetensors")
    reader.git(repository, "push", "-u", "origin", "main")
    follow(reader, repository, "leaving")
    shutil.rmtree(reader.root / "srv")
    clone = reader.clone(f"file://{bare}", "clone")
    assert same(clone / "model.safetensors", reader.root / "base.safetensors")


def ready_to_commit(reader, name):
    repository = reader.install().repository(name)
    shutil.copy(reader.root / "base.safetensors", repository / "model.safetensors")
    return repository


def cloned_as_pushed(reader, name):
    clone = reader.clone(reader.root / f"{name}.git", f"{name}-clone")
    assert same(clone / "model.safetensors", reader.root / "base.safetensors")


def test_s3(reader, start):
    service = start(s3.moto)
    repository = ready_to_commit(reader, "model")
    use_s3(reader, service)
    reader.git(reader.home, "config", "--global", "--remove-section", "bitx.s3://models")
    follow(reader, repository, "s3-endpoint", minio=service.endpoint)
    follow(reader, repository, "s3")
    cloned_as_pushed(reader, "model")


def test_webdav(reader, start):
    server = start(webdav.apache)
    use_credential_helper(reader, webdav.USER, webdav.PASSWORD)
    follow(reader, ready_to_commit(reader, "model"), "webdav", dav=server.url)
    cloned_as_pushed(reader, "model")


def test_mirror(reader, start):
    reader.install().model("tuned", reader.root / "srv" / "models", reader.root / "tuned.safetensors")
    mirror = start(webdav.nginx, dav=False, folder=reader.root / "srv")
    follow(reader, reader.root, "mirror", mirror=mirror.url)
    assert same(reader.root / "clone" / "model.safetensors", reader.root / "tuned.safetensors")
    assert "GET /models/recipes/" in mirror.log.read_text()


def test_without(reader, tmp_path):
    owner = Machine(tmp_path / "owner").install()
    owner.model("model", tmp_path / "store", reader.root / "base.safetensors")
    told = reader.git(reader.root, "clone", owner.root / "model.git", "clone", fails=True).stderr
    assert "missing protocol" in told and "Smudge error" in told
    follow(reader, reader.root / "clone", "without")
    assert same(reader.root / "clone" / "model.safetensors", reader.root / "base.safetensors")


def test_compress(reader):
    follow(reader, reader.root, "compress")
    assert same(reader.root / "back.safetensors", reader.root / "tuned.safetensors")
    sizes = {name: (reader.root / name).stat().st_size for name in ("tuned.safetensors", "tuned.safetensors.bitx")}
    assert sizes["tuned.safetensors.bitx"] < 0.4 * sizes["tuned.safetensors"]

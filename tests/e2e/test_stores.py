"""Stores on servers: real weights are pushed to S3 services and WebDAV servers and cloned back, over TLS and with
passwords; a static server of a store's folder is a mirror to clone from."""
import os
import re
import shutil

import agents
import models
import pytest
import s3
import webdav
from reaching import PAIR, use_credential_helper, use_s3
from sandbox import Machine, same, stored

def push_and_clone(machine, url, weights):
    """The whole way: a base, published; a fine-tune of it; both cloned and decoded from the store alone."""
    base, tuned = (weights / PAIR / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", url, base, "--publish", "acme/minilm")
    repository = machine.model("tuned", url, tuned, "--base", "acme/minilm")
    machine.git(repository, "bitx", "verify")
    for name, model in ("base", base), ("tuned", tuned):
        clone = machine.clone(machine.root / f"{name}.git", f"{name}-clone")
        assert same(clone / "model.safetensors", model)
    return repository


# Swift takes half a minute to start; the conformance suite runs against it in any case.
@pytest.mark.parametrize("service", [s3.moto, *(pytest.param(s, marks=pytest.mark.big) for s in (s3.swift, s3.versitygw))])
def test_s3(machine, weights, start, service):
    use_s3(machine, start(service))
    push_and_clone(machine, "s3://models/team-a", weights)


def test_s3_with_a_profile(machine, weights, start):
    service = start(s3.moto)
    use_s3(machine, service)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del machine.env[name]
    (machine.home / ".aws").mkdir()
    (machine.home / ".aws" / "credentials").write_text(
        f"[team]\naws_access_key_id = {service.key}\naws_secret_access_key = {service.secret}\n")
    machine.git(machine.home, "config", "--global", "bitx.s3://models.profile", "team")
    repository = machine.model("base", "s3://models/team-a", weights / PAIR / "base.safetensors")
    machine.git(repository, "bitx", "verify")


def test_s3_with_a_git_credential(machine, weights, start):
    """Asked for the endpoint's host, told that it was right."""
    service = start(s3.moto)
    use_s3(machine, service)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del machine.env[name]
    log = use_credential_helper(machine, service.key, service.secret)
    machine.git(machine.home, "config", "--global", "credential.useHttpPath", "true")
    machine.model("base", "s3://models/team-a", weights / PAIR / "base.safetensors")
    asked = log.read_text()
    host = service.endpoint.removeprefix("http://")
    assert f"get\nprotocol=http\nhost={host}\npath=models\n" in asked
    assert f"store\nprotocol=http\nhost={host}\npath=models\nusername={service.key}\n" in asked


def test_webdav_nginx_over_tls_with_a_private_ca(machine, weights, start):
    server = start(webdav.nginx, tls=True)
    url = server.url + "/models"
    told = machine.git(machine.repository("early"), "bitx", "init", url, fails=True).stderr
    assert "certificate" in told and "caFile" in told
    machine.git(machine.home, "config", "--global", f"bitx.{url}.caFile", server.ca)
    push_and_clone(machine, url, weights)
    assert "HTTP/2.0" in server.log.read_text()


def test_webdav_apache_with_a_password_from_git(machine, weights, start):
    server = start(webdav.apache)
    log = use_credential_helper(machine, webdav.USER, webdav.PASSWORD)
    push_and_clone(machine, server.url + "/models", weights)
    asked = log.read_text()
    assert f"get\nprotocol=http\nhost={server.url.removeprefix('http://')}\n" in asked
    assert "store\n" in asked and "erase\n" not in asked


def test_webdav_with_a_wrong_password(machine, start):
    """The helper is told to forget it, and the user which store refused it."""
    server = start(webdav.apache)
    log = use_credential_helper(machine, webdav.USER, "wrong")
    told = machine.git(machine.repository("model"), "bitx", "init", server.url + "/models", fails=True).stderr
    assert "401" in told and "credentials" in told and server.url in told
    assert "wrong" not in told
    assert "erase\n" in log.read_text() and "store\n" not in log.read_text()


def test_webdav_lighttpd(machine, weights, start):
    push_and_clone(machine, start(webdav.lighttpd).url + "/models", weights)


@pytest.fixture
def mirrored(machine, store, weights, start):
    """A pair in a store folder, and a static server of that folder."""
    base, tuned = (weights / PAIR / f"{m}.safetensors" for m in ("base", "tuned"))
    machine.model("base", store, base, "--publish", "acme/minilm")
    machine.model("tuned", store, tuned, "--base", "acme/minilm")
    return start(webdav.nginx, dav=False, folder=store)


def test_a_mirror_serves_clones_without_credentials(machine, store, weights, tmp_path, mirrored):
    other = Machine(tmp_path / "other").install()
    log = use_credential_helper(other, "nobody", "secret")
    other.git(other.home, "config", "--global", f"url.bitx::{mirrored.url}.insteadOf", f"bitx::file://{store}")
    clone = other.clone(machine.root / "tuned.git", "clone")
    assert same(clone / "model.safetensors", weights / PAIR / "tuned.safetensors")
    assert "GET /recipes/" in mirrored.log.read_text()
    assert not log.exists()


def test_a_push_to_a_mirror_says_at_once_that_it_is_read_only(machine, store, weights, mirrored):
    repository = machine.repository("copy")
    machine.git(repository, "bitx", "init", mirrored.url, "--base", "acme/minilm")
    machine.commit(repository, "copy", model=weights / "minilm-bf16" / "base.safetensors")
    before = stored(store)
    told = machine.git(repository, "push", "origin", "main", fails=True).stderr
    assert "can only be read" in told and mirrored.url in told
    assert stored(store) == before
    requests = mirrored.log.read_text()
    assert '"PUT ' not in requests and "GET /blobs/" not in requests


def test_the_mirror_of_a_store_moved_whole(machine, store, weights, tmp_path, start):
    """What a file:// store's folder holds is what a WebDAV server serves: moving a store is copying it."""
    repository = machine.model("base", store, weights / PAIR / "base.safetensors")
    server = start(webdav.nginx)
    shutil.copytree(store, server.folder / "moved")
    url = server.url + "/moved"
    machine.git(machine.home, "config", "--global", f"url.bitx::{url}.insteadOf", f"bitx::file://{store}")
    machine.commit(repository, "tuned", model=weights / PAIR / "tuned.safetensors")
    machine.git(repository, "push", "origin", "main")
    clone = machine.clone(machine.root / "base.git", "clone")
    assert same(clone / "model.safetensors", weights / PAIR / "tuned.safetensors")


@pytest.mark.parametrize("size", [pytest.param(6 << 30, marks=pytest.mark.big)], ids=["6GiB"])
def test_one_tensor_larger_than_a_single_put_may_be(machine, tmp_path, start, size):
    """Services take at most 5 GiB at once: the blob goes in parts, side by side, and comes back by ranges."""
    use_s3(machine, start(s3.versitygw))
    file = tmp_path / "large"
    header = {"w": {"dtype": "U8", "shape": [size >> 20, 1 << 20], "data_offsets": [0, size]}}
    models.write_raw(file, header, b"")
    piece = os.urandom(32 << 20)  # noise, as far as frames of 2 MiB can see
    with open(file, "ab") as out:
        for _ in range(size // len(piece)):
            out.write(piece)
    log = tmp_path / "peak"
    machine.git(machine.home, "config", "--global", "lfs.customtransfer.bitx.path", agents.metered(machine, "metered", log))
    repository = machine.repository("large")
    machine.git(repository, "bitx", "init", "s3://models/x")
    file.rename(repository / "model.safetensors")
    machine.git(repository, "add", "-A", timeout=3600)
    machine.git(repository, "commit", "-q", "-m", "large")
    told = machine.git(repository, "push", "origin", "main", env={"GIT_TRACE": "1"}, timeout=3600).stderr
    put = max(int(bytes) for bytes in re.findall(r"put blobs/\S+: (\d+) bytes", told))
    assert put > size, "it was to be stored as it is"
    (repository / "model.safetensors").unlink()
    clone = machine.clone(machine.root / "large.git", "clone", timeout=3600)  # git-lfs compares the SHA-256
    assert (clone / "model.safetensors").stat().st_size > size
    assert max(int(line) for line in log.read_text().split()) < (1 << 20) + (128 << 10)  # KiB: bitx.memory and the program

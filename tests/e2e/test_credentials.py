"""Where credentials go, and where they are never seen."""
import base64
import urllib.parse

import faulty
import pytest
import s3
import webdav
from agents import needs_strace
from reaching import PAIR, use_credential_helper, use_s3

USER, PASSWORD = "ann", "open-sesame-8f2c"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def protected(request, forward):
    """Serves only who sends the right password."""
    if request.headers.get("authorization") == f"Basic {BASIC}":
        return forward()
    return faulty.Answer(401, {"WWW-Authenticate": 'Basic realm="store"'})


@pytest.fixture
def guarded(machine, start):
    """nginx behind a proxy that wants a password, which git knows."""
    proxy = start(faulty.proxy, start(webdav.nginx).url)
    proxy.fault(".*", "", protected)
    use_credential_helper(machine, USER, PASSWORD)
    return proxy


def model(machine, url, weights, **options):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", url)
    machine.commit(repository, "model", model=weights / PAIR / "base.safetensors")
    return repository, machine.git(repository, "push", "origin", "main", **options).stderr


def test_no_password_follows_a_redirect_to_another_host(machine, weights, start, guarded):
    """A mirror may send elsewhere for its objects: whoever is there gets the request, and no more."""
    model(machine, f"{guarded.url}/models", weights)
    elsewhere = start(faulty.proxy, guarded.url)
    elsewhere.fault(".*", "", lambda request, forward: guarded.forward(request))
    guarded.faults.insert(0, faulty.Fault("GET", "/blobs/", lambda request, forward: faulty.Answer(
        302, {"Location": elsewhere.url + request.path})))
    machine.clone(machine.root / "model.git", "clone")
    assert elsewhere.count("GET", "/blobs/") > 0
    assert not any("authorization" in r.headers for r in elsewhere.requests)
    assert any("authorization" in r.headers for r in guarded.requests)


def test_no_write_follows_a_redirect_to_another_host(machine, weights, start, guarded):
    elsewhere = start(faulty.proxy)
    guarded.faults.insert(0, faulty.Fault("PUT", "/blobs/", lambda request, forward: faulty.Answer(
        307, {"Location": elsewhere.url + request.path})))
    _, told = model(machine, f"{guarded.url}/models", weights, fails=True)
    assert "redirects to" in told and elsewhere.url in told
    assert not elsewhere.requests


def test_no_signature_follows_a_redirect_out_of_aws(machine, weights, start):
    service = start(s3.moto)
    service.create_bucket("models")
    proxy = start(faulty.proxy, service.endpoint)
    elsewhere = start(faulty.proxy)
    service.endpoint = proxy.url
    use_s3(machine, service)
    proxy.fault("PUT", "/blobs/", lambda request, forward: faulty.Answer(
        307, {"Location": elsewhere.url + request.path}))
    _, told = model(machine, "s3://models/x", weights, fails=True)
    assert "redirects to" in told and elsewhere.url in told
    assert not elsewhere.requests


def test_no_secret_in_the_trace(machine, weights, guarded):
    machine.env["GIT_TRACE"] = "1"
    _, told = model(machine, f"{guarded.url}/models", weights)
    assert "git-bitx: put blobs/" in told and "git-bitx: store http" in told
    told += machine.git(machine.root, "clone", machine.root / "model.git", "clone").stderr
    assert "git-bitx: get recipes/" in told
    for secret in PASSWORD, BASIC, "Authorization":
        assert secret not in told


def test_no_s3_secret_in_the_trace(machine, weights, start):
    service = start(s3.moto)
    service.secret = "wJalrXUtnFEMIK7MDENG"
    use_s3(machine, service)
    machine.env |= {"GIT_TRACE": "1", "AWS_SESSION_TOKEN": "session-token-5d1e"}
    _, told = model(machine, "s3://models/x", weights)
    assert "git-bitx: put blobs/" in told
    for secret in service.secret, "session-token-5d1e", "Signature=":
        assert secret not in told


def test_no_secret_in_the_process_list(machine, weights, guarded):
    needs_strace()
    log = machine.root / "programs.log"
    repository, _ = model(machine, f"{guarded.url}/models", weights)
    machine.run(repository, "strace", "-f", "-s", "100000", "-e", "trace=execve", "-o", log, "git", "lfs", "push",
                "--all", "origin")
    programs = log.read_text(errors="replace")
    assert "git-bitx" in programs and "credential" in programs
    assert PASSWORD not in programs and BASIC not in programs


def test_a_url_with_a_password_is_used_and_shown_without_it(machine, weights, start):
    proxy = start(faulty.proxy, start(webdav.nginx).url)
    proxy.fault(".*", "", protected)
    with_password = proxy.url.replace("://", f"://{USER}:{PASSWORD}@") + "/models"

    repository = machine.repository("model")
    told = machine.git(repository, "bitx", "init", with_password, fails=True).stderr
    assert "leave them out" in told and PASSWORD not in told

    use_credential_helper(machine, USER, PASSWORD)
    machine.git(repository, "bitx", "init", proxy.url + "/models")
    machine.git(machine.home, "config", "--global", "--unset", "credential.helper")
    machine.commit(repository, "model", model=weights / PAIR / "base.safetensors")
    machine.git(repository, "config", "lfs.url", f"bitx::{with_password}")
    machine.env["GIT_TRACE"] = "1"
    # The hook would say that no clone has this URL; that is meant here.
    pushed = machine.git(repository, "-c", "bitx.requireUrl=false", "push", "origin", "main").stderr
    proxy.faults.insert(0, faulty.Fault("GET", "/recipes/", faulty.answer(403)))
    refused = machine.git(repository, "lfs", "push", "--all", "origin", fails=True).stderr
    assert "403" in refused and f"{proxy.url}/models" in refused
    ours = [line for line in (pushed + refused).splitlines() if "git-bitx:" in line]
    assert ours and not any(PASSWORD in line for line in ours)


@pytest.fixture
def with_aws_keys(machine):
    machine.env |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENG"}
    return machine


def stranger(machine, **files):
    """A repository of a stranger, with an LFS file."""
    repository = machine.repository("stranger")
    (repository / "model.safetensors").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 100\n")
    for name, text in files.items():
        (repository / f".{name}").write_text(text)
    machine.git(repository, "add", "-A")
    machine.git(repository, "commit", "-q", "-m", "weights")
    machine.git(repository, "-c", "core.hooksPath=/nowhere", "push", "origin", "main")


def test_a_committed_file_does_not_say_where_aws_keys_go(with_aws_keys, start):
    """Whatever a stranger's files say, a bucket is looked for at Amazon's; seen by the proxy on the way there."""
    machine = with_aws_keys
    evil, way_out = start(faulty.proxy), start(faulty.proxy)
    evil.fault(".*", "", faulty.answer(404))
    way_out.fault("CONNECT", "", faulty.answer(403))
    section = f'[bitx "s3://models"]\n  endpoint = {evil.url}\n[bitx]\n  endpoint = {evil.url}\n'
    stranger(machine, lfsconfig=f"[lfs]\n  url = bitx::s3://models/x\n{section}", bitx=section)
    machine.env |= {"https_proxy": way_out.url, "HTTPS_PROXY": way_out.url}
    machine.git(machine.home, "config", "--global", "bitx.retryFor", "0")
    told = machine.git(machine.root, "clone", machine.root / "stranger.git", "clone", fails=True).stderr
    assert "s3://models/x" in told or "amazonaws.com" in told
    assert not evil.requests
    assert {r.path for r in way_out.requests} == {"models.s3.us-east-1.amazonaws.com:443"}


def test_a_strange_web_server_gets_no_aws_keys(with_aws_keys, start):
    machine = with_aws_keys
    evil = start(faulty.proxy)
    evil.fault(".*", "", faulty.answer(401, "", WWW_Authenticate='Basic realm="give me"'))
    (machine.home / ".netrc").write_text(f"default login {USER} password {PASSWORD}\n")
    log = use_credential_helper(machine, "", "")
    stranger(machine, lfsconfig=f"[lfs]\n  url = bitx::{evil.url}/x\n")
    machine.git(machine.root, "clone", machine.root / "stranger.git", "clone", fails=True)
    assert evil.requests
    assert not any("authorization" in r.headers for r in evil.requests)
    host = urllib.parse.urlsplit(evil.url).netloc
    hosts = {line for line in log.read_text().splitlines() if line.startswith("host=")}
    assert hosts == {f"host={host}"}, "git is asked about that host, and no other"
